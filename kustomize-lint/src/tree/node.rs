//! The tree.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};

use common::kubernetes::Tree;

use super::origin::{Origin, Place, Touch};
use super::scalar::{Kind, Scalar};
use super::shared::Shared;
use super::sort::Sort;

/// A value and where it comes from.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it comes from.
    pub origin: Origin,
    /// The value.
    pub value: Value,
}

impl Tree for Node {
    fn get(&self, key: &str) -> Option<&Self> {
        self.get(key)
    }

    fn items(&self) -> &[Self] {
        self.items()
    }

    fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.entries().iter().map(|entry| (entry.key.as_str(), &entry.value))
    }

    fn is_null(&self) -> bool {
        self.is_null()
    }

    fn word(&self) -> Option<&str> {
        self.word()
    }
}

/// The value of a node.
#[derive(Clone, Debug)]
pub enum Value {
    /// A value without children.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping, in the order of the file.
    Mapping(Vec<Entry>),
}

/// One line of a mapping. Overlays share with their base every line that they leave alone.
pub type Entry = Shared<Line>;

/// The content of an [`Entry`].
#[derive(Clone, Debug)]
pub struct Line {
    head: Shared<Head>,
    /// The value of the key.
    pub value: Node,
}

/// The part of a line that stays when its value changes.
#[derive(Clone, Debug)]
pub struct Head {
    /// The key.
    pub key: String,
    /// Where the key comes from.
    pub origin: Origin,
}

impl Deref for Line {
    type Target = Head;

    fn deref(&self) -> &Head {
        &self.head
    }
}

impl DerefMut for Line {
    fn deref_mut(&mut self) -> &mut Head {
        &mut self.head
    }
}

impl Entry {
    pub(crate) fn new(key: impl Into<String>, origin: Origin, value: Node) -> Self {
        Line { head: Head { key: key.into(), origin }.into(), value }.into()
    }

    /// The place of the key: where it was set last.
    pub(crate) fn place(&self) -> Place {
        self.origin.place()
    }

    /// Lets `change` change the value. The line is separated from its copies only if it does.
    pub(crate) fn edit<T>(&mut self, change: impl FnOnce(&mut Node) -> T) -> T {
        if let Some(line) = self.alone() {
            return change(&mut line.value);
        }
        let mut value = self.value.clone();
        let result = change(&mut value);
        if !value.is(&self.value) {
            *self = Line { head: self.head.clone(), value }.into();
        }
        result
    }
}

impl Node {
    /// The place of the value: where it was set last.
    pub(crate) fn place(&self) -> Place {
        self.origin.place()
    }

    /// A text.
    pub fn text(text: impl Into<String>, origin: Origin) -> Self {
        Node { origin, value: Value::Scalar(Scalar::text(text)) }
    }

    /// `null`.
    pub fn null(origin: Origin) -> Self {
        Node { origin, value: Value::Scalar(Scalar::null()) }
    }

    /// A mapping without entries.
    pub fn mapping(origin: Origin) -> Self {
        Node { origin, value: Value::Mapping(Vec::new()) }
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The scalar, if it is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar unless it is `null`: `name: 12` is a name, too.
    pub fn word(&self) -> Option<&str> {
        self.scalar().filter(|scalar| scalar.kind != Kind::Null).map(|scalar| scalar.text.as_str())
    }

    /// The text of a scalar that is text.
    pub fn as_str(&self) -> Option<&str> {
        self.scalar().filter(|scalar| scalar.kind == Kind::Text).map(|scalar| scalar.text.as_str())
    }

    /// The number of a scalar that is an integer.
    pub fn as_int(&self) -> Option<i64> {
        self.scalar().filter(|s| s.kind == Kind::Int).and_then(|s| s.text.parse().ok())
    }

    /// The value of `true` or `false`.
    pub fn as_bool(&self) -> Option<bool> {
        self.scalar().filter(|s| s.kind == Kind::Bool).map(|s| s.text == "true")
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.kind == Kind::Null)
    }

    /// Whether this is a mapping.
    pub fn is_mapping(&self) -> bool {
        matches!(self.value, Value::Mapping(_))
    }

    /// Whether this is a list.
    pub fn is_sequence(&self) -> bool {
        matches!(self.value, Value::Sequence(_))
    }

    /// The name of its type, for messages.
    pub fn kind(&self) -> Sort {
        match &self.value {
            Value::Mapping(_) => Sort::Mapping,
            Value::Sequence(_) => Sort::List,
            Value::Scalar(scalar) => match scalar.kind {
                Kind::Null => Sort::Nothing,
                Kind::Bool => Sort::Boolean,
                Kind::Int | Kind::Float => Sort::Number,
                Kind::Text => Sort::Text,
            },
        }
    }

