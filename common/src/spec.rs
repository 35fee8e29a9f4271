//! The specification folder: `infrastructure/platform/`, valid Compose files with `x-*` keys.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Place, Report, Source, nearest};
use crate::yaml::{self, Limits, Node, Value};

/// Where a checkout keeps its specification.
pub const FOLDER: &str = "infrastructure/platform";

/// The `x-*` keys that may stand at the top of a file. The vocabulary is closed, so that a
/// typing mistake is an error and not a secret that is missing at run time.
pub const EXTENSIONS: [&str; 6] =
    ["x-secrets", "x-env-files", "x-secret-files", "x-environments", "x-variables", "x-wait"];

/// The known `x-*` keys that hold no secret value.
const OPEN: [&str; 5] =
    ["x-env-files", "x-secret-files", "x-environments", "x-variables", "x-wait"];

/// One file of the folder.
#[derive(Debug)]
pub struct File {
    /// Where it was read from.
    pub path: PathBuf,
    source: Arc<Source>,
    /// The document; `None` for an empty file.
    pub root: Node,
}

impl File {
    /// The place of `span` in this file.
    pub fn place(&self, span: &Range<usize>) -> Place {
        Place { source: Arc::clone(&self.source), span: span.clone() }
    }

    /// The value under a top-level key.
    pub fn section(&self, key: &str) -> Option<&Node> {
        self.root.get(key)
    }
}

/// The nearest specification folder: [`FOLDER`] in `start` or in one of its parents.
pub fn find(start: &Path) -> Option<PathBuf> {
    start.ancestors().map(|folder| folder.join(FOLDER)).find(|candidate| candidate.is_dir())
}

/// Reads every `*.yaml` and `*.yml` of `folder`, in the order of their names, or the one file
/// that `folder` is, and reports what is wrong with the YAML and with the top-level `x-*` keys.
/// `None` when some file could not be read: what the others say would then be half the truth.
pub fn read(folder: &Path, report: &mut Report) -> Option<Vec<File>> {
    let paths = match paths(folder) {
        Ok(paths) => paths,
        Err(diagnostic) => {
            let hint = "name the folder that holds the platform's YAML files with --spec";
            report.push((*diagnostic).hint(hint));
            return None;
        }
    };
    let mut files = Some(Vec::new());
    for path in paths {
        match read_in(&path, folder, report) {
            Ok(file) => {
                report.extend(file.iter().flat_map(unknown_extensions));
                if let Some(files) = &mut files {
                    files.extend(file);
                }
            }
            Err(diagnostic) => {
                report.push(*diagnostic);
                files = None;
            }
        }
    }
    files
}

/// Reads one YAML file as a person wrote it; `None` when it is empty.
///
/// # Errors
/// What keeps the file from being read.
pub fn read_file(path: &Path, report: &mut Report) -> Result<Option<File>, Box<Diagnostic>> {
    read_in(path, path, report)
}

fn paths(folder: &Path) -> Result<Vec<PathBuf>, Box<Diagnostic>> {
    if folder.is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let failed = |what: String| Box::new(Diagnostic::error("no-specification", what));
    let entries = fs::read_dir(folder).map_err(|error| {
        failed(format!("cannot read the specification folder {}: {error}", folder.display()))
    })?;
    let is_yaml =
        |path: &PathBuf| path.extension().is_some_and(|ext| ext == "yaml" || ext == "yml");
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_yaml).collect();
    paths.sort();
    if paths.is_empty() {
        let folder = folder.display();
        return Err(failed(format!("no YAML file in the specification folder {folder}")));
    }
    Ok(paths)
}

