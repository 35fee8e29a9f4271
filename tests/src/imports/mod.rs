//! `compose-gen import` over Compose files of all kinds, and what it loses without a word.
//!
//! - [`files`]: the Compose files below a folder
//! - [`import`]: one file imported and generated from
//! - [`lost`]: the parts of the real `docker compose config`'s output that Kubernetes lacks, and
//!   that no line of the report mentions
//! - [`built`]: the objects of a generated overlay
//! - [`refused`]: a real API server's refusals of the objects, and of the Pods that its controllers
//!   would make of them

mod item;
mod lost;
mod pods;
mod project;
mod report;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::kubernetes::Server;

pub use lost::lost;
pub use pods::with_pods;
pub use project::{Imported, Outcome, built, import};

/// Every file below `folder` that is a Compose file by its content, sorted.
///
/// # Panics
/// A folder cannot be read.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut next = vec![folder.to_owned()];
    while let Some(folder) = next.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => next.push(path),
                Ok(kind) if kind.is_file() && is_compose(&path) => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

fn is_compose(path: &Path) -> bool {
    let yaml = path.extension().is_some_and(|end| end == "yml" || end == "yaml");
    let top = |line: &str| ["services:", "include:"].iter().any(|key| line.starts_with(key));
    yaml && fs::read_to_string(path).is_ok_and(|text| text.lines().any(top))
}

/// Why a server refuses the objects of each project, or the Pods made of them; a name without a line
/// is accepted.
///
/// # Panics
/// kubectl cannot be run.
pub fn refused(
    server: &Server,
    projects: &[(String, Vec<Value>)],
) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    // A project of its own namespace: many are sent at once, and apart only where one is refused.
    for chunk in projects.chunks(20) {
        let text = |projects: &[(String, Vec<Value>)]| -> String {
            let all = projects
                .iter()
                .enumerate()
                .flat_map(|(index, (_, objects))| with_pods(objects, &format!("project-{index}")));
            all.map(|object| format!("---\n{object}\n")).collect()
        };
        if server.dry_run(&text(chunk)).refusals.is_empty() {
            continue;
        }
        for (index, (name, objects)) in chunk.iter().enumerate() {
            let manifest: String = with_pods(objects, &format!("project-{index}"))
                .into_iter()
                .map(|object| format!("---\n{object}\n"))
                .collect();
            let refusals = server.dry_run(&manifest).refusals;
            if !refusals.is_empty() {
                found.insert(name.clone(), refusals);
            }
        }
    }
    found
}
