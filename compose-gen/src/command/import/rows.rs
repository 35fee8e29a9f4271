//! The report: a row for every key of the project at every level, and for what was added.

use serde::Serialize;

use super::tree::{Fate, Tree, Value};

/// One key.
#[derive(Serialize)]
pub(super) struct Row {
    /// `file:line:column` of the project.
    pub(super) place: String,
    /// The path to it, as the project names it.
    pub(super) key: String,
    pub(super) outcome: Fate,
    /// Why, or what became of it.
    pub(super) reason: String,
}

/// Every key in the order of the project. An item of a list has a row where there is something
/// to say about it.
pub(super) fn rows(root: &Tree) -> Vec<Row> {
    let mut rows = Vec::new();
    below(root, "", None, &mut rows);
    rows
}

/// The fate that a key gives to everything below it.
type Verdict<'a> = Option<(Fate, &'a str)>;

fn below(tree: &Tree, path: &str, verdict: Verdict<'_>, rows: &mut Vec<Row>) {
    match &tree.value {
        Value::Map(members) => {
            for (key, member) in members {
                let key = member.was.as_ref().unwrap_or(key);
                let path = match path {
                    "" => key.clone(),
                    path => format!("{path}.{key}"),
                };
                row(member, &path, true, verdict, rows);
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                row(item, &format!("{path}.{index}"), false, verdict, rows);
            }
        }
        _ => {}
    }
}

fn row(tree: &Tree, path: &str, key: bool, verdict: Verdict<'_>, rows: &mut Vec<Row>) {
    let said = tree.fate != Fate::Carried || !tree.why.is_empty();
    let (outcome, reason) = match verdict {
        Some((fate, above)) if !said => (fate, format!("with {above}")),
        _ => (tree.fate, tree.why.clone()),
    };
    // A mapping that only holds added keys has no row itself.
    let holder = tree.fate == Fate::Added && tree.why.is_empty();
    if (key || said) && !holder {
        let place = tree.place.to_string();
        rows.push(Row { place, key: path.to_owned(), outcome, reason });
    }
    // The keys below an added key were not in the project either: one row says it.
    if tree.fate == Fate::Added && !holder {
        return;
    }
    let whole = tree.gone || [Fate::ComposeOnly, Fate::NotCarried].contains(&tree.fate);
    let verdict = if whole { Some((outcome, path)) } else { verdict };
    below(tree, path, verdict, rows);
}