fn read_in(
    path: &Path,
    folder: &Path,
    report: &mut Report,
) -> Result<Option<File>, Box<Diagnostic>> {
    let shown = shown_path(path, folder);
    let text = fs::read_to_string(path).map_err(|error| {
        Diagnostic::error("unreadable", format!("cannot read {shown}: {error}"))
    })?;
    let loaded = yaml::load(&text, Limits::default()).map_err(|failed| {
        // Without a tree nothing tells which bytes are values: a catalogue stays hidden whole.
        let source = Arc::new(Source::new(shown.clone(), &text, &anything_secret(&text)));
        Diagnostic::error(failed.code, failed.message).at(Place { source, span: failed.span }, "")
    })?;
    let mut documents = loaded.documents.into_iter();
    let Some(root) = documents.next() else { return Ok(None) };
    let mut hidden = hidden(&root);
    hidden.extend(loaded.dropped);
    let source = Arc::new(Source::new(shown, &text, &hidden));
    let file = File { path: path.to_owned(), source, root };
    for duplicate in loaded.duplicates {
        let mut diagnostic = Diagnostic::error(duplicate.code, duplicate.message)
            .at(file.place(&duplicate.span), "");
        if let Some(earlier) = duplicate.earlier {
            diagnostic = diagnostic.also(file.place(&earlier), "first here");
        }
        report.push(diagnostic);
    }
    if let Some(second) = documents.next() {
        report.push(
            Diagnostic::error("documents", "a second document in one file")
                .at(file.place(&(second.span.start..second.span.start)), "")
                .hint("give each document a file of its own"),
        );
    }
    Ok(Some(file))
}

/// Paths in messages are relative to where the user stands, if the folder is below it.
fn shown_path(path: &Path, folder: &Path) -> String {
    let here = std::env::current_dir().ok();
    let relative = here.as_deref().and_then(|here| path.strip_prefix(here).ok());
    let path = match relative {
        Some(relative) => relative,
        None if folder.is_absolute() => path,
        None => path.strip_prefix(".").unwrap_or(path),
    };
    path.display().to_string()
}

fn unknown_extensions(file: &File) -> Vec<Diagnostic> {
    let Some(entries) = file.root.entries() else {
        return vec![
            Diagnostic::error("not-a-mapping", "a specification file is a mapping")
                .at(file.place(&(file.root.span.start..file.root.span.start)), ""),
        ];
    };
    entries
        .iter()
        .filter(|entry| entry.key.starts_with("x-") && !EXTENSIONS.contains(&entry.key.as_str()))
        .map(|entry| {
            let diagnostic =
                Diagnostic::error("unknown-key", format!("unknown key \"{}\"", entry.key))
                    .at(file.place(&entry.span), "");
            match nearest(&entry.key, EXTENSIONS) {
                Some(name) => diagnostic.hint(format!("did you mean \"{name}\"?")),
                None => diagnostic.hint(format!("the known ones are {}", EXTENSIONS.join(", "))),
            }
        })
        .collect()
}

/// The byte ranges that may hold a secret value: every scalar below an `x-*` key, except
/// where the vocabulary says that names stand there. A misspelt `dev` is hidden, too.
fn hidden(root: &Node) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for entry in root.entries().unwrap_or_default() {
        if entry.key.starts_with("x-") && !OPEN.contains(&entry.key.as_str()) {
            collect(&entry.value, &mut ranges);
        }
    }
    ranges
}

fn collect(node: &Node, ranges: &mut Vec<Range<usize>>) {
    match &node.value {
        Value::Scalar { .. } => ranges.push(node.span.clone()),
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, ranges)),
        Value::Mapping(entries) => entries
            .iter()
            .filter(|e| {
                !matches!(e.key.as_str(), "description" | "services" | "format" | "variable")
            })
            .for_each(|entry| collect(&entry.value, ranges)),
    }
}

/// The whole text, where it may be a catalogue: without a tree nothing tells values from names.
fn anything_secret(text: &str) -> Vec<Range<usize>> {
    let catalogue = text.contains("x-secret") || text.contains("dev:");
    let end = if catalogue { text.len() } else { 0 };
    std::iter::once(0..end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_folder_upward() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join(FOLDER)).unwrap();
        let below = dir.path().join("a/b");
        fs::create_dir_all(&below).unwrap();
        assert_eq!(find(&below), Some(dir.path().join(FOLDER)));
    }

    #[test]
    fn every_bad_file_is_reported_and_no_value_is_shown() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.yaml"), "x-secretz:\n  s: {dev: hunter2}\n").unwrap();
        fs::write(dir.path().join("b.yaml"), "x-secrets:\n  dev: 'hunter2\n  hunter2\n").unwrap();
        let mut report = Report::default();
        assert!(read(dir.path(), &mut report).is_none());
        let codes: Vec<_> = report.diagnostics().iter().map(Diagnostic::code).collect();
        assert_eq!(codes, ["unknown-key", "yaml-syntax"]);
        assert!(!report.render().contains("hunter2"), "{}", report.render());
    }
}
