//! The specification folder: `infrastructure/platform/`, valid Compose files with `x-*` keys.

use std::env;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Place, Report, Source, did_you_mean, nearest};
use crate::fault;
use crate::secrets::{self, tree::CATALOGUE};
use crate::stop::Stop;
use crate::yaml::{self, Entry, Limits, Node, Value};

/// Where a checkout keeps its specification.
pub const FOLDER: &str = "infrastructure/platform";

/// The keys at the top that every file may add to, besides the catalogue. None of them holds a secret value.
pub const SECTIONS: [&str; 10] = [
    "services",
    "volumes",
    "networks",
    "configs",
    "x-env-files",
    "x-environments",
    "x-logging",
    "x-secret-files",
    "x-variables",
    "x-wait",
];

/// Compose's other keys at the top.
const OTHERS: [&str; 3] = ["include", "name", "version"];

/// The keys of a service that Compose does not have.
const OF_A_SERVICE: [&str; 10] = [
    "x-absent",
    "x-contract",
    "x-environment",
    "x-host-paths",
    "x-liveness",
    "x-patches",
    "x-replicas",
    "x-resources",
    "x-role",
    "x-routes",
];

/// One file that a person wrote.
#[derive(Debug)]
pub struct File {
    /// The text that messages may show.
    pub source: Arc<Source>,
    /// Its documents, at least one.
    pub documents: Vec<Node>,
    /// The tags that are not YAML's, such as `!reset`, each with the span of its node.
    pub tags: Vec<(Range<usize>, String)>,
}

impl File {
    /// The first document.
    pub fn root(&self) -> &Node {
        &self.documents[0]
    }

    /// The place of `span` in this file.
    pub fn place(&self, span: &Range<usize>) -> Place {
        Place { source: Arc::clone(&self.source), span: span.clone() }
    }

    /// The value under a top-level key.
    pub fn section(&self, key: &str) -> Option<&Node> {
        self.root().get(key)
    }
}

/// The nearest specification folder: [`FOLDER`] in `start` or in one of its parents.
pub fn find(start: &Path) -> Option<PathBuf> {
    start.ancestors().map(|folder| folder.join(FOLDER)).find(|candidate| candidate.is_dir())
}

/// The folder that `--spec` names, or else the nearest specification folder.
///
/// # Errors
/// There is none; `hint` says what to name.
pub fn locate(named: Option<&Path>, hint: &str) -> Result<PathBuf, Stop> {
    let nearest = || find(&env::current_dir().ok()?);
    named.map(Path::to_owned).or_else(nearest).ok_or_else(|| {
        let message = format!("there is no folder {FOLDER} here or in a parent folder");
        Diagnostic::error("no-specification", message).hint(hint).into()
    })
}

