//! A place in an object, and what is refused there.

use std::borrow::Cow;

use super::super::path::segment;
use super::super::violation::{Problem, Subject, Violation};
use crate::tree::{Entry, Kind, Node, Place};

/// A value of an object, with its path.
#[derive(Clone, Debug)]
pub(super) struct At<'a> {
    pub(super) node: &'a Node,
    pub(super) path: String,
}

impl<'a> At<'a> {
    /// The object itself.
    pub(super) fn root(node: &'a Node) -> Self {
        At { node, path: String::new() }
    }

    fn child(&self, key: &str, node: &'a Node) -> Self {
        let path = format!("{}{}", self.path, segment(key, self.path.is_empty()));
        At { node, path }
    }

    /// The value under a key; `null` is the same as nothing.
    pub(super) fn get(&self, key: &str) -> Option<At<'a>> {
        let node = self.node.get(key).filter(|node| !node.is_null())?;
        Some(self.child(key, node))
    }

    /// The value behind several keys.
    pub(super) fn at(&self, keys: &[&str]) -> Option<At<'a>> {
        keys.iter().try_fold(self.clone(), |at, key| at.get(key))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The items of the list under a key.
    pub(super) fn list(&self, key: &str) -> Vec<At<'a>> {
        self.get(key).map(|list| list.items()).unwrap_or_default()
    }

    /// The containers of a pod: those that come before, and those that stay.
    pub(super) fn containers(&self) -> Vec<At<'a>> {
        ["initContainers", "containers"].map(|key| self.list(key)).concat()
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Vec<At<'a>> {
        let items = self.node.items().iter().enumerate();
        items.map(|(at, node)| At { node, path: format!("{}[{at}]", self.path) }).collect()
    }

    /// The entries of the mapping under a key, each with its value.
    pub(super) fn pairs(&self, key: &str) -> Vec<(&'a Entry, At<'a>)> {
        self.get(key).map(|map| map.own_pairs()).unwrap_or_default()
    }

    /// The entries of a mapping, each with its value.
    pub(super) fn own_pairs(&self) -> Vec<(&'a Entry, At<'a>)> {
        let entries = self.node.entries().iter();
        entries.map(|entry| (entry, self.child(&entry.key, &entry.value))).collect()
    }

    /// The text under a key, unless it is empty, which is the same as nothing.
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.node.str_at(&[key]).filter(|text| !text.is_empty())
    }

    pub(super) fn int(&self, key: &str) -> Option<i64> {
        self.node.get(key).and_then(Node::as_int)
    }

    pub(super) fn is(&self, key: &str) -> bool {
        self.node.get(key).and_then(Node::as_bool) == Some(true)
    }

    /// The text itself.
    pub(super) fn word(&self) -> Option<&'a str> {
        self.node.as_str()
    }

    /// Whether the value is a number.
    pub(super) fn is_int(&self) -> bool {
        self.node.scalar().is_some_and(|scalar| scalar.kind == Kind::Int)
    }
}

/// Refused fields, with the words of the API server.
#[derive(Debug, Default)]
pub(super) struct Refusals(pub(super) Vec<Violation>);

impl Refusals {
    /// A value that is refused.
    pub(super) fn add(
        &mut self,
        at: &At<'_>,
        why: impl Into<String>,
        server: impl Into<Cow<'static, str>>,
    ) {
        self.about(Subject::Rule, at, why, server);
    }

    /// A value that is refused, and that another rule of the linter may speak of.
    pub(super) fn about(
        &mut self,
        subject: Subject,
        at: &At<'_>,
        why: impl Into<String>,
        server: impl Into<Cow<'static, str>>,
    ) {
        self.push(subject, at.path.clone(), at.node.place(), why.into(), server.into());
    }

    /// A key that is refused.
    pub(super) fn key(&mut self, at: &At<'_>, entry: &Entry, why: &str, server: &'static str) {
        let (path, place) = (at.path.clone(), entry.place());
        self.push(Subject::Rule, path, place, why.to_owned(), server.into());
    }

