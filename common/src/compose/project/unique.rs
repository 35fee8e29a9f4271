//! Entries of a list that mean the same: the last stays, at the place of the first.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::paths::below;
use super::tree::{Tree, Value};
use crate::compose::ports;

/// Joins the entries of every list of the project that Compose takes as a set.
pub(super) fn settle(root: &mut Tree) {
    let Some(services) = root.get_mut("services") else { return };
    let Value::Map(services) = &mut services.value else { return };
    for (_, service) in services {
        for key in [
            "annotations",
            "cap_add",
            "cap_drop",
            "dns",
            "dns_opt",
            "dns_search",
            "environment",
            "labels",
            "links",
            "profiles",
            "sysctls",
            "tmpfs",
        ] {
            list(service.get_mut(key), name);
        }
        list(service.get_mut("configs"), |item| mounted(item, ""));
        list(service.get_mut("devices"), target);
        list(service.get_mut("env_file"), env_file);
        list(service.get_mut("expose"), Tree::printed);
        list(service.get_mut("ports"), port);
        list(service.get_mut("secrets"), |item| mounted(item, "/run/secrets"));
        list(service.get_mut("volumes"), target);
        if let Some(build) = service.get_mut("build") {
            for key in ["additional_contexts", "args", "labels", "tags"] {
                list(build.get_mut(key), name);
            }
        }
        list(service.get_mut("deploy").and_then(|own| own.get_mut("labels")), name);
        let Some(Value::Map(networks)) = service.get_mut("networks").map(|own| &mut own.value)
        else {
            continue;
        };
        for (_, network) in networks {
            list(network.get_mut("aliases"), name);
        }
    }
}

fn list(tree: Option<&mut Tree>, key: impl Fn(&Tree) -> Option<String>) {
    let Some(Value::List(items)) = tree.map(|tree| &mut tree.value) else { return };
    *items = last_of_each(std::mem::take(items), key);
}

/// Of items with the same key the last, at the place of the first. An item without a key stays.
pub fn last_of_each<T>(items: Vec<T>, key: impl Fn(&T) -> Option<String>) -> Vec<T> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut all = Vec::new();
    for item in items {
        match key(&item).map(|key| places.entry(key)) {
            Some(Entry::Occupied(place)) => all[*place.get()] = item,
            Some(Entry::Vacant(place)) => {
                place.insert(all.len());
                all.push(item);
            }
            None => all.push(item),
        }
    }
    all
}

/// The name of `NAME=value`.
fn name(item: &Tree) -> Option<String> {
    let text = item.printed()?;
    Some(text.split('=').next().unwrap_or_default().to_owned())
}

/// The path in the container of `[source:]target[:mode]` or of the long form.
fn target(item: &Tree) -> Option<String> {
    let path = match item.text() {
        Some(text) => {
            let mut parts = text.split(':');
            let first = parts.next().unwrap_or_default();
            parts.next().unwrap_or(first).to_owned()
        }
        None => item.get("target").and_then(Tree::printed)?,
    };
    let clean = path.trim_end_matches('/');
    Some(if clean.is_empty() { path } else { clean.to_owned() })
}

/// The path of a config or secret in the container.
fn mounted(item: &Tree, folder: &str) -> Option<String> {
    match item.get("target").and_then(Tree::printed) {
        Some(target) => Some(target),
        None => {
            let source = item.text().or_else(|| item.get("source").and_then(Tree::text))?;
            Some(format!("{folder}/{source}"))
        }
    }
}

fn env_file(item: &Tree) -> Option<String> {
    let path = item.text().or_else(|| item.get("path").and_then(Tree::text))?;
    Some(below(&item.origin.folder, path).display().to_string())
}

fn port(item: &Tree) -> Option<String> {
    let shown = |port: &ports::Port| {
        let ip = port.host_ip.as_deref().unwrap_or_default();
        format!("{ip}:{}:{}/{}", port.published, port.target, port.protocol)
    };
    if let Some(text) = item.printed() {
        return match ports::short(&text).as_deref() {
            Some([port]) => Some(shown(port)),
            _ => Some(text),
        };
    }
    let text = |key: &str| item.get(key).and_then(Tree::printed).unwrap_or_default();
    let protocol = item.get("protocol").and_then(Tree::printed).unwrap_or("tcp".to_owned());
    Some(format!("{}:{}:{}/{protocol}", text("host_ip"), text("published"), text("target")))
}
