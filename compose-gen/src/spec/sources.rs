//! The specification as it is written, and where in it something stands.

use std::path::{Path, PathBuf};

use common::diagnostic::{Diagnostic, Place};
use common::project::{Tree, Value as TreeValue};

/// The code of a value that is written down and looks like a secret.
pub(crate) const MAYBE_SECRET: &str = "maybe-secret";
pub(crate) const MAYBE_SECRET_HINT: &str =
    "a secret belongs under x-secrets of a specification folder";

/// The specification as it is written, to find the place of anything again.
pub(crate) struct Sources {
    pub(super) root: Tree,
    /// The folder that the files stand in.
    pub(crate) folder: PathBuf,
    /// Its own name.
    pub(super) folder_name: String,
    /// The Compose file that stands for the specification, where it is no folder.
    pub(super) file: Option<String>,
}

impl Sources {
    /// The place of a path such as `services`, `kafka`, `ports`, `0`, as deep as it goes.
    pub(crate) fn place(&self, path: &[&str]) -> Place {
        let mut here = &self.root;
        let mut place = here.at(&(here.key.start..here.key.start));
        for step in path {
            let next = match &here.value {
                TreeValue::Map(members) => {
                    members.iter().find(|(key, _)| key == step).map(|(_, tree)| tree)
                }
                TreeValue::List(items) => item(items, step),
                _ => None,
            };
            let Some(tree) = next else { break };
            here = tree;
            place = tree.place();
        }
        place
    }

    /// The file that holds a service, without the folders that differ from machine to machine.
    pub(crate) fn file_of(&self, service: &str) -> String {
        if let Some(file) = &self.file {
            return file.clone();
        }
        let service = self.root.get("services").and_then(|services| services.get(service));
        let Some(service) = service else { return String::new() };
        let name = own_name(Path::new(&service.origin.source.path));
        format!("{}/{name}", self.folder_name)
    }

    /// Whether a folder is the specification, and not one Compose file.
    pub(crate) fn is_folder(&self) -> bool {
        self.file.is_none()
    }

    /// The folder that relative paths of a service start from.
    pub(crate) fn base(&self) -> &Path {
        &self.folder
    }
}

pub(super) fn own_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// An item by its index, or a `NAME=value` or plain item by its name.
fn item<'t>(items: &'t [Tree], step: &str) -> Option<&'t Tree> {
    if let Ok(index) = step.parse::<usize>() {
        return items.get(index);
    }
    items.iter().find(|item| match item.text() {
        Some(text) => text == step || text.split_once('=').is_some_and(|(name, _)| name == step),
        None => false,
    })
}

/// Puts a diagnostic at a path of the specification.
pub(crate) fn at(diagnostic: Diagnostic, sources: &Sources, path: &[&str]) -> Diagnostic {
    diagnostic.at(sources.place(path), "")
}
