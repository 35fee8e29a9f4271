//! Compose projects of test cases, and the real Docker Compose's view of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::archive::Case;
use crate::run::{Run, run};

/// Equal to everything, for a value that a test does not know.
pub const UNKNOWN: &str = "\u{F0000}unknown";

/// Writes a case below `folder`. Returns its Compose files, in the order in which they are merged.
///
/// # Panics
/// The folder cannot be written.
pub fn write(case: &Case, folder: &Path) -> Vec<PathBuf> {
    case.write(folder);
    let names = case.files.iter().map(|(path, _)| path);
    names
        .filter(|path| path.starts_with("compose") && path.ends_with(".yaml"))
        .map(|path| folder.join(path))
        .collect()
}

/// The variables that Docker Compose is started with: the case's `outer.env`.
pub fn outer(case: &Case) -> BTreeMap<String, String> {
    let file = case.files.iter().find(|(path, _)| path == "outer.env");
    file.iter()
        .flat_map(|(_, text)| text.lines().filter_map(|line| line.split_once('=')))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Runs `docker compose config` with these variables, and none of this process's environment.
pub fn config(compose: &Path, files: &[PathBuf], outer: &BTreeMap<String, String>) -> Run {
    let mut command = Command::new(compose);
    command.env_clear().env("HOME", "/home/somebody").envs(outer);
    for file in files {
        command.arg("-f").arg(file);
    }
    run(command.args(["--profile", "*", "config", "--format", "json"]))
}

/// The first path at which two values differ, with both values.
pub fn difference(ours: &Value, theirs: &Value, path: &str) -> Option<String> {
    match (ours, theirs) {
        (Value::String(text), _) if text == UNKNOWN => None,
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().find_map(|(key, value)| difference(value, &b[key], &format!("{path}/{key}")))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).find_map(|(item, other)| difference(item, other, path))
        }
        (a, b) if a == b => None,
        (a, b) => Some(format!("{path}\n  ours   {a}\n  theirs {b}")),
    }
}
