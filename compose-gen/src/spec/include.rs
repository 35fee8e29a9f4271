//! Compose's `include`: files that belong to the one that names them.
//!
//! An included file's relative paths start at its own folder, so they are rewritten to start at
//! the specification's; everything behind this step knows one folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::diagnostic::{Place, Report};
use common::spec::{File, read_file};
use common::yaml::Node;
use serde_json::Value;

use crate::path::relative;

/// The files that `files` include, and so on. A file that is included twice, or is there
/// already because its folder is the specification, is read once.
pub(super) fn included(files: &[File], report: &mut Report) -> Option<Vec<File>> {
    let mut known: BTreeSet<PathBuf> = files.iter().map(|file| whole(&file.path)).collect();
    let mut more: Vec<File> = Vec::new();
    let mut whole_story = true;
    let mut next: Vec<(PathBuf, Place)> = files.iter().flat_map(named).collect();
    while let Some((path, place)) = next.pop() {
        if !known.insert(whole(&path)) {
            continue;
        }
        match read_file(&path, report) {
            Ok(Some(file)) => {
                next.extend(named(&file));
                more.push(file);
            }
            Ok(None) => {}
            Err(diagnostic) => {
                whole_story = false;
                report.push(match diagnostic.place() {
                    Some(_) => *diagnostic,
                    None => diagnostic.at(place, "included here"),
                });
            }
        }
    }
    more.sort_by(|a, b| a.path.cmp(&b.path));
    whole_story.then_some(more)
}

/// The paths that a file includes, each with its place.
fn named(file: &File) -> Vec<(PathBuf, Place)> {
    let folder = file.path.parent().unwrap_or(Path::new(""));
    let items = file.section("include").and_then(Node::items).unwrap_or_default();
    let own = items.iter().filter_map(|item| {
        let node = item.get("path").unwrap_or(item);
        Some((folder.join(node.as_str()?), file.place(&node.span)))
    });
    own.collect()
}

fn whole(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Rewrites the relative paths of a file that stands in another folder than `folder`.
pub(super) fn relocate(value: &mut Value, file: &Path, folder: &Path) {
    let (file, folder) = (whole(file), whole(folder));
    let from = file.parent().unwrap_or(Path::new(""));
    if from == folder {
        return;
    }
    let prefix = relative(from, &folder);
    let moved = |text: &mut String| {
        if let Some(rest) = text.strip_prefix("./") {
            *text = format!("{prefix}/{rest}");
        } else if text.starts_with("../") || text == "." || text == ".." {
            *text = format!("{prefix}/{text}");
        }
    };
    for service in children(value, "services") {
        each_text(service.get_mut("volumes"), "source", &moved);
        each_text(service.get_mut("build"), "context", &moved);
        // These need no dot to be a path.
        each_text(service.get_mut("env_file"), "path", &|text| *text = format!("{prefix}/{text}"));
    }
    for config in children(value, "configs") {
        each_text(config.get_mut("file"), "", &|text| *text = format!("{prefix}/{text}"));
    }
}

fn children<'v>(value: &'v mut Value, section: &str) -> impl Iterator<Item = &'v mut Value> {
    let map = value.get_mut(section).and_then(Value::as_object_mut);
    map.into_iter().flat_map(|map| map.values_mut())
}

/// A text, the texts of a list, or what stands under `key` of a mapping.
fn each_text(value: Option<&mut Value>, key: &str, change: &impl Fn(&mut String)) {
    match value {
        Some(Value::String(text)) if !text.starts_with('/') => change(text),
        Some(Value::Array(items)) => {
            items.iter_mut().for_each(|item| each_text(Some(item), key, change));
        }
        Some(Value::Object(map)) => each_text(map.get_mut(key), key, change),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_an_included_file_start_at_the_specification() {
        assert_eq!(relative(Path::new("/a/b/c"), Path::new("/a/b")), "./c");
        assert_eq!(relative(Path::new("/a/x"), Path::new("/a/b")), "../x");
        let dir = tempfile::tempdir().unwrap();
        let below = dir.path().join("db");
        std::fs::create_dir(&below).unwrap();
        let mut value = serde_json::json!({
            "services": {"db": {
                "volumes": ["./conf:/conf:ro", "data:/data", {"type": "bind", "source": "../x", "target": "/x"}],
                "env_file": "db.env",
                "build": {"context": "."},
            }},
            "configs": {"c": {"file": "c.conf"}},
        });
        relocate(&mut value, &below.join("compose.yml"), dir.path());
        let db = &value["services"]["db"];
        assert_eq!(db["volumes"][0], "./db/conf:/conf:ro");
        assert_eq!(db["volumes"][1], "data:/data");
        assert_eq!(db["volumes"][2]["source"], "./db/../x");
        assert_eq!(db["env_file"], "./db/db.env");
        assert_eq!(db["build"]["context"], "./db/.");
        assert_eq!(value["configs"]["c"]["file"], "./db/c.conf");
    }
}
