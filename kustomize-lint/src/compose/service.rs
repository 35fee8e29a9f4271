//! From the tree to services.

use common::compose::mounts::{self, Mount};
use common::compose::{OPAQUE, quantity, words};
use common::diagnostic::{Diagnostic, Report};
use common::project::{self, Scope, Tree, Value, dependencies as by_name, known};

use super::model::{Dependency, Field, Project, Secret, Service, Volume};
use super::typed::Typed;
use super::{environment, health, ports, wrapper};

/// The project of a tree in which everything is put together.
pub(super) fn project(read: &project::Project, report: &mut Report) -> Project {
    let members = read.root.get("services").map_or(&[][..], Tree::members);
    let mut typed = Typed { report };
    let mut services: Vec<Service> = members
        .iter()
        .filter_map(|(name, tree)| service(name, tree, &read.scope, &mut typed))
        .collect();
    services.sort_by(|a, b| a.name.cmp(&b.name));
    Project { name: read.name.clone(), services }
}

fn service(name: &str, tree: &Tree, scope: &Scope, typed: &mut Typed<'_>) -> Option<Service> {
    if !matches!(tree.value, Value::Map(_)) {
        return typed.wrong("a service", "a mapping", tree);
    }
    let (environment, more_environment) = environment::read(tree, scope, typed);
    let (ports, more_ports) = ports::read(tree, typed);
    let deploy =
        |path: &[&str]| path.iter().try_fold(tree.get("deploy")?, |tree, step| tree.get(step));
    let memory = |text: &str| if text == "0" { Some(0) } else { quantity::memory(text) };
    let limit = tree.get("mem_limit").or_else(|| deploy(&["resources", "limits", "memory"]));
    let limit =
        limit.and_then(|own| typed.amount("a memory limit", own, memory, "an amount such as 512m"));
    let replicas = tree.get("scale").or_else(|| deploy(&["replicas"]));
    let profiles = tree.get("profiles").map_or(Vec::new(), |own| typed.texts("profiles", own));
    let profiles = profiles.into_iter().filter_map(|profile| profile.value).collect();
    let mut service = Service {
        name: name.to_owned(),
        place: tree.place(),
        profiles,
        image: tree.get("image").and_then(|own| typed.text("image", own)),
        build: tree.get("build").is_some(),
        environment,
        more_environment,
        sourced: Vec::new(),
        ports,
        more_ports,
        healthcheck: tree.get("healthcheck").and_then(|own| health::read(own, typed)),
        entrypoint: tree.get("entrypoint").and_then(|own| line(own, "entrypoint", typed)),
        command: tree.get("command").and_then(|own| line(own, "command", typed)),
        volumes: volumes(tree, typed),
        secrets: secrets(tree, typed),
        depends_on: dependencies(tree, typed),
        restart: tree.get("restart").and_then(|own| typed.text("restart", own)),
        replicas: replicas.and_then(|own| typed.number("the number of replicas", own)),
        // No bytes are no limit.
        memory: limit.filter(|limit| limit.value != Some(0)),
    };
    wrapper::unwrap(&mut service);
    Some(service)
}

/// A command line or its words.
fn line(tree: &Tree, key: &str, typed: &mut Typed<'_>) -> Option<Field<Vec<String>>> {
    let place = tree.place();
    let Some(text) = tree.text() else {
        let words = typed.texts(key, tree).into_iter().map(|word| word.value).collect();
        return Some(Field { value: words, place });
    };
    if text.contains(OPAQUE) {
        return Some(Field { value: None, place });
    }
    let Some(split) = words::split(text) else {
        let message = format!("Compose cannot split this {key}: a quote or parenthesis is open");
        typed.report.push(Diagnostic::error("bad-quote", message).at(place, ""));
        return None;
    };
    Some(Field { value: Some(split.words), place })
}

fn volumes(service: &Tree, typed: &mut Typed<'_>) -> Vec<Volume> {
    let mut volumes: Vec<Volume> = Vec::new();
    for item in service.get("volumes").map_or(&[][..], Tree::items) {
        let place = item.place();
        let volume = match item.text() {
            Some(text) => short_volume(text, item),
            None => {
                let mut text =
                    |key: &str| item.get(key).and_then(|own| typed.text(key, own)?.value);
                let (kind, source, target) = (text("type"), text("source"), text("target"));
                let read_only = typed.switch("read_only", item.get("read_only"), false);
                let kind = kind.unwrap_or_else(|| "volume".to_owned());
                Volume { kind, source, target, read_only, place }
            }
        };
        volumes.push(volume);
    }
    volumes
}

fn short_volume(text: &str, item: &Tree) -> Volume {
    let mount = mounts::short(text);
    let Mount { source, target, .. } = mount;
    let target = if target.len() > 1 { target.trim_end_matches('/') } else { target };
    let path = source.is_some_and(|source| source.starts_with(['.', '/', '~']));
    Volume {
        kind: if path { "bind" } else { "volume" }.to_owned(),
        source: source.and_then(known),
        target: known(target),
        read_only: mount.is_read_only(),
        place: item.place(),
    }
}

fn secrets(service: &Tree, typed: &mut Typed<'_>) -> Vec<Secret> {
    let mut secrets: Vec<Secret> = Vec::new();
    for item in service.get("secrets").map_or(&[][..], Tree::items) {
        let mut text = |key: &str| item.get(key).and_then(|own| typed.text(key, own)?.value);
        let (source, target) = match item.text() {
            Some(name) => (known(name), None),
            None => (text("source"), text("target")),
        };
        let target = target.or_else(|| Some(format!("/run/secrets/{}", source.as_ref()?)));
        secrets.push(Secret { source, target, place: item.place() });
    }
    secrets
}

fn dependencies(service: &Tree, typed: &mut Typed<'_>) -> Vec<Dependency> {
    let Some(tree) = service.get("depends_on") else { return Vec::new() };
    let tree = by_name(tree);
    let mut all = Vec::new();
    for (name, own) in tree.members() {
        let condition = match own.get("condition") {
            Some(own) => typed.text("condition", own).and_then(|own| own.value),
            None => Some("service_started".to_owned()),
        };
        let required = typed.switch("required", own.get("required"), true);
        all.push(Dependency { name: name.clone(), condition, required, place: own.place() });
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}
