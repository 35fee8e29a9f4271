//! Paths that a service mounts: of the host, and folders that are still empty.

use std::fs;
use std::path::Path;

use super::Import;
use super::tree::{Fate, Tree, Value};
use crate::path::relative;
use common::compose::mounts;
use common::project::paths::normal;

/// Files that keep an empty folder in a repository.
const PLACEHOLDERS: [&str; 3] = [".gitkeep", ".gitignore", ".keep"];

/// A mount of a path.
struct Bind {
    source: String,
    target: String,
    /// `:` and the mode, or nothing.
    mode: String,
    long: bool,
}

/// Settles every mount of every service.
pub(super) fn settle(import: &mut Import) {
    let out = import.out.clone();
    let mut volumes: Vec<(String, Tree)> = Vec::new();
    let services = import.project.root.get_mut("services");
    for (_, service) in services.into_iter().flat_map(Tree::members_mut) {
        let mut host = false;
        let Some(mounts) = service.get_mut("volumes") else { continue };
        for mount in mounts.items_mut() {
            let Some(bind) = bind(mount) else { continue };
            if bind.source.starts_with(['/', '~']) {
                mount.say(Fate::Changed, "a path of the host, which x-host-paths allows");
                host = true;
                continue;
            }
            let full = normal(&out.join(bind.source.replace("$$", "$")));
            if is_empty(&full) {
                let name = import.project.folder.clone();
                let name = volume_name(&relative(&full, &name));
                let why = format!("an empty folder of the host; the volume {name} now");
                volumes.push((name.clone(), mount.clone()));
                mount.say(Fate::Changed, why);
                if bind.long {
                    set(mount, "type", "volume");
                    set(mount, "source", &name);
                    if let Some(options) = mount.get_mut("bind") {
                        options.leave("it is a volume now");
                    }
                } else {
                    mount.value = Value::Text(format!("{name}:{}{}", bind.target, bind.mode));
                }
            }
        }
        if host && service.get("x-host-paths").is_none() {
            let allow = Value::Plain(serde_json::Value::Bool(true), "true".to_owned());
            let why = "it mounts paths of the host; a cluster's nodes must have them";
            service.insert("x-host-paths", Tree::added(&service.place.clone(), allow, why));
        }
    }
    for (name, mount) in volumes {
        let section = import.project.root.section("volumes");
        if section.get(&name).is_none() {
            let why = "in place of an empty folder of the host";
            section.insert(&name, Tree::added(&mount.place, Value::Map(Vec::new()), why));
        }
    }
}

fn bind(mount: &Tree) -> Option<Bind> {
    let bind = match mount.text() {
        Some(text) => {
            let mount = mounts::short(text);
            let mode = mount.behind_source().split_off(mount.target.len());
            let target = mount.target.to_owned();
            Bind { source: mount.source?.to_owned(), target, mode, long: false }
        }
        None => {
            mount.get("type").and_then(Tree::text).filter(|kind| *kind == "bind")?;
            let text = |key: &str| mount.get(key).and_then(Tree::text).map(str::to_owned);
            let read_only = mount.get("read_only").is_some_and(|value| value.json() == true);
            let mode = if read_only { ":ro".to_owned() } else { String::new() };
            Bind { source: text("source")?, target: text("target")?, mode, long: true }
        }
    };
    Some(bind).filter(|bind| bind.source.starts_with(['/', '~', '.']))
}

fn set(mount: &mut Tree, key: &str, text: &str) {
    if let Some(field) = mount.get_mut(key) {
        field.value = Value::Text(text.to_owned());
        field.say(Fate::Rewritten, format!("{text} now"));
    }
}

/// A folder without files. A missing folder counts, because Docker makes it; a missing path that
/// looks like a file is a mistake.
fn is_empty(path: &Path) -> bool {
    match fs::read_dir(path) {
        Ok(mut entries) => entries.all(|entry| {
            let name = entry.map(|entry| entry.file_name()).unwrap_or_default();
            PLACEHOLDERS.iter().any(|placeholder| name == **placeholder)
        }),
        // `conf.d` is a folder.
        Err(_) => !path.exists() && path.extension().is_none_or(|end| end == "d"),
    }
}

/// `./data/db` of the project as the name of a volume.
fn volume_name(path: &str) -> String {
    let good = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = path.chars().map(good).collect();
    let name = name.trim_matches('-').replace("--", "-");
    if name.len() < 2 { format!("{name}data") } else { name }
}