    /// The entry under `key` of a mapping.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value under `key` of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value behind several keys of nested mappings.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text behind several keys.
    pub fn str_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.as_str()
    }

    /// The text of the scalar behind several keys.
    pub fn word_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.word()
    }

    /// The items of the list behind several keys; none when there is no list.
    pub(crate) fn items_at(&self, path: &[&str]) -> &[Node] {
        self.at(path).map_or(&[], Node::items)
    }

    /// The entries of the mapping behind several keys; none when there is no mapping.
    pub(crate) fn entries_at(&self, path: &[&str]) -> &[Entry] {
        self.at(path).map_or(&[], Node::entries)
    }

    /// The mapping with each value as a text, spelt as in the file: kustomize reads labels and annotations so.
    pub(crate) fn with_texts(&self) -> Node {
        let mut mapping = self.clone();
        for entry in mapping.entries_mut().into_iter().flatten() {
            entry.edit(|node| {
                if let Some(text) = node.scalar().map(|scalar| scalar.written().to_owned()) {
                    node.value = Value::Scalar(Scalar::text(text));
                }
            });
        }
        mapping
    }

    /// The value under `key` of a mapping, to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let Value::Mapping(entries) = &mut self.value else { return None };
        entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
    }

    /// Lets `change` change the value under `key` of a mapping, see [`Entry::edit`].
    pub(crate) fn edit<T>(&mut self, key: &str, change: impl FnOnce(&mut Node) -> T) -> Option<T> {
        let entry = self.entries_mut()?.iter_mut().find(|entry| entry.key == key)?;
        Some(entry.edit(change))
    }

    /// The items of a list, to change.
    pub(crate) fn items_mut(&mut self) -> Option<&mut Vec<Node>> {
        match &mut self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a mapping, to change.
    pub(crate) fn entries_mut(&mut self) -> Option<&mut Vec<Entry>> {
        match &mut self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// Sets `key`, keeping the place of an existing entry. No effect on what is not a mapping.
    pub(crate) fn set(&mut self, key: &str, value: Node) {
        if let Some(existing) = self.get_mut(key) {
            *existing = value;
        } else if let Value::Mapping(entries) = &mut self.value {
            entries.push(Entry::new(key, value.origin, value));
        }
    }

    /// Takes `key` out.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Entry> {
        let entries = self.entries_mut()?;
        let at = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(at))
    }

    /// Replaces the value and remembers who did. Returns whether it is another than before.
    pub(crate) fn change(&mut self, scalar: Scalar, touch: Touch) -> bool {
        let scalar = match self.scalar() {
            Some(before) if *before == scalar => return false,
            Some(before) => scalar.quoted_like(before),
            None => scalar,
        };
        self.value = Value::Scalar(scalar);
        self.origin.last = Some(touch);
        true
    }

    /// Forgets how every value in it is written.
    pub(crate) fn forget_style(&mut self) {
        self.each_scalar_mut(&mut |scalar| scalar.forget_style());
    }

    /// Changes every scalar in it.
    pub(crate) fn each_scalar_mut(&mut self, change: &mut impl FnMut(&mut Scalar)) {
        match &mut self.value {
            Value::Scalar(scalar) => change(scalar),
            Value::Sequence(items) => items.iter_mut().for_each(|one| one.each_scalar_mut(change)),
            Value::Mapping(entries) => {
                entries
                    .iter_mut()
                    .for_each(|entry| entry.edit(|node| node.each_scalar_mut(change)));
            }
        }
    }

    /// Looks at every node in it that is a scalar.
    pub(crate) fn each_scalar<'a>(&'a self, look: &mut impl FnMut(&'a Node, &'a Scalar)) {
        match &self.value {
            Value::Scalar(scalar) => look(self, scalar),
            Value::Sequence(items) => items.iter().for_each(|item| item.each_scalar(look)),
            Value::Mapping(entries) => {
                entries.iter().for_each(|entry| entry.value.each_scalar(look));
            }
        }
    }

    /// Changes where it, every key and every value in it come from.
    pub(crate) fn each_origin_mut(&mut self, change: &mut impl FnMut(&mut Origin)) {
        change(&mut self.origin);
        match &mut self.value {
            Value::Scalar(_) => {}
            Value::Sequence(items) => items.iter_mut().for_each(|one| one.each_origin_mut(change)),
            Value::Mapping(entries) => {
                for entry in entries {
                    change(&mut entry.origin);
                    entry.value.each_origin_mut(change);
                }
            }
        }
    }

    /// Marks the node and everything in it as set by a step, each at the place where it is
    /// written.
    pub(crate) fn touched(mut self, step: super::StepId) -> Self {
        self.each_origin_mut(&mut |origin| {
            origin.last = Some(Touch { step, place: origin.base });
        });
        self
    }

    /// Whether both are the same in every respect, and their lines the same in memory.
    pub(super) fn is(&self, other: &Node) -> bool {
        self.origin == other.origin
            && match (&self.value, &other.value) {
                (Value::Scalar(a), Value::Scalar(b)) => a.is(b),
                (Value::Sequence(a), Value::Sequence(b)) => {
                    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is(b))
                }
                (Value::Mapping(a), Value::Mapping(b)) => {
                    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is(b))
                }
                _ => false,
            }
    }

    /// Whether both hold the same, whatever the origins and the order of keys.
    pub fn same(&self, other: &Node) -> bool {
        match (&self.value, &other.value) {
            (Value::Scalar(a), Value::Scalar(b)) => a == b,
            (Value::Sequence(a), Value::Sequence(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
            }
            (Value::Mapping(a), Value::Mapping(b)) => {
                let index = Index::of(b);
                let same = |e: &Entry, other: &Entry| e.is(other) || e.value.same(&other.value);
                let found = |e: &Entry| index.find(b, &e.key).is_some_and(|at| same(e, &b[at]));
                a.len() == b.len() && a.iter().all(found)
            }
            _ => false,
        }
    }

    /// The node as JSON, keys sorted.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Scalar(scalar) => match scalar.kind {
                Kind::Null => Json::Null,
                Kind::Bool => Json::Bool(scalar.text == "true"),
                Kind::Text => Json::String(scalar.text.clone()),
                Kind::Int | Kind::Float => scalar
                    .text
                    .parse()
                    .map(Json::Number)
                    .unwrap_or_else(|_| Json::String(scalar.text.clone())),
            },
            Value::Sequence(items) => items.iter().map(Node::to_json).collect(),
            Value::Mapping(entries) => {
                entries.iter().map(|e| (e.key.clone(), e.value.to_json())).collect()
            }
        }
    }
}

