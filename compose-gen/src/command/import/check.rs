//! Compose-gen's own reading of the specification that was made. A warning about it says that a key is
//! not carried as it stands, and an error that a person has to decide; both move to the project's place.

use std::collections::BTreeMap;
use std::path::Path;

use common::diagnostic::{Diagnostic, Place, Report};
use common::yaml::{self, Limits, Node, Value as Yaml};

use super::tree::{Fate, Tree};
use crate::model::{CHANGED, NOT_CARRIED, Platform};
use crate::spec::{self, MAYBE_SECRET, Spec};

/// A specification and everything that was said of it, at places of the written files.
pub(super) struct Checked {
    /// `None` where a file cannot be understood.
    pub(super) built: Option<(Spec, Platform, Platform)>,
    pub(super) said: Report,
}

/// Reads the files as if they stood in the folder. `file` is the Compose file that they stand for.
pub(super) fn read(
    folder: &Path,
    file: Option<String>,
    files: &BTreeMap<String, String>,
) -> Checked {
    let mut said = Report::default();
    let built = spec::read_texts(folder, file, files, &mut said).map(|spec| {
        let (platform, compose) = Platform::build(&spec, &mut said);
        (spec, platform, compose)
    });
    said.sort();
    Checked { built, said }
}

/// Puts the reports into the tree, and returns those that a person should look at.
pub(super) fn tell(said: &Report, files: &BTreeMap<String, String>, root: &mut Tree) -> Report {
    let written = Written::of(files);
    let mut left = Report::default();
    for diagnostic in said.diagnostics() {
        let path = diagnostic.place().and_then(|place| written.path(place, diagnostic.code()));
        let tree = path.map(|path| root.find_mut(&path));
        let place = tree.as_ref().map(|tree| tree.place.clone());
        let message = diagnostic.message();
        if let Some(tree) = tree {
            match (diagnostic.is_error(), diagnostic.code()) {
                (true, _) => tree.say(Fate::ToDo, message),
                (false, NOT_CARRIED) => tree.say(Fate::NotCarried, diagnostic.short_message()),
                // A secret in plain text is carried; that it should not be is said apart.
                (false, CHANGED) => tree.say(Fate::Changed, diagnostic.short_message()),
                (false, MAYBE_SECRET) => {}
                (false, _) => tree.say(Fate::Changed, message),
            }
        }
        let secret = diagnostic.code() == MAYBE_SECRET;
        if diagnostic.is_error() || secret {
            let make = if secret { Diagnostic::warning } else { Diagnostic::error };
            let moved = make(diagnostic.code(), message).at(place, "");
            left.push(moved.hint_if(diagnostic.hint_text()));
        }
    }
    left
}

/// All of it, at the project's places.
pub(super) fn moved(said: &Report, files: &BTreeMap<String, String>, root: &mut Tree) -> Report {
    let written = Written::of(files);
    let mut moved = Report::default();
    moved.extend(said.diagnostics().iter().map(|diagnostic| {
        let code = diagnostic.code();
        diagnostic
            .clone()
            .moved(|place| Some(root.find_mut(&written.path(place, code)?).place.clone()))
    }));
    moved
}

/// The trees of the written files.
struct Written(BTreeMap<String, Node>);

impl Written {
    fn of(files: &BTreeMap<String, String>) -> Self {
        let tree = |(name, text): (&String, &String)| {
            let loaded = yaml::load(text, Limits::default()).ok()?;
            Some((name.clone(), loaded.documents.into_iter().next()?))
        };
        Written(files.iter().filter_map(tree).collect())
    }

    /// The path to the value at a place; a report about a key means the key.
    fn path(&self, place: &Place, code: &str) -> Option<Vec<String>> {
        let name = Path::new(&place.source.path).file_name()?.to_str()?;
        let inner = [NOT_CARRIED, CHANGED].contains(&code);
        Some(path_at(self.0.get(name)?, place.span.start, inner))
    }
}

/// The path to the value at a byte of a written file. A list's item and its first key begin at
/// the same byte; `inner` is the key.
fn path_at(node: &Node, at: usize, inner: bool) -> Vec<String> {
    let mut path = Vec::new();
    let mut here = node;
    loop {
        let next = match &here.value {
            Yaml::Mapping(entries) => entries
                .iter()
                .rev()
                .find(|entry| entry.span.start <= at)
                .map(|entry| (entry.key.clone(), &entry.value, entry.span.end > at)),
            Yaml::Sequence(items) => {
                let found = items.iter().enumerate().rev().find(|(_, item)| item.span.start <= at);
                found
                    .map(|(index, item)| (index.to_string(), item, item.span.start == at && !inner))
            }
            Yaml::Scalar { .. } => None,
        };
        let Some((step, value, here_it_is)) = next else { return path };
        path.push(step);
        if here_it_is {
            return path;
        }
        here = value;
    }
}
