//! The project's values on the way to the model, each with its place.

use common::compose::OPAQUE;
use common::compose::scalar::Scalar;
use common::diagnostic::{Diagnostic, Place, Report};

use super::model::Field;

/// A value.
#[derive(Clone)]
pub(super) struct Tree {
    /// Where the value stands; a list's or mapping's, and what comes through an alias, at its key.
    pub(super) place: Place,
    pub(super) tag: Tag,
    pub(super) value: Value,
}

/// What a value does to the one that it overrides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// They are put together.
    Merge,
    /// `!override`: it takes its place.
    Override,
    /// `!reset`: neither is there.
    Reset,
}

#[derive(Clone, PartialEq)]
pub(super) enum Value {
    /// What is unknown of it is [`OPAQUE`].
    Text(String),
    Plain(Scalar),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

/// Of equal values in two places.
impl PartialEq for Tree {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Tree {
    pub(super) fn new(place: &Place, value: Value) -> Self {
        Tree { place: place.clone(), tag: Tag::Merge, value }
    }

    pub(super) fn text_at(place: &Place, text: &str) -> Self {
        Tree::new(place, Value::Text(text.to_owned()))
    }

    pub(super) fn members(&self) -> &[(String, Tree)] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> &[Tree] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// What stands under a key, if it is anything.
    pub(super) fn get(&self, key: &str) -> Option<&Tree> {
        let found = self.members().iter().find(|(name, _)| name == key).map(|(_, tree)| tree);
        found.filter(|tree| !tree.is_null())
    }

    pub(super) fn is_null(&self) -> bool {
        self.value == Value::Plain(Scalar::Null)
    }

    /// A text that is one in the file.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text, or what Compose prints for a number or a switch.
    pub(super) fn printed(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.clone()),
            Value::Plain(scalar) => Some(scalar.to_string()),
            _ => None,
        }
    }

    /// Takes out what is reset.
    pub(super) fn settle(&mut self) {
        match &mut self.value {
            Value::Map(members) => {
                members.retain(|(_, tree)| tree.tag != Tag::Reset);
                members.iter_mut().for_each(|(_, tree)| tree.settle());
            }
            Value::List(items) => {
                items.retain(|tree| tree.tag != Tag::Reset);
                items.iter_mut().for_each(Tree::settle);
            }
            _ => {}
        }
    }
}

/// A text of which nothing is unknown.
pub(super) fn known(text: &str) -> Option<String> {
    (!text.contains(OPAQUE)).then(|| text.to_owned())
}

/// Reads values of the types that the model has. What has another goes to the report.
pub(super) struct Typed<'a> {
    pub(super) report: &'a mut Report,
}

impl Typed<'_> {
    pub(super) fn text(&mut self, key: &str, tree: &Tree) -> Option<Field<String>> {
        match tree.text() {
            Some(text) => Some(Field { value: known(text), place: tree.place.clone() }),
            None => self.wrong(key, "a string", tree),
        }
    }

    /// A text that `read` understands; `what` it takes is said where it does not.
    pub(super) fn amount(
        &mut self,
        key: &str,
        tree: &Tree,
        read: impl Fn(&str) -> Option<u64>,
        what: &str,
    ) -> Option<Field<u64>> {
        let text = tree.printed().unwrap_or_default();
        let place = tree.place.clone();
        match (known(&text), read(&text)) {
            (None, _) => Some(Field { value: None, place }),
            (_, Some(value)) => Some(Field { value: Some(value), place }),
            _ => self.wrong(key, what, tree),
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

    pub(super) fn wrong<T>(&mut self, key: &str, what: &str, tree: &Tree) -> Option<T> {
        let message = format!("{key} must be {what}");
        self.report.push(Diagnostic::error("wrong-type", message).at(tree.place.clone(), ""));
        None
    }
}
