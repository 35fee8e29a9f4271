//! The specification as it is written: read, checked against the schema, `$` resolved.

pub(crate) mod dotenv;
pub(crate) mod include;
pub(crate) mod quantity;
mod shape;
mod sources;
pub(crate) mod text;
pub(crate) mod types;
pub(crate) mod uncarried;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::catalogue::Catalogue;
use common::diagnostic::{Diagnostic, Report};
use common::project::{self, Dialect, Env, Project};
use common::spec::{File, SECTIONS};
use schemars::generate::SchemaSettings;
use serde_json::Value;

use shape::Shape;
pub(crate) use shape::switch;
use sources::own_name;
pub(crate) use sources::{MAYBE_SECRET, MAYBE_SECRET_HINT, Sources, at};
use types::Document;

/// The specification as it is written, before anything is concluded from it.
pub(crate) struct Spec {
    /// With every name resolved.
    pub(crate) document: Document,
    /// The same for the Compose file, in which some names stay variable.
    pub(crate) compose: Document,
    /// Every secret.
    pub(crate) catalogue: Catalogue,
    /// Where everything is written.
    pub(crate) sources: Sources,
    /// The declared variables that have a value.
    pub(crate) variables: Env,
    /// Compose keys without a counterpart in Kubernetes: service, key, value for Compose.
    pub(crate) uncarried: Vec<(String, String, Value)>,
}

/// The JSON Schema of a specification file, draft-07 for the language servers of editors.
pub(crate) fn schema() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    generator.into_root_schema_for::<Document>().to_value()
}

/// The sections of a folder's files. An entry of a section is written in one file only, and a list with
/// two entries for one thing is a mistake. The catalogue checks its section, `x-secrets`, itself.
fn dialect<T>(read: impl FnOnce(&Dialect<'_>) -> T) -> T {
    let sections: Vec<&str> = SECTIONS.into_iter().chain(["secrets"]).collect();
    read(&Dialect { sections: &sections, repeats: false })
}

/// Reads a folder. `None` when a file cannot be read at all; otherwise all that could be understood,
/// with every mistake in the report.
pub(crate) fn read(folder: &Path, report: &mut Report) -> Option<Spec> {
    let paths = common::spec::files_of(folder, report)?;
    let project = dialect(|dialect| project::read_beside(&paths, dialect, report));
    understood(project, folder, None, report)
}

/// Reads texts as if they were the files of a folder; `file` is the Compose file that they stand for.
pub(crate) fn read_texts(
    folder: &Path,
    file: Option<String>,
    texts: &BTreeMap<String, String>,
    report: &mut Report,
) -> Option<Spec> {
    let texts: Vec<(PathBuf, &str)> =
        texts.iter().map(|(name, text)| (folder.join(name), text.as_str())).collect();
    let project = dialect(|dialect| project::read_texts(&texts, dialect, report));
    understood(project, folder, file, report)
}

fn understood(
    project: Option<Project>,
    folder: &Path,
    file: Option<String>,
    report: &mut Report,
) -> Option<Spec> {
    let mut project = project.filter(|project| project.complete)?;
    let folder = folder.to_owned();
    include::substitute(&mut project.root, &project.scope, &mut |_| {});
    include::relocate(&mut project.root, &folder);
    let schema = schema();
    let mut shapes = Report::default();
    let mut whole = Shape { schema: &schema, report: &mut shapes }.document(&project.root);
    let mut uncarried = Vec::new();
    split_uncarried(&mut whole, &mut uncarried);
    let catalogue = catalogue(&project.files, &shapes, report);
    report.extend(shapes.diagnostics().iter().cloned());
    let sources = Sources {
        root: project.root,
        folder_name: own_name(&folder.canonicalize().unwrap_or_default()),
        folder,
        file,
    };
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
            // After a mistake, the rest may lack a part that the types need.
            if !report.has_errors() {
                report.push(Diagnostic::error("wrong-type", format!("cannot read this: {error}")));
            }
            return None;
        }
    };
    let variables = names.values().clone();
    Some(Spec { document, compose, catalogue, sources, variables, uncarried })
}

fn typed(value: Value) -> Result<Document, serde_json::Error> {
    serde_json::from_value(value)
}

/// The catalogue's own findings, without what the schema has already said about the place.
fn catalogue(files: &[File], shapes: &Report, report: &mut Report) -> Catalogue {
    let mut findings = Report::default();
    let catalogue = Catalogue::of(files, &mut findings);
    let start = |d: &Diagnostic| d.place().map(|p| (p.source.path.clone(), p.span.start));
    let said: Vec<_> = shapes.diagnostics().iter().map(start).collect();
    report.extend(findings.diagnostics().iter().filter(|d| !said.contains(&start(d))).cloned());
    catalogue
}

/// Takes the keys that only Compose can carry out of each service, and those that are resolved.
fn split_uncarried(value: &mut Value, uncarried: &mut Vec<(String, String, Value)>) {
    let Some(services) = value.get_mut("services").and_then(Value::as_object_mut) else { return };
    for (service, keys) in services {
        let Some(keys) = keys.as_object_mut() else { continue };
        keys.remove("extends");
        let stay: Vec<String> =
            keys.keys().filter(|key| uncarried::reason(key).is_some()).cloned().collect();
        for key in stay {
            if let Some(value) = keys.remove(&key) {
                uncarried.push((service.clone(), key, value));
            }
        }
    }
}
