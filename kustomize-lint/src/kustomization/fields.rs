//! Reading a mapping field by field, so that what nobody asked for is reported.

use std::collections::HashSet;

use crate::kustomization::{Pairs, Spot};
use crate::tree::{Kind, Node, Place};

/// A mistake in a file, and its place.
pub(crate) type Wrong = (Place, String);

/// A mapping that is being read.
pub(crate) struct Fields<'a> {
    node: &'a Node,
    asked: HashSet<&'static str>,
    wrong: &'a mut Vec<Wrong>,
}

impl<'a> Fields<'a> {
    /// Begins to read `node`. Something else than a mapping is reported and reads as empty.
    pub(crate) fn of(node: &'a Node, wrong: &'a mut Vec<Wrong>) -> Self {
        if !node.is_mapping() && !node.is_null() {
            wrong.push((node.origin.base, format!("a mapping belongs here, not {}", node.kind())));
        }
        Fields { node, asked: HashSet::new(), wrong }
    }

    /// Reports a problem.
    pub(crate) fn complain(&mut self, place: Place, message: impl Into<String>) {
        self.wrong.push((place, message.into()));
    }

    /// The whole mapping.
    pub(crate) fn place(&self) -> Place {
        self.node.origin.base
    }

    /// The place of a field's key.
    pub(crate) fn key_place(&self, key: &str) -> Option<Place> {
        self.node.entries().iter().find(|e| e.key.eq_ignore_ascii_case(key)).map(|e| e.origin.base)
    }

    /// The value of a field, unless it is null. Go's JSON reader does not mind the case of keys.
    pub(crate) fn get(&mut self, key: &'static str) -> Option<&'a Node> {
        self.asked.insert(key);
        let node = self.node;
        node.get(key)
            .or_else(|| {
                let entries = node.entries().iter();
                entries.rev().find(|e| e.key.eq_ignore_ascii_case(key)).map(|e| &e.value)
            })
            .filter(|value| !value.is_null())
    }

    /// A text.
    pub(crate) fn spot(&mut self, key: &'static str) -> Option<Spot<String>> {
        let node = self.get(key)?;
        match node.as_str() {
            Some(text) => Some(Spot::of(node, text)),
            None => {
                let message = format!("`{key}` must be text, not {}", node.kind());
                self.complain(node.origin.base, message);
                None
            }
        }
    }

    /// A text without its place; empty when missing.
    pub(crate) fn text(&mut self, key: &'static str) -> String {
        self.spot(key).map(|spot| spot.value).unwrap_or_default()
    }

    /// `true` or `false`, the latter when missing.
    pub(crate) fn flag(&mut self, key: &'static str) -> bool {
        let Some(node) = self.get(key) else { return false };
        node.as_bool().unwrap_or_else(|| {
            self.complain(node.origin.base, format!("`{key}` must be true or false"));
            false
        })
    }

    /// A whole number.
    pub(crate) fn int(&mut self, key: &'static str) -> Option<i64> {
        let node = self.get(key)?;
        let value = node.as_int();
        if value.is_none() {
            self.complain(node.origin.base, format!("`{key}` must be a whole number"));
        }
        value
    }

    /// The items of a list.
    pub(crate) fn list(&mut self, key: &'static str) -> &'a [Node] {
        let Some(node) = self.get(key) else { return &[] };
        if !node.is_sequence() {
            self.complain(node.origin.base, format!("`{key}` must be a list, not {}", node.kind()));
        }
        node.items()
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, key: &'static str) -> Vec<Spot<String>> {
        let mut texts = Vec::new();
        for item in self.list(key) {
            match item.as_str() {
                Some(text) => texts.push(Spot::of(item, text)),
                None if item.is_null() => texts.push(Spot::of(item, "")),
                None => self.complain(
                    item.origin.base,
                    format!("an item of `{key}` must be text, not {}", item.kind()),
                ),
            }
        }
        texts
    }

    /// A mapping of texts.
    pub(crate) fn pairs(&mut self, key: &'static str) -> Option<Spot<Pairs>> {
        let node = self.get(key)?;
        if !node.is_mapping() {
            self.complain(node.origin.base, format!("`{key}` must be a mapping"));
            return None;
        }
        let mut pairs = Vec::new();
        for entry in node.entries() {
            match entry.value.scalar() {
                Some(s) if s.kind == Kind::Text => {
                    pairs.push((entry.key.clone(), Spot::of(&entry.value, &s.text)));
                }
                Some(s) if s.kind == Kind::Null => {
                    pairs.push((entry.key.clone(), Spot::of(&entry.value, "")));
                }
                _ => self.complain(
                    entry.value.origin.base,
                    format!("`{key}` must have texts; put quotes around this value"),
                ),
            }
        }
        Some(Spot { value: pairs, place: self.key_place(key).unwrap_or(node.origin.base) })
    }

    /// Reads a part of the mapping with another reader.
    pub(crate) fn inside<T>(&mut self, node: &Node, read: impl FnOnce(&mut Fields<'_>) -> T) -> T {
        let mut fields = Fields::of(node, self.wrong);
        let value = read(&mut fields);
        fields.finish();
        value
    }

    /// The same for a part in which kustomize passes over fields that it does not know.
    pub(crate) fn loosely<T>(&mut self, node: &Node, read: impl FnOnce(&mut Fields<'_>) -> T) -> T {
        read(&mut Fields::of(node, self.wrong))
    }

    /// Reports every field that nobody asked for.
    pub(crate) fn finish(self) {
        for entry in self.node.entries() {
            if !self.asked.iter().any(|key| key.eq_ignore_ascii_case(&entry.key)) {
                let mut message = format!("unknown field `{}`", entry.key);
                let known = self.asked.iter().copied();
                if let Some(near) = common::diagnostic::nearest(&entry.key, known) {
                    message = format!("{message}; did you mean `{near}`?");
                }
                self.wrong.push((entry.origin.base, message));
            }
        }
    }
}
