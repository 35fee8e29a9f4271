//! Strategic-merge patches.
//!
//! Semantics: kustomize's documentation of strategic merges, Kubernetes' patch merge keys, and
//! kustomize's own choice that what a patch adds to a keyed list comes first.

mod elements;
mod lists;

use std::collections::{BTreeSet, HashSet};

pub(crate) use lists::Lists;

use super::dropped::dropped;
use crate::facts::{FactKind, ProblemKind};
use crate::object::ObjectKey;
use crate::schema::List;
use crate::tree::{Entry, Index, Node, Origin, Place, Scalar, StepId, Touch, Value};

/// A patch on its way into one object.
pub(crate) struct Merge<'a> {
    pub(crate) step: StepId,
    pub(crate) object: ObjectKey,
    /// How its lists are merged.
    pub(crate) lists: Lists<'a>,
    pub(crate) custom: bool,
    /// The facts for the rules.
    pub(crate) facts: Vec<(Place, FactKind)>,
    /// Keys that stand twice in some patch.
    pub(crate) duplicates: &'a BTreeSet<Place>,
}

/// Why a patch cannot be merged.
pub(crate) struct Unmerged {
    pub(crate) kind: ProblemKind,
    pub(crate) message: String,
}

impl Unmerged {
    fn malformed(message: impl Into<String>) -> Self {
        Unmerged { kind: ProblemKind::Malformed, message: message.into() }
    }
}

/// The meaning of `$patch`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

