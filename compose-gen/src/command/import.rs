//! `import`: an existing Compose file into a specification folder, one file for each profile,
//! and a report of every key.
//!
//! Comments above a service go with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::Instant;

use common::diagnostic::Report;
use common::exit::Status;
use common::files::Folder;
use common::spec::{File, read_file};
use common::yaml::{Entry, Node, Value as Yaml};
use serde::Serialize;

use super::json;
use crate::cli::{Import, ReportFormat};
use crate::output::PATIENCE;
use crate::print;
use crate::spec::{schema, uncarried};
use crate::stop::Stop;

/// One key of the imported file.
#[derive(Serialize)]
struct Row {
    place: String,
    key: String,
    carried: bool,
    /// Why it is not carried, or what becomes of it.
    reason: String,
}

pub(crate) fn run(options: &Import) -> Result<Status, Stop> {
    let mut report = Report::default();
    let file = match read_file(&options.file, &mut report) {
        Ok(Some(file)) => file,
        Ok(None) => return Err(Stop::bad("empty", format!("{} is empty", options.file.display()))),
        Err(diagnostic) => {
            report.push(*diagnostic);
            return Err(report.into());
        }
    };
    if report.has_errors() {
        return Err(report.into());
    }
    let text = fs::read_to_string(&options.file)?;
    let taken = fs::read_dir(&options.out).is_ok_and(|mut entries| entries.next().is_some());
    if taken {
        let message = format!("{} is not empty", options.out.display());
        return Err(Stop::bad("not-empty", message));
    }
    let rows = rows(&file);
    let files = split(&file, &text, options);
    let folder = Folder::lock(&options.out, Instant::now() + PATIENCE)?;
    let mut staged = Vec::new();
    for (name, text) in &files {
        staged.push(folder.stage(name, text.as_bytes(), 0o644)?);
    }
    folder.publish(staged)?;
    match options.format {
        ReportFormat::Json => print(&json(&rows)?)?,
        ReportFormat::Text => {
            let cells: Vec<Vec<String>> = rows
                .iter()
                .map(|row| {
                    let carried = if row.carried { "carried" } else { "not carried" };
                    vec![row.place.clone(), row.key.clone(), carried.into(), row.reason.clone()]
                })
                .collect();
            let mut text = common::table::render(&["place", "key", "", ""], &cells, &[]);
            let names: Vec<String> =
                files.keys().map(|name| options.out.join(name).display().to_string()).collect();
            let lost = rows.iter().filter(|row| !row.carried).count();
            text.push_str(&format!(
                "\n{} keys carried, {lost} not carried; written to {}\n",
                rows.len() - lost,
                names.join(", ")
            ));
            print(&text)?;
        }
    }
    Ok(Status::Done)
}

/// Every key of the file, services' keys one by one.
fn rows(file: &File) -> Vec<Row> {
    let schema = schema();
    let properties = |pointer: &str| -> BTreeSet<String> {
        let found = schema.pointer(pointer).and_then(|p| p.as_object());
        found.into_iter().flatten().map(|(key, _)| key.clone()).collect()
    };
    let (top, known) = (properties("/properties"), properties("/definitions/Service/properties"));
    let mut rows = Vec::new();
    let mut row = |entry: &Entry, key: String, reason: Option<String>, note: &str| {
        rows.push(Row {
            place: file.place(&entry.span).to_string(),
            key,
            carried: reason.is_none(),
            reason: reason.unwrap_or_else(|| note.to_owned()),
        });
    };
    for entry in file.root.entries().unwrap_or_default() {
        if entry.key != "services" {
            let reason = match entry.key.as_str() {
                "secrets" => Some("secrets come from the catalogue, x-secrets".to_owned()),
                "include" => Some("import the included files, too".to_owned()),
                key if top.contains(key) => None,
                key if key.starts_with("x-") => {
                    Some("anchors are resolved where they are used".into())
                }
                _ => Some("compose-gen does not know it".to_owned()),
            };
            let note = if entry.key == "networks" { "in Compose only" } else { "" };
            row(entry, entry.key.clone(), reason, note);
            continue;
        }
        for service in entry.value.entries().unwrap_or_default() {
            for own in service.value.entries().unwrap_or_default() {
                let key = format!("services.{}.{}", service.key, own.key);
                let reason = match uncarried::reason(&own.key) {
                    Some(reason) => Some(format!("stays in the Compose file: {reason}")),
                    None if known.contains(&own.key) => None,
                    None => Some("compose-gen does not know it; left out".to_owned()),
                };
                row(own, key, reason, "");
            }
        }
    }
    rows
}