    /// A field that has to be there.
    pub(super) fn missing(&mut self, at: &At<'_>, field: &str) {
        let path = format!("{}{}", at.path, segment(field, at.path.is_empty()));
        let why = "has to be there".to_owned();
        self.push(Subject::Rule, path, at.node.place(), why, "Required value".into());
    }

    fn push(
        &mut self,
        subject: Subject,
        path: String,
        place: Place,
        why: String,
        server: Cow<'static, str>,
    ) {
        let problem = Problem::Refused { subject, why, server };
        self.0.push(Violation { path, place, problem });
    }

    /// A field that has to be there and say something; its value.
    pub(super) fn required<'a>(&mut self, at: &At<'a>, field: &str) -> Option<At<'a>> {
        let found = at.get(field).filter(|value| {
            let is_empty = value.node.items().is_empty() && value.node.entries().is_empty();
            match value.node.scalar() {
                Some(scalar) => !scalar.text.is_empty(),
                None => !is_empty,
            }
        });
        if found.is_none() {
            self.missing(at, field);
        }
        found
    }

    /// A field that may be missing, and may not be there without a value.
    pub(super) fn filled(&mut self, at: &At<'_>, field: &str) {
        let Some(value) = at.get(field) else { return };
        if value.word() == Some("") {
            self.add(&value, "may not be empty", "Unsupported value: \"\"");
        }
    }

    /// The number of a user or a group.
    pub(super) fn identity(&mut self, at: &At<'_>, field: &str) {
        let Some(value) = at.get(field) else { return };
        if value.node.as_int().is_some_and(|id| !(0..=i64::from(i32::MAX)).contains(&id)) {
            let server = "must be between 0 and 2147483647, inclusive";
            self.add(&value, "has to be from 0 to 2147483647", server);
        }
    }

    /// A number of 32 bits that may not be below another. The server cuts a longer one before it looks.
    pub(super) fn at_least(&mut self, at: &At<'_>, field: &str, least: i64) {
        let Some(value) = at.get(field) else { return };
        #[expect(clippy::cast_possible_truncation, reason = "as the server does")]
        let cut = |number: i64| i64::from(number as i32);
        if value.node.as_int().is_some_and(|number| number < least || cut(number) < least) {
            self.below(&value, least);
        }
    }

    /// The same for a number of 64 bits.
    pub(super) fn at_least_long(&mut self, at: &At<'_>, field: &str, least: i64) {
        let Some(value) = at.get(field) else { return };
        if value.node.as_int().is_some_and(|number| number < least) {
            self.below(&value, least);
        }
    }

    fn below(&mut self, value: &At<'_>, least: i64) {
        let server = match least {
            0 => "must be greater than or equal to 0",
            _ => "must be greater than 0",
        };
        self.add(value, format!("has to be {least} or more"), server);
    }

    /// Fields of which exactly one has to be there; whether it is so.
    pub(super) fn one_of(&mut self, at: &At<'_>, fields: &[&str], noun: &str) -> bool {
        let found = fields.iter().filter(|field| at.has(field)).count();
        match found {
            1 => return true,
            0 => self.add(at, format!("needs {noun}"), "Required value"),
            _ => self.add(at, format!("has more than one {}", plain(noun)), "Forbidden"),
        }
        false
    }

    /// Values that have to differ.
    pub(super) fn distinct<'a, T: PartialEq>(
        &mut self,
        items: &[At<'a>],
        key: impl Fn(&At<'a>) -> Option<T>,
        noun: &str,
    ) {
        let mut seen = Vec::new();
        for item in items {
            let Some(value) = key(item) else { continue };
            if seen.contains(&value) {
                self.add(
                    item,
                    format!("has the same {noun} as another"),
                    "Duplicate value, or: duplicate entries for key",
                );
            } else {
                seen.push(value);
            }
        }
    }
}

/// The words without their article.
fn plain(noun: &str) -> &str {
    noun.strip_prefix("a ").or_else(|| noun.strip_prefix("one of ")).unwrap_or(noun)
}
