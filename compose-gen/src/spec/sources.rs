//! The files of a specification, and where in them something is written.

use std::path::{Path, PathBuf};

use common::diagnostic::{Diagnostic, Place, Report};
use common::secrets::is_secret;
use common::spec::File;
use common::yaml::{Node, Value as Yaml};

use super::dotenv;

/// The code of a value that is written down and looks like a secret.
pub(crate) const MAYBE_SECRET: &str = "maybe-secret";
pub(crate) const MAYBE_SECRET_HINT: &str =
    "a secret belongs under x-secrets of a specification folder";

/// The files, to find the place of anything again.
pub(crate) struct Sources {
    pub(super) files: Vec<File>,
    /// The folder that the files stand in.
    pub(crate) folder: PathBuf,
    /// Its own name.
    pub(super) folder_name: String,
    /// Whether the specification is the folder, not one file in it.
    pub(super) whole_folder: bool,
}

impl Sources {
    /// The place of a path such as `services`, `kafka`, `ports`, `0`, as deep as it goes.
    pub(crate) fn place(&self, path: &[&str]) -> Option<Place> {
        let depth = |file: &File| descend(&file.root, path).0;
        let file = self.files.iter().max_by_key(|file| depth(file))?;
        Some(file.place(&descend(&file.root, path).1))
    }

    /// The file that holds a service, without the folders that differ from machine to machine.
    pub(crate) fn file_of(&self, service: &str) -> String {
        let path = ["services", service];
        let file = self.files.iter().find(|file| descend(&file.root, &path).0 == path.len());
        let Some(file) = file else { return String::new() };
        match self.whole_folder {
            true => format!("{}/{}", self.folder_name, own_name(&file.path)),
            false => own_name(&file.path),
        }
    }

    /// The variables of the `.env` beside an ordinary Compose file.
    pub(super) fn dotenv(&self, report: &mut Report) -> Vec<(String, String)> {
        let path = self.folder.join(".env");
        if self.whole_folder || !path.is_file() {
            return Vec::new();
        }
        let pairs = dotenv::read(&path, report).unwrap_or_default();
        for (name, _) in pairs.iter().filter(|(name, value)| is_secret(name, value)) {
            let message = format!("{name} of .env would stand in the generated files");
            report.push(Diagnostic::warning(MAYBE_SECRET, message).hint(MAYBE_SECRET_HINT));
        }
        pairs
    }

    /// The folder that relative paths of a service start from.
    pub(crate) fn base(&self) -> &Path {
        &self.folder
    }
}

pub(super) fn own_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// How many steps of `path` exist, and the bytes of the last one.
pub(super) fn descend(node: &Node, path: &[&str]) -> (usize, std::ops::Range<usize>) {
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

/// Puts a diagnostic at a path of the specification.
pub(crate) fn at(diagnostic: Diagnostic, sources: &Sources, path: &[&str]) -> Diagnostic {
    match sources.place(path) {
        Some(place) => diagnostic.at(place, ""),
        None => diagnostic,
    }
}