/// Finds keys of a mapping, also of one with more keys than a person would write.
pub(crate) struct Index(Option<HashMap<String, usize>>);

impl Index {
    const SMALL: usize = 32;

    pub(crate) fn of(entries: &[Entry]) -> Self {
        let positions = || entries.iter().enumerate().map(|(at, e)| (e.key.clone(), at)).collect();
        Index((entries.len() > Self::SMALL).then(positions))
    }

    /// The position of a key among the entries that the index was made of.
    pub(crate) fn find(&self, entries: &[Entry], key: &str) -> Option<usize> {
        match &self.0 {
            Some(positions) => positions.get(key).copied(),
            None => entries.iter().take(Self::SMALL).position(|entry| entry.key == key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::FileId;

    fn tree() -> Node {
        let origin = Origin::new(Place::new(FileId(0), &(0..1)));
        let mapping = |key: &str, value| {
            let mut node = Node::mapping(origin);
            node.set(key, value);
            node
        };
        let item = mapping("inner", Node::text("a", origin));
        let list = Node { origin, value: Value::Sequence(vec![item]) };
        let mut tree = mapping("changed", mapping("list", list));
        tree.set("kept", mapping("key", Node::text("b", origin)));
        tree
    }

    fn rewrite(node: &mut Node, text: &str) {
        node.each_scalar_mut(&mut |scalar| {
            if scalar.text == "a" {
                *scalar = Scalar::text(text);
            }
        });
    }

    #[test]
    fn a_change_separates_only_the_lines_above_it() {
        let base = tree();
        let mut copy = base.clone();
        rewrite(&mut copy, "c");
        let shared: Vec<bool> =
            base.entries().iter().zip(copy.entries()).map(|(one, other)| one.is(other)).collect();
        assert_eq!(shared, [false, true]);
        let inner = |node: &Node| {
            node.at(&["changed", "list"])
                .and_then(|list| list.items()[0].str_at(&["inner"]).map(str::to_owned))
        };
        assert_eq!((inner(&base).as_deref(), inner(&copy).as_deref()), (Some("a"), Some("c")));
    }

    #[test]
    fn a_change_to_the_same_separates_nothing() {
        let base = tree();
        let mut copy = base.clone();
        rewrite(&mut copy, "a");
        assert!(copy.is(&base));
    }
}