/// File name → text: a file for each home profile, and one for what belongs to all.
fn split(file: &File, text: &str, options: &Import) -> BTreeMap<String, String> {
    let base = options.file.parent().unwrap_or(Path::new(""));
    let depth = Rebase { from: absolute(base), to: absolute(&options.out) };
    let schema = schema();
    let known = schema.pointer("/definitions/Service/properties").and_then(|p| p.as_object());
    let top = schema.pointer("/properties").and_then(|p| p.as_object());
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for entry in file.root.entries().unwrap_or_default() {
        if entry.key != "services" {
            if top.is_some_and(|top| top.contains_key(&entry.key))
                && !["include", "version"].contains(&entry.key.as_str())
            {
                let own = files.entry("shared.yaml".into()).or_default();
                let value = value(&entry.value, &depth, false);
                own.push_str(&section(&entry.key, &value));
            }
            continue;
        }
        for service in entry.value.entries().unwrap_or_default() {
            let home = service
                .value
                .get("profiles")
                .and_then(|profiles| profiles.items()?.first()?.as_str())
                .unwrap_or("services");
            let mut map = serde_json::Map::new();
            for own in service.value.entries().unwrap_or_default() {
                if known.is_some_and(|known| known.contains_key(&own.key)) {
                    let paths = ["volumes", "env_file", "build"].contains(&own.key.as_str());
                    map.insert(own.key.clone(), value(&own.value, &depth, paths));
                }
            }
            let own = files.entry(format!("{home}.yaml")).or_default();
            if own.is_empty() {
                own.push_str("services:\n");
            }
            let body =
                crate::render::yaml::document(&serde_json::json!({ (service.key.as_str()): map }));
            let comment = comment(text, service.span.start);
            own.push_str(&indented(&format!("{comment}{body}")));
        }
    }
    files
}

fn section(key: &str, value: &serde_json::Value) -> String {
    crate::render::yaml::document(&serde_json::json!({ (key): value }))
}

/// The comment lines that stand directly above a place, without their indentation.
fn comment(text: &str, at: usize) -> String {
    let above = text[..at].rfind('\n').map_or("", |end| &text[..end]);
    let mut lines: Vec<&str> =
        above.lines().rev().take_while(|line| line.trim_start().starts_with('#')).collect();
    lines.reverse();
    lines.iter().map(|line| format!("{}\n", line.trim_start())).collect()
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".into() } else { format!("  {line}\n") };
    text.lines().map(line).collect()
}

/// A node as JSON. Scalars keep their meaning; what YAML's readers dispute becomes a string.
fn value(node: &Node, rebase: &Rebase, paths: bool) -> serde_json::Value {
    match &node.value {
        Yaml::Sequence(items) => items.iter().map(|item| value(item, rebase, paths)).collect(),
        Yaml::Mapping(entries) => entries
            .iter()
            .map(|entry| {
                let own = paths && ["source", "path", "context"].contains(&entry.key.as_str());
                (entry.key.clone(), value(&entry.value, rebase, own || entry.key == "file"))
            })
            .collect(),
        Yaml::Scalar { text, .. } => match node.as_str() {
            Some(text) if paths => serde_json::Value::String(rebase.path(text)),
            Some(text) => serde_json::Value::String(text.to_owned()),
            None if node.is_null() => serde_json::Value::Null,
            None => {
                let read = text.parse::<serde_json::Value>().ok();
                let same = read.filter(|value| format!("{value}") == *text);
                same.unwrap_or_else(|| serde_json::Value::String(text.clone()))
            }
        },
    }
}

/// Relative paths start at another folder now.
struct Rebase {
    from: PathBuf,
    to: PathBuf,
}

impl Rebase {
    fn path(&self, text: &str) -> String {
        if !text.starts_with("./") && !text.starts_with("../") && text != "." {
            return text.to_owned();
        }
        let (own, rest) = match text.split_once(':') {
            Some((own, rest)) => (own, format!(":{rest}")),
            None => (text, String::new()),
        };
        let target = self.from.join(own);
        let shared =
            target.components().zip(self.to.components()).take_while(|(a, b)| a == b).count();
        let mut out = PathBuf::new();
        out.extend(self.to.components().skip(shared).map(|_| Component::ParentDir));
        out.extend(target.components().skip(shared).filter(|part| *part != Component::CurDir));
        format!("{}{rest}", out.display())
    }
}

fn absolute(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}