/// Reads every `*.yaml` and `*.yml` of `folder`, in the order of their names, or the one file
/// that `folder` is, and reports what is wrong with the YAML. `None` when some file could not be
/// read: the findings in the other files would then be incomplete.
pub fn read(folder: &Path, report: &mut Report) -> Option<Vec<File>> {
    let mut files = Some(Vec::new());
    for path in files_of(folder, report)? {
        match read_file(&path, report) {
            Ok(file) => {
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

/// The files of a specification folder in the order of their names, or the one file that `folder`
/// is, as a person who stands here would call them.
pub fn files_of(folder: &Path, report: &mut Report) -> Option<Vec<PathBuf>> {
    match paths(folder) {
        Ok(paths) => Some(paths.iter().map(|path| from_here(path, folder)).collect()),
        Err(diagnostic) => {
            let hint = "name the folder that holds the platform's YAML files with --spec";
            report.push((*diagnostic).hint(hint));
            None
        }
    }
}

fn paths(folder: &Path) -> Result<Vec<PathBuf>, Box<Diagnostic>> {
    if folder.is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let failed = |message: String| Box::new(Diagnostic::error("no-specification", message));
    let entries = fs::read_dir(folder).map_err(|error| {
        failed(fault::cannot_read("specification folder", folder.display(), &error))
    })?;
    let is_yaml =
        |path: &PathBuf| path.extension().is_some_and(|ext| ext == "yaml" || ext == "yml");
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_yaml).collect();
    paths.sort();
    if paths.is_empty() {
        let folder = folder.display();
        return Err(failed(format!("there is no YAML file in the specification folder {folder}")));
    }
    Ok(paths)
}

/// Reads one YAML file as a person wrote it; `None` when it is empty.
///
/// # Errors
/// The mistake that keeps the file from being read.
pub fn read_file(path: &Path, report: &mut Report) -> Result<Option<File>, Box<Diagnostic>> {
    let file = load(path, from_here(path, path).display().to_string(), report)?;
    let second = file.as_ref().and_then(|file| Some((file, file.documents.get(1)?)));
    report.extend(second.map(|(file, second)| {
        Diagnostic::error("documents", "a second document in one file")
            .at(file.place(&(second.span.start..second.span.start)), "")
            .hint("give each document a file of its own")
    }));
    Ok(file)
}

/// Reads a file of any number of documents; `None` when it has none. Messages call it `shown`.
///
/// # Errors
/// The mistake that keeps the file from being read.
pub fn load(
    path: &Path,
    shown: String,
    report: &mut Report,
) -> Result<Option<File>, Box<Diagnostic>> {
    let text = fs::read_to_string(path)
        .map_err(|error| fault::unreadable("unreadable", "file", &shown, &error))?;
    parse(&text, shown, report)
}

/// Reads a text as [`load`] reads a file.
///
/// # Errors
/// The mistake that keeps the text from being read.
pub fn parse(
    text: &str,
    shown: String,
    report: &mut Report,
) -> Result<Option<File>, Box<Diagnostic>> {
    let loaded = yaml::load(text, Limits::default()).map_err(|failed| {
        // Without a tree nothing tells which bytes are values: a catalogue stays hidden whole.
        let source = Arc::new(Source::new(shown.clone(), text, &anything_secret(text)));
        Diagnostic::error(failed.code, failed.message).at(Place { source, span: failed.span }, "")
    })?;
    if loaded.documents.is_empty() {
        return Ok(None);
    }
    let ranges: Vec<_> = loaded.documents.iter().flat_map(|root| hidden(text, root)).collect();
    let source = Arc::new(Source::new(shown, text, &ranges));
    let (documents, tags) = (loaded.documents, loaded.tags);
    let file = File { source, documents, tags };
    for problem in loaded.problems {
        let diagnostic =
            Diagnostic::error(problem.code, problem.message).at(file.place(&problem.span), "");
        let earlier = problem.earlier.map(|earlier| file.place(&earlier));
        report.push(diagnostic.also(earlier, "first here"));
    }
    Ok(Some(file))
}

/// Paths in messages are relative to where the user stands, if the folder is below it.
fn from_here(path: &Path, folder: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    let relative = here.as_deref().and_then(|here| path.strip_prefix(here).ok());
    match relative {
        Some(relative) => relative.to_owned(),
        None if folder.is_absolute() => path.to_owned(),
        None => path.strip_prefix(".").unwrap_or(path).to_owned(),
    }
}

/// Reports the top-level keys that neither Compose nor the vocabulary knows, and `x-*` keys of a
/// service outside the vocabulary. The vocabulary is closed, so that a typing mistake is an error
/// and not a secret that is missing at run time.
pub fn check_keys(files: &[File], report: &mut Report) {
    report.extend(files.iter().flat_map(unknown_keys));
}

fn unknown_keys(file: &File) -> Vec<Diagnostic> {
    let Some(entries) = file.root().entries() else {
        return vec![
            Diagnostic::error("not-a-mapping", "a specification file is a mapping")
                .at(file.place(&(file.root().span.start..file.root().span.start)), ""),
        ];
    };
    let known: Vec<&str> = SECTIONS.iter().chain(&OTHERS).chain([&CATALOGUE]).copied().collect();
    let top = entries.iter().filter(|entry| !known.contains(&entry.key.as_str()));
    let services = file.section("services").and_then(Node::entries).unwrap_or_default();
    let inner = services
        .iter()
        .flat_map(|service| service.value.entries().unwrap_or_default())
        .filter(|entry| entry.key.starts_with("x-") && !OF_A_SERVICE.contains(&entry.key.as_str()));
    top.map(|entry| unknown(file, entry, &known))
        .chain(inner.map(|entry| unknown(file, entry, &OF_A_SERVICE)))
        .collect()
}

/// A key that nothing follows may be a value that lost its place: it is repeated only when a known one is near.
fn unknown(file: &File, entry: &Entry, known: &[&str]) -> Diagnostic {
    let near = did_you_mean(&entry.key, known.iter().copied());
    let message = match near.is_some() || !is_scalar(&entry.value) {
        true => format!("unknown key \"{}\"", entry.key),
        false => "unknown key".to_owned(),
    };
    Diagnostic::error("unknown-key", message).at(file.place(&entry.span), "").hint_if(near)
}

/// The byte ranges that may hold a secret value: everywhere what the name or the value says; in
/// every section that is not plain Compose, all but what is known to be a name. A misspelt `dev`,
/// half of a value behind a comma, a comment behind a `#`, a value where a key should be: hidden,
/// too.
fn hidden(text: &str, root: &Node) -> Vec<Range<usize>> {
    let mut ranges = secrets::tree::hidden(text, root);
    let entries = root.entries().unwrap_or_default();
    for (index, entry) in entries.iter().enumerate() {
        if !may_hold_values(entry) {
            hide_dev(&entry.value, &mut ranges);
            // A key that nothing follows may be a value that lost its place.
            if is_scalar(&entry.value) && nearest(&entry.key, SECTIONS).is_none() {
                ranges.extend((!OTHERS.contains(&entry.key.as_str())).then(|| entry.span.clone()));
            }
            continue;
        }
        let end = entries.get(index + 1).map_or(text.len(), |next| next.span.start);
        let mut names = Vec::new();
        collect_names(&entry.value, 0, &mut names);
        names.sort_by_key(|span| span.start);
        let mut from = entry.span.end;
        for name in names {
            hide_unless_punctuation(text, from..name.start, &mut ranges);
            from = from.max(name.end);
        }
        hide_unless_punctuation(text, from..end, &mut ranges);
    }
    ranges
}

/// Whether a section may be the catalogue: by its name, or a misspelling of it, or because it has
/// a key that only the catalogue has. Other `x-*` sections are templates of a Compose file.
fn may_hold_values(section: &Entry) -> bool {
    let key = section.key.as_str();
    let template = key.starts_with("x-")
        && nearest(key, [CATALOGUE]).is_none()
        && !key.contains("secret")
        && !has_dev(&section.value);
    // A secret under the wrong heading, which has keys where the section has a list.
    let lost = key == "x-env-files" && has_dev(&section.value);
    lost || !SECTIONS.contains(&key) && !OTHERS.contains(&key) && !template
}

/// Hides the scalars of every key `dev`, wherever it stands.
fn hide_dev(node: &Node, ranges: &mut Vec<Range<usize>>) {
    for item in node.items().unwrap_or_default() {
        hide_dev(item, ranges);
    }
    for entry in node.entries().unwrap_or_default() {
        if entry.key == "dev" && is_scalar(&entry.value) {
            ranges.push(entry.value.span.clone());
        }
        hide_dev(&entry.value, ranges);
    }
}

fn has_dev(node: &Node) -> bool {
    let below = |entry: &Entry| nearest(&entry.key, ["dev"]).is_some() || has_dev(&entry.value);
    node.entries().unwrap_or_default().iter().any(below)
}

/// The texts that may be shown below `x-secrets`: the names of secrets (depth 0) and of keys (depth 2, or
/// deeper where the nesting is wrong), as long as a mapping follows; the vocabulary; and the
/// scalars of the parts that are names, where they look like one. Prose may have swallowed a value whose key was
/// lost.
fn collect_names(node: &Node, depth: usize, names: &mut Vec<Range<usize>>) {
    for entry in node.entries().unwrap_or_default() {
        let value = &entry.value;
        match entry.key.as_str() {
            key @ ("services" | "format" | "variable" | "nested") if depth > 0 => {
                names.push(entry.span.clone());
                let items = value.items().unwrap_or(std::slice::from_ref(value));
                names.extend(
                    items
                        .iter()
                        .filter(|item| item.text().is_some_and(|text| looks_like(key, text)))
                        .map(|item| item.span.clone()),
                );
            }
            "dev" | "description" if depth > 0 => names.push(entry.span.clone()),
            key => {
                let vocabulary = depth > 0 && nearest(key, VOCABULARY).is_some();
                // A value that lost its line's end may stand before the name.
                let name = key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
                if value.entries().is_some() && name || vocabulary {
                    names.push(entry.span.clone());
                }
                if value.entries().is_some() && depth < 3 {
                    collect_names(value, depth + 1, names);
                }
            }
        }
    }
}

/// Whether a text has the form that this key needs. Another text may be a value that lost its place.
fn looks_like(key: &str, text: &str) -> bool {
    let all = |allowed: fn(u8) -> bool| !text.is_empty() && text.bytes().all(allowed);
    match key {
        "variable" => all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
        "services" => all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b)),
        "format" => nearest(text, ["json", "text", "base64"]).is_some(),
        _ => text == "true" || text == "false",
    }
}

/// The keys of a secret and of its keys.
const VOCABULARY: [&str; 11] = [
    "composed",
    "description",
    "dev",
    "format",
    "key",
    "keys",
    "nested",
    "services",
    "text",
    "url",
    "variable",
];

fn is_scalar(node: &Node) -> bool {
    matches!(node.value, Value::Scalar { .. })
}

fn hide_unless_punctuation(text: &str, range: Range<usize>, ranges: &mut Vec<Range<usize>>) {
    let Some(gap) = text.get(range.clone()) else { return };
    if gap.chars().all(|c| c.is_whitespace() || "{}[]:,-".contains(c)) {
        return;
    }
    // From behind the key's colon, which is no part of a value.
    let behind = gap.strip_prefix(':').unwrap_or(gap).trim_start_matches(' ');
    ranges.push(range.end - behind.len()..range.start + gap.trim_end().len());
}

/// The whole text, where it may be a catalogue: without a tree nothing tells values from names.
fn anything_secret(text: &str) -> Vec<Range<usize>> {
    let catalogue = text.contains("secret") || text.contains("dev");
    if catalogue { vec![Range { start: 0, end: text.len() }] } else { secrets::unreadable(text) }
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
        fs::remove_file(dir.path().join("b.yaml")).unwrap();
        check_keys(&read(dir.path(), &mut report).unwrap(), &mut report);
        let codes: Vec<_> = report.diagnostics().iter().map(Diagnostic::code).collect();
        assert_eq!(codes, ["yaml-syntax", "unknown-key"]);
        assert!(!report.render().contains("hunter2"), "{}", report.render());
    }
}
