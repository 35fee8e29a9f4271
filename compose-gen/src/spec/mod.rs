//! The specification as it is written: read, checked against the schema, `$` resolved.

pub(crate) mod dotenv;
mod include;
pub(crate) mod quantity;
mod shape;
mod sources;
pub(crate) mod text;
pub(crate) mod types;
pub(crate) mod uncarried;
mod variables;

use std::path::Path;

use common::catalogue::Catalogue;
use common::diagnostic::{Diagnostic, Report};
use common::spec::File;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use shape::Shape;
pub(crate) use sources::{MAYBE_SECRET, MAYBE_SECRET_HINT, Sources, at};
use sources::{descend, own_name};
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
        let (depth, span) = descend(&file.root, path);
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
