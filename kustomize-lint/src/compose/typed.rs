//! Reads values of the types that the model has.

use common::compose::OPAQUE;
use common::diagnostic::{Diagnostic, Report};
use common::project::{Tree, Value, known};

use super::model::Field;

/// Reads values. One of another type goes to the report.
pub(super) struct Typed<'a> {
    pub(super) report: &'a mut Report,
}

impl Typed<'_> {
    pub(super) fn text(&mut self, key: &str, tree: &Tree) -> Option<Field<String>> {
        match tree.text() {
            Some(text) => Some(Field { value: known(text), place: tree.place() }),
            None => self.wrong(key, "a string", tree),
        }
    }

    /// A text that `read` understands; the message names `expected` where it does not.
    pub(super) fn amount(
        &mut self,
        key: &str,
        tree: &Tree,
        read: impl Fn(&str) -> Option<u64>,
        expected: &str,
    ) -> Option<Field<u64>> {
        let text = tree.printed().unwrap_or_default();
        let place = tree.place();
        match (known(&text), read(&text)) {
            (None, _) => Some(Field { value: None, place }),
            (_, Some(value)) => Some(Field { value: Some(value), place }),
            _ => self.wrong(key, expected, tree),
        }
    }

    pub(super) fn number(&mut self, key: &str, tree: &Tree) -> Option<Field<u64>> {
        self.amount(key, tree, |text| text.parse().ok(), "a number")
    }

    /// `true` or `false`; where that is unknown, `otherwise`.
    pub(super) fn switch(&mut self, key: &str, tree: Option<&Tree>, otherwise: bool) -> bool {
        let Some(tree) = tree else { return otherwise };
        match tree.printed().unwrap_or_default().as_str() {
            "true" => true,
            "false" => false,
            text if text.contains(OPAQUE) => otherwise,
            _ => self.wrong::<bool>(key, "true or false", tree).unwrap_or(otherwise),
        }
    }

    /// A text or a list of texts.
    pub(super) fn texts(&mut self, key: &str, tree: &Tree) -> Vec<Field<String>> {
        match &tree.value {
            Value::Text(_) => self.text(key, tree).into_iter().collect(),
            Value::List(items) => items.iter().filter_map(|item| self.text(key, item)).collect(),
            _ => {
                self.wrong::<()>(key, "a string or a list of strings", tree);
                Vec::new()
            }
        }
    }

    pub(super) fn wrong<T>(&mut self, key: &str, expected: &str, tree: &Tree) -> Option<T> {
        let message = format!("{key} must be {expected}");
        self.report.push(Diagnostic::error("wrong-type", message).at(tree.place(), ""));
        None
    }
}
