//! The order of starting: cycles, and how deep each service stands.

use std::collections::BTreeMap;

use super::Service;

/// A cycle as the path from a service back to itself.
pub(super) fn cycles(services: &BTreeMap<String, Service>) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut done: BTreeMap<&str, ()> = BTreeMap::new();
    for name in services.keys() {
        let mut path: Vec<&str> = Vec::new();
        visit(name, services, &mut path, &mut done, &mut found);
    }
    found
}

fn visit<'a>(
    name: &'a str,
    services: &'a BTreeMap<String, Service>,
    path: &mut Vec<&'a str>,
    done: &mut BTreeMap<&'a str, ()>,
    found: &mut Vec<Vec<String>>,
) {
    if let Some(start) = path.iter().position(|step| *step == name) {
        let cycle = path[start..].iter().chain([&name]).map(|step| (*step).to_owned());
        found.push(cycle.collect());
        return;
    }
    let Some(service) = services.get(name).filter(|_| !done.contains_key(name)) else { return };
    path.push(name);
    for other in service.depends.keys() {
        visit(other, services, path, done, found);
    }
    path.pop();
    done.insert(name, ());
}

/// One more than the deepest thing that a service waits for. There is no cycle.
pub(super) fn waves(services: &BTreeMap<String, Service>) -> BTreeMap<String, usize> {
    let mut waves = BTreeMap::new();
    for name in services.keys() {
        wave(name, services, &mut waves);
    }
    waves
}

fn wave(
    name: &str,
    services: &BTreeMap<String, Service>,
    waves: &mut BTreeMap<String, usize>,
) -> usize {
    if let Some(known) = waves.get(name) {
        return *known;
    }
    let Some(service) = services.get(name) else { return 0 };
    let deepest = service.depends.keys().map(|other| wave(other, services, waves) + 1).max();
    let wave = deepest.unwrap_or(0);
    waves.insert(name.to_owned(), wave);
    wave
}
