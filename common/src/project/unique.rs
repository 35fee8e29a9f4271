//! Entries of a list that mean the same: the last stays, at the place of the first.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::paths::below;
use super::tree::{Tree, Value};
use crate::compose::{mounts, ports};

/// The part of an entry that tells it from the others.
type Key = fn(&Tree) -> Option<String>;

/// How the entries of the list at a path are told apart; `None` where each counts.
fn key(path: &[&str]) -> Option<Key> {
    let ["services", _, path @ ..] = path else { return None };
    Some(match path {
        [
            "annotations" | "cap_add" | "cap_drop" | "dns" | "dns_opt" | "dns_search"
            | "environment" | "labels" | "links" | "profiles" | "sysctls" | "tmpfs",
        ]
        | ["build", "additional_contexts" | "args" | "labels" | "tags"]
        | ["deploy", "labels"]
        | ["networks", _, "aliases"] => name,
        ["configs"] => |item| mounted(item, ""),
        ["devices" | "volumes"] => target,
        ["env_file"] => env_file,
        ["expose"] => Tree::printed,
        ["ports"] => port,
        ["secrets"] => |item| mounted(item, "/run/secrets"),
        _ => return None,
    })
}

/// Joins the entries of every list.
pub(super) fn settle(tree: &mut Tree) {
    walk(tree, &mut Vec::new());
}

fn walk(tree: &mut Tree, path: &mut Vec<String>) {
    match &mut tree.value {
        Value::Map(members) => {
            for (name, member) in members {
                path.push(name.clone());
                walk(member, path);
                path.pop();
            }
        }
        Value::List(items) => {
            let steps: Vec<&str> = path.iter().map(String::as_str).collect();
            *items = join(&steps, std::mem::take(items));
        }
        _ => {}
    }
}

/// Joins the entries of the list at a path.
pub(super) fn join(path: &[&str], items: Vec<Tree>) -> Vec<Tree> {
    let Some(key) = key(path) else { return items };
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

/// The path in the container of a mount.
fn target(item: &Tree) -> Option<String> {
    let path = match item.text() {
        Some(text) => mounts::short(text).target.to_owned(),
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