impl Merge<'_> {
    /// Merges `patch` into `target`. Returns `None` when the patch deletes the object.
    ///
    /// # Errors
    /// A `$patch` that is not a known word.
    pub(crate) fn object(&mut self, target: Node, patch: &Node) -> Result<Option<Node>, Unmerged> {
        self.node(Some(target), patch, "")
    }

    fn node(
        &mut self,
        target: Option<Node>,
        patch: &Node,
        path: &str,
    ) -> Result<Option<Node>, Unmerged> {
        match &patch.value {
            Value::Mapping(_) => self.mapping(target, patch, path),
            Value::Sequence(_) => self.sequence(target, patch, path),
            Value::Scalar(_) if patch.is_null() => Ok(None),
            Value::Scalar(scalar) => Ok(Some(match target {
                Some(mut node) if node.scalar().is_some() => {
                    let place = patch.origin.base;
                    // A quoted text stays text, as annotations do.
                    let text = node.scalar().is_some_and(Scalar::is_quoted)
                        || node.as_str().is_some() && path.starts_with("metadata/annotations/");
                    let new = if text { Scalar::text(scalar.written()) } else { scalar.clone() };
                    node.change(new, Touch { step: self.step, place });
                    node
                }
                other => self.written(patch.clone(), other.as_ref()),
            })),
        }
    }

    /// A value of the patch, in the place of `before`.
    fn written(&self, node: Node, before: Option<&Node>) -> Node {
        let mut node = node.touched(self.step);
        if let Some(before) = before {
            node.origin.base = before.origin.base;
        }
        node
    }

    fn mapping(
        &mut self,
        target: Option<Node>,
        patch: &Node,
        path: &str,
    ) -> Result<Option<Node>, Unmerged> {
        match directive(patch)? {
            Some(Directive::Delete) => return Ok(None),
            Some(Directive::Replace) => {
                let mut node = patch.clone();
                node.remove("$patch");
                return Ok(Some(self.written(node, target.as_ref())));
            }
            Some(Directive::Merge) | None => {}
        }
        let mut node = match target {
            Some(node) if node.is_mapping() => node,
            other => {
                // kustomize copies what is new as it is, and cannot print it then.
                let here = patch.origin.base;
                let from = Place { end: 0, ..here };
                let to = Place { start: here.end, ..here };
                if self.duplicates.range(from..=to).any(|key| key.end <= here.end) {
                    return Err(Unmerged {
                        kind: ProblemKind::DuplicateKey,
                        message: "this patch has a duplicate key".to_owned(),
                    });
                }
                let mut empty = Node::mapping(patch.origin);
                empty = self.written(empty, other.as_ref());
                // A new value is read as a patch of nothing: nulls and directives go.
                let filled = self.entries(empty, patch, path)?;
                let emptied = filled.entries().is_empty() && !patch.entries().is_empty();
                let nothing = emptied && other.is_none() && path.is_empty();
                return Ok((!nothing).then_some(filled));
            }
        };
        node = self.entries(node, patch, path)?;
        Ok(Some(node))
    }

    fn entries(&mut self, mut node: Node, patch: &Node, path: &str) -> Result<Node, Unmerged> {
        let index = Index::of(node.entries());
        let known = node.entries().len();
        let mut removed = HashSet::new();
        let mut touched = HashSet::new();
        for entry in patch.entries() {
            if entry.key == "$patch" {
                continue;
            }
            let inner = join(path, &entry.key);
            let Some(entries) = node.entries_mut() else { break };
            let at = index.find(&entries[..known], &entry.key);
            touched.extend(at);
            let touch = Touch { step: self.step, place: entry.origin.base };
            // In place, so that the order of the file stays and nothing is copied.
            let before = at.map(|at| {
                let slot = &mut entries[at].value;
                let empty = Node::mapping(slot.origin);
                std::mem::replace(slot, empty)
            });
            match (at, self.node(before, &entry.value, &inner)?) {
                (Some(at), Some(value)) => entries[at].value = value,
                (None, Some(value)) => {
                    let key = entry.key.clone();
                    entries.push(Entry::new(key, Origin::added(touch), value));
                }
                (Some(at), None) => {
                    removed.insert(at);
                    node.origin.last = Some(touch);
                }
                (None, None) => {}
            }
        }
        let Some(entries) = node.entries_mut() else { return Ok(node) };
        for (at, entry) in entries.iter_mut().enumerate().take(known) {
            if touched.contains(&at) {
                continue;
            }
            if is_blank(&entry.value) {
                removed.insert(at);
            } else {
                let inner = join(path, &entry.key);
                entry.edit(|value| self.clean(value, &inner))?;
            }
        }
        if !removed.is_empty() {
            let mut at = 0;
            entries.retain(|_| {
                at += 1;
                !removed.contains(&(at - 1))
            });
        }
        Ok(node)
    }

    fn sequence(
        &mut self,
        target: Option<Node>,
        patch: &Node,
        path: &str,
    ) -> Result<Option<Node>, Unmerged> {
        let target = target.filter(Node::is_sequence);
        match self.lists.list(path) {
            List::Atomic => {
                if let Some(before) = target.as_ref().filter(|_| self.custom)
                    && !before.items().is_empty()
                    && before.items()[0].is_mapping()
                {
                    let kind = FactKind::ListReplaced {
                        object: self.object,
                        path: path.to_owned(),
                        dropped: dropped(before, patch),
                    };
                    self.facts.push((patch.origin.base, kind));
                }
                Ok(Some(self.written(patch.clone(), target.as_ref())))
            }
            List::Set => Ok(Some(self.set(target, patch))),
            List::Keyed(keys) => self.keyed(target, patch, path, &keys),
        }
    }

    fn set(&self, target: Option<Node>, patch: &Node) -> Node {
        let mut node = self.written(patch.clone(), target.as_ref());
        let text = |item: &Node| item.scalar().map(|scalar| scalar.text.clone());
        let known: HashSet<_> = node.items().iter().map(text).collect();
        if let (Some(items), Some(mut target)) = (node.items_mut(), target) {
            let before = target.items_mut().map(std::mem::take).unwrap_or_default();
            items.extend(before.into_iter().filter(|item| !known.contains(&text(item))));
        }
        if let Some(items) = node.items_mut() {
            items.retain(|item| !item.is_null());
        }
        node
    }

    fn keyed(
        &mut self,
        target: Option<Node>,
        patch: &Node,
        path: &str,
        keys: &[String],
    ) -> Result<Option<Node>, Unmerged> {
        let words: Vec<Option<Directive>> =
            patch.items().iter().map(directive).collect::<Result<_, _>>()?;
        // An item that is only `$patch: replace` is about the list as a whole.
        let whole = patch
            .items()
            .iter()
            .zip(&words)
            .any(|(item, word)| *word == Some(Directive::Replace) && item.entries().len() == 1);
        if whole {
            let mut node = patch.clone();
            if let Some(items) = node.items_mut() {
                items.retain(|item| item.get("$patch").is_none());
            }
            return Ok(Some(self.written(node, target.as_ref())));
        }
        let whole = patch
            .items()
            .iter()
            .zip(&words)
            .any(|(item, word)| *word == Some(Directive::Delete) && item.entries().len() == 1);
        if whole {
            return Ok(None);
        }
        let existed = target.is_some();
        let mut node = target.unwrap_or_else(|| {
            let mut empty = patch.clone();
            empty.value = Value::Sequence(Vec::new());
            self.written(empty, None)
        });
        let old = std::mem::take(node.items_mut().expect("a list"));
        let base = existed.then_some(old);
        *node.items_mut().expect("a list") = self.elements(base, patch.items(), path, keys)?;
        // A list whose items are deleted stays; one that never had any does not come to be.
        let deletes =
            words.contains(&Some(Directive::Delete)) || patch.items().iter().any(Node::is_null);
        let nothing = !existed && !deletes && node.items().is_empty() && !patch.items().is_empty();
        Ok((!nothing).then_some(node))
    }

    /// Removes what kustomize removes from the parts of an object that a patch leaves alone: keys without
    /// a value (a written `null` stays), and equal items of lists that are merged by keys.
    fn clean(&mut self, node: &mut Node, path: &str) -> Result<(), Unmerged> {
        match &mut node.value {
            Value::Scalar(_) => {}
            Value::Mapping(entries) => {
                entries.retain(|entry| !is_blank(&entry.value));
                for entry in entries {
                    let inner = join(path, &entry.key);
                    entry.edit(|value| self.clean(value, &inner))?;
                }
            }
            Value::Sequence(items) => match self.lists.list(path) {
                List::Atomic => {}
                List::Set => {
                    let mut seen = HashSet::new();
                    items.retain(|item| {
                        !item.is_null()
                            && item.scalar().is_none_or(|scalar| seen.insert(scalar.text.clone()))
                    });
                }
                List::Keyed(keys) => {
                    let base = std::mem::take(items);
                    *items = self.elements(Some(base), &[], path, &keys)?;
                }
            },
        }
        Ok(())
    }
}

/// Whether a value is not even a written `null`.
fn is_blank(node: &Node) -> bool {
    node.is_null() && node.scalar().is_some_and(|scalar| scalar.written().is_empty())
}

/// The path of a key, joined by `/`.
fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        path => format!("{path}/{key}"),
    }
}

fn directive(node: &Node) -> Result<Option<Directive>, Unmerged> {
    let Some(word) = node.get("$patch") else { return Ok(None) };
    match word.as_str() {
        Some("merge") => Ok(Some(Directive::Merge)),
        Some("replace") => Ok(Some(Directive::Replace)),
        Some("delete") => Ok(Some(Directive::Delete)),
        _ => Err(Unmerged::malformed("`$patch` is merge, replace or delete")),
    }
}
