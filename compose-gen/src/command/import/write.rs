//! The specification's files: one for each home profile, and one for what belongs to all.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Instant;

use common::files::Folder;
use serde_json::{Map, json};

use super::project::Project;
use super::tree::Tree;
use crate::output::PATIENCE;
use crate::render::yaml;

/// The file of what belongs to all.
const SHARED: &str = "shared.yaml";

/// Sections of that file in the order of reading.
const ORDER: [&str; 4] = ["name", "x-environments", "x-variables", "volumes"];

/// File name → text.
pub(super) fn files(project: &Project) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let rank = |key: &str| ORDER.iter().position(|section| *section == key).unwrap_or(ORDER.len());
    let mut sections: Vec<(&str, &Tree)> = project.root.members().collect();
    sections.sort_by_key(|(key, _)| rank(key));
    for (key, tree) in sections {
        if key != "services" {
            let text = yaml::document(&json!({ (key): tree.json() }));
            files.entry(SHARED.into()).or_default().push_str(&text);
            continue;
        }
        for (name, service) in tree.members() {
            let file = files.entry(home(service)).or_default();
            if file.is_empty() {
                file.push_str("services:\n");
            }
            let mut body = Map::new();
            body.insert(name.to_owned(), service.json());
            let comment = project.comments.get(name).map_or("", String::as_str);
            let body = yaml::document(&body.into());
            file.push_str(&indented(&format!("{comment}{body}")));
        }
    }
    files
}

/// The file of a service: that of its first profile.
fn home(service: &Tree) -> String {
    let profile = service.get("profiles").and_then(|profiles| profiles.items().next());
    match profile.and_then(Tree::text) {
        None => "services.yaml".to_owned(),
        Some("shared") => "shared-services.yaml".to_owned(),
        Some(profile) => format!("{}.yaml", profile.replace('/', "-")),
    }
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".into() } else { format!("  {line}\n") };
    text.lines().map(line).collect()
}

pub(super) fn write(files: &BTreeMap<String, String>, out: &Path) -> io::Result<()> {
    let folder = Folder::lock(out, Instant::now() + PATIENCE)?;
    let stage = |(name, text): (&String, &String)| folder.stage(name, text.as_bytes(), 0o644);
    folder.publish(files.iter().map(stage).collect::<io::Result<_>>()?)
}
