//! The specification as it is written: read, checked against the schema, `$` resolved.

pub(crate) mod dotenv;
mod include;
pub(crate) mod quantity;
mod shape;
pub(crate) mod text;
pub(crate) mod types;
pub(crate) mod uncarried;
mod variables;

use std::path::{Path, PathBuf};

use common::catalogue::Catalogue;
use common::compose::looks_secret;
use common::diagnostic::{Diagnostic, Place, Report};
use common::spec::File;
use common::yaml::{Node, Value as Yaml};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use shape::Shape;
use types::Document;

/// The keys at the top that hold named entries, each written in one file only.
const SECTIONS: [&str; 9] = [
    "services",
    "volumes",
    "networks",
    "configs",
    "x-environments",
    "x-secrets",
    "x-env-files",
    "x-variables",
    "secrets",
];

/// What was written, before anything is concluded from it.
pub(crate) struct Spec {
    /// With every name resolved.
    pub(crate) document: Document,
    /// The same for the Compose file, in which some names stay variable.
    pub(crate) compose: Document,
    /// Every secret.
    pub(crate) catalogue: Catalogue,
    /// Where everything is written.
    pub(crate) sources: Sources,
    /// Compose keys without a counterpart in Kubernetes: service, key, value for Compose.
    pub(crate) uncarried: Vec<(String, String, Value)>,
}

/// The files, to find the place of anything again.
pub(crate) struct Sources {
    files: Vec<File>,
    /// The folder that the files stand in.
    pub(crate) folder: PathBuf,
    /// Its own name.
    folder_name: String,
    /// Whether the specification is the folder, not one file in it.
    whole_folder: bool,
}

impl Sources {
    /// The place of a path such as `services`, `kafka`, `ports`, `0`, as deep as it goes.
    pub(crate) fn place(&self, path: &[&str]) -> Option<Place> {
        let depth = |file: &File| descend(file.root(), path).0;
        let file = self.files.iter().max_by_key(|file| depth(file))?;
        Some(file.place(&descend(file.root(), path).1))
    }

    /// The file that holds a service, without the folders that differ from machine to machine.
    pub(crate) fn file_of(&self, service: &str) -> String {
        let path = ["services", service];
        let file = self.files.iter().find(|file| descend(file.root(), &path).0 == path.len());
        let Some(file) = file else { return String::new() };
        match self.whole_folder {
            true => format!("{}/{}", self.folder_name, own_name(&file.path)),
            false => own_name(&file.path),
        }
    }

    /// The variables of the `.env` beside an ordinary Compose file.
    fn dotenv(&self, report: &mut Report) -> Vec<(String, String)> {
        let path = self.folder.join(".env");
        if self.whole_folder || !path.is_file() {
            return Vec::new();
        }
        let pairs = dotenv::read(&path, report).unwrap_or_default();
        for (name, _) in pairs.iter().filter(|(name, _)| looks_secret(name)) {
            let message = format!("{name} of .env would stand in the generated files");
            let hint = "a secret belongs under x-secrets of a specification folder";
            report.push(Diagnostic::warning("maybe-secret", message).hint(hint));
        }
        pairs
    }

    /// The folder that relative paths of a service start from.
    pub(crate) fn base(&self) -> &Path {
        &self.folder
    }
}

fn own_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// How many steps of `path` exist, and the bytes of the last one.
fn descend(node: &Node, path: &[&str]) -> (usize, std::ops::Range<usize>) {
    let mut here = node;
    let mut span = here.span.start..here.span.start;
    for (done, step) in path.iter().enumerate() {
        let next = match &here.value {
            Yaml::Mapping(entries) => {
                entries.iter().find(|entry| entry.key == *step).map(|entry| {
                    let scalar = matches!(entry.value.value, Yaml::Scalar { .. });
                    let own = scalar
                        && !entry.value.is_null()
                        && entry.value.span.start > entry.span.start;
                    (&entry.value, if own { entry.value.span.clone() } else { entry.span.clone() })
                })
            }
            Yaml::Sequence(items) => item(items, step).map(|item| (item, head(item))),
            Yaml::Scalar { .. } => None,
        };
        let Some((value, at)) = next else { return (done, span) };
        here = value;
        span = at;
    }
    (path.len(), span)
}

/// An item by its index, or a `NAME=value` or plain item by its name.
fn item<'n>(items: &'n [Node], step: &str) -> Option<&'n Node> {
    if let Ok(index) = step.parse::<usize>() {
        return items.get(index);
    }
    items.iter().find(|item| match item.as_str() {
        Some(text) => text == step || text.split_once('=').is_some_and(|(name, _)| name == step),
        None => false,
    })
}

fn head(node: &Node) -> std::ops::Range<usize> {
    match &node.value {
        Yaml::Mapping(entries) => entries.first().map_or(node.span.clone(), |e| e.span.clone()),
        _ => node.span.clone(),
    }
}

/// The JSON Schema of a specification file, draft-07 for the language servers of editors.
pub(crate) fn schema() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    generator.into_root_schema_for::<Document>().to_value()
}

