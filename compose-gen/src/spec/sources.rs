//! The specification as it is written, and where in it something stands.

use std::path::{Path, PathBuf};

use common::compose::dotenv;
use common::compose::variables::{Part, parts};
use common::diagnostic::{Diagnostic, Place, Report};
use common::project::{Env, Tree, Value as Own};
use common::secrets::is_secret;

/// The code of a value that is written down and looks like a secret.
pub(crate) const MAYBE_SECRET: &str = "maybe-secret";
pub(crate) const MAYBE_SECRET_HINT: &str =
    "a secret belongs under x-secrets of a specification folder";

/// The specification as it is written, to find the place of anything again.
pub(crate) struct Sources {
    pub(super) root: Tree,
    /// The variables of the `.env` beside an ordinary Compose file.
    pub(super) env: Env,
    /// The folder that the files stand in.
    pub(crate) folder: PathBuf,
    /// Its own name.
    pub(super) folder_name: String,
    /// Whether the specification is the folder, not one file in it.
    pub(super) whole_folder: bool,
}

impl Sources {
    /// The place of a path such as `services`, `kafka`, `ports`, `0`, as deep as it goes.
    pub(crate) fn place(&self, path: &[&str]) -> Place {
        let mut here = &self.root;
        let mut place = here.at(&(here.key.start..here.key.start));
        for step in path {
            let next = match &here.value {
                Own::Map(members) => {
                    members.iter().find(|(key, _)| key == step).map(|(_, tree)| tree)
                }
                Own::List(items) => item(items, step),
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
        let service = self.root.get("services").and_then(|own| own.get(service));
        let Some(service) = service else { return String::new() };
        let name = own_name(Path::new(&service.origin.source.path));
        match self.whole_folder {
            true => format!("{}/{name}", self.folder_name),
            false => name,
        }
    }

    /// The variables of `.env`. Of each secret the report has a warning, at its last line.
    pub(super) fn dotenv(&self, report: &mut Report) -> &Env {
        // The file has been read before, and its mistakes have been said.
        let file = dotenv::read(&self.folder.join(".env"), &mut Report::default()).ok();
        for (name, _) in self.env.iter().filter(|(name, value)| is_secret(name, value)) {
            let message = format!("{name} of .env would stand in the generated files");
            let diagnostic = Diagnostic::warning(MAYBE_SECRET, message).hint(MAYBE_SECRET_HINT);
            let place = file.as_ref().and_then(|file| {
                let assignment = file.assignments.iter().rfind(|own| own.name == *name)?;
                Some(file.place(assignment))
            });
            report.push(diagnostic.at(place, ""));
        }
        &self.env
    }

    /// Whether the text at a path has a secret of `.env` in it, of which [`Sources::dotenv`] has
    /// warned.
    pub(crate) fn is_told(&self, path: &[&str]) -> bool {
        let Some(Own::Text(text)) = self.tree(path).map(|tree| &tree.value) else { return false };
        parts(&text.written()).iter().any(|part| match part {
            Part::Reference(own) => {
                self.env.get(own.name).is_some_and(|value| is_secret(own.name, value))
            }
            _ => false,
        })
    }

    /// The tree at a path, if it goes so deep.
    fn tree(&self, path: &[&str]) -> Option<&Tree> {
        path.iter().try_fold(&self.root, |here, step| match &here.value {
            Own::List(items) => item(items, step),
            _ => here.get(step),
        })
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
