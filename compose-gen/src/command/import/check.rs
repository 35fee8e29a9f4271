//! Compose-gen's own reading of the folder that was made: what it warns of is not carried as it
//! stands, and what it refuses is left for a person, both at the place in the project.

use std::collections::BTreeMap;
use std::path::Path;

use common::diagnostic::{Diagnostic, Report};
use common::yaml::{self, Limits, Node, Value as Yaml};

use super::tree::{Fate, Tree};
use crate::model::{CHANGED, NOT_CARRIED, Platform};
use crate::spec::{self, MAYBE_SECRET};

/// Reads the folder. Puts what it says into the tree, and returns the mistakes.
pub(super) fn check(folder: &Path, files: &BTreeMap<String, String>, root: &mut Tree) -> Report {
    let mut said = Report::default();
    if let Some(spec) = spec::read(folder, &mut said) {
        Platform::build(&spec, &mut said);
    }
    said.sort();
    let written: BTreeMap<&str, Node> = files
        .iter()
        .filter_map(|(name, text)| {
            let loaded = yaml::load(text, Limits::default()).ok()?;
            Some((name.as_str(), loaded.documents.into_iter().next()?))
        })
        .collect();
    let mut left = Report::default();
    for diagnostic in said.diagnostics() {
        let path = diagnostic.place().and_then(|place| {
            let name = Path::new(&place.source.path).file_name()?.to_str()?;
            let inner = [NOT_CARRIED, CHANGED].contains(&diagnostic.code());
            Some(path_at(written.get(name)?, place.span.start, inner))
        });
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

/// The path to what stands at a byte of a written file. A list's item and its first key begin at
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