/// Reads a folder or a file. `None` when a file cannot be read at all; otherwise what could be
/// understood, with every mistake in the report.
pub(crate) fn read(path: &Path, report: &mut Report) -> Option<Spec> {
    let mut files = common::spec::read(path, report)?;
    files.extend(include::included(&files, report)?);
    let folder = match path.is_dir() {
        true => path.to_owned(),
        false => {
            path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
        }
    };
    let ordinary = !path.is_dir();
    let schema = schema();
    let mut whole = Map::new();
    let mut uncarried = Vec::new();
    let mut shapes = Report::default();
    for file in &files {
        let mut value = Shape { schema: &schema, file, report: &mut shapes, ordinary }.document();
        include::relocate(&mut value, &file.path, &folder);
        split_uncarried(&mut value, &mut uncarried);
        merge(&mut whole, value, file, &files, &mut shapes);
    }
    let catalogue = catalogue(&files, &shapes, report);
    report.extend(shapes.diagnostics().iter().cloned());
    let sources = Sources {
        files,
        folder_name: own_name(&folder.canonicalize().unwrap_or_default()),
        folder,
        whole_folder: !ordinary,
    };
    let whole = Value::Object(whole);
    let names = variables::Declared::read(&whole, &catalogue, &sources, report);
    let document = names.resolve(&whole, false, &sources, report);
    // Both find the same mistakes, which are said once, and each a few of its own.
    let compose = names.resolve(&whole, true, &sources, report);
    for (service, key, value) in &mut uncarried {
        names.resolve_value(value, ["services", service, key], &sources, report);
    }
    let (document, compose) = match (typed(document), typed(compose)) {
        (Ok(document), Ok(compose)) => (document, compose),
        (Err(error), _) | (_, Err(error)) => {
            // What is left after a mistake may lack a part that the types need.
            if !report.has_errors() {
                report.push(Diagnostic::error("wrong-type", format!("cannot read this: {error}")));
            }
            return None;
        }
    };
    Some(Spec { document, compose, catalogue, sources, uncarried })
}

fn typed(value: Value) -> Result<Document, serde_json::Error> {
    serde_json::from_value(value)
}

/// The catalogue's own findings, without what the schema has already said about the place.
fn catalogue(files: &[File], shapes: &Report, report: &mut Report) -> Catalogue {
    let mut own = Report::default();
    let catalogue = Catalogue::of(files, &mut own);
    let start = |d: &Diagnostic| d.place().map(|p| (p.source.path.clone(), p.span.start));
    let said: Vec<_> = shapes.diagnostics().iter().map(start).collect();
    report.extend(own.diagnostics().iter().filter(|d| !said.contains(&start(d))).cloned());
    catalogue
}

/// Takes the keys that only Compose can carry out of each service.
fn split_uncarried(value: &mut Value, uncarried: &mut Vec<(String, String, Value)>) {
    let Some(services) = value.get_mut("services").and_then(Value::as_object_mut) else { return };
    for (service, keys) in services {
        let Some(keys) = keys.as_object_mut() else { continue };
        let stay: Vec<String> =
            keys.keys().filter(|key| uncarried::reason(key).is_some()).cloned().collect();
        for key in stay {
            if let Some(value) = keys.remove(&key) {
                uncarried.push((service.clone(), key, value));
            }
        }
    }
}

/// Puts a file's entries to those of the others. An entry that two files have is an error.
fn merge(
    whole: &mut Map<String, Value>,
    value: Value,
    file: &File,
    files: &[File],
    report: &mut Report,
) {
    let Value::Object(mut sections) = value else { return };
    sections.remove("include");
    for (section, value) in sections {
        match (whole.get_mut(&section), value) {
            (Some(Value::Object(have)), Value::Object(more)) => {
                for (name, value) in more {
                    if have.contains_key(&name) {
                        twice(&section, &name, file, files, report);
                    } else {
                        have.insert(name, value);
                    }
                }
            }
            (Some(_), _) if !SECTIONS.contains(&section.as_str()) && section.starts_with("x-") => {
                twice_at(&[&section], &format!("\"{section}\""), file, files, report);
            }
            (Some(_), _) => {}
            (None, value) => {
                whole.insert(section, value);
            }
        }
    }
}

fn twice(section: &str, name: &str, file: &File, files: &[File], report: &mut Report) {
    twice_at(&[section, name], &format!("\"{name}\" of {section}"), file, files, report);
}

fn twice_at(path: &[&str], what: &str, file: &File, files: &[File], report: &mut Report) {
    let key = |file: &File| {
        let (depth, span) = descend(file.root(), path);
        (depth == path.len()).then(|| file.place(&span))
    };
    let mut diagnostic = Diagnostic::error("duplicate", format!("{what} stands in two files"));
    if let Some(place) = key(file) {
        diagnostic = diagnostic.at(place, "");
    }
    if let Some(first) = files.iter().find_map(key) {
        diagnostic = diagnostic.also(first, "first here");
    }
    report.push(diagnostic);
}
