//! Strategic-merge patches.
//!
//! Semantics: kustomize's documentation of strategic merges, Kubernetes' patch merge keys, and
//! kustomize's own choice that what a patch adds to a keyed list comes first.

use std::collections::{HashMap, HashSet};

use super::dropped::dropped;
use crate::facts::{ProblemKind, What};
use crate::object::ObjectKey;
use crate::schema::{self, List};
use crate::tree::{Entry, Index, Node, Origin, Place, Scalar, StepId, Touch, Value};

/// Items of a list with several keys: each is compared with each.
const MAX_ITEMS: usize = 2_000;

/// A patch on its way into one object.
pub(crate) struct Merge<'a> {
    pub(crate) step: StepId,
    pub(crate) object: ObjectKey,
    /// The kind, where Kubernetes' own schemas know it.
    pub(crate) kind: Option<&'a str>,
    pub(crate) custom: bool,
    /// The facts for the rules.
    pub(crate) facts: Vec<(Place, What)>,
    /// Keys that stand twice in some patch.
    pub(crate) duplicates: &'a [Place],
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
                let twice = |key: &&Place| {
                    key.file == here.file && here.start <= key.start && key.end <= here.end
                };
                if self.duplicates.iter().any(|key| twice(&key)) {
                    return Err(Unmerged {
                        kind: ProblemKind::DuplicateKey,
                        message: "a key stands twice in this patch".to_owned(),
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
        for entry in patch.entries() {
            if entry.key == "$patch" {
                continue;
            }
            let inner = match path {
                "" => entry.key.clone(),
                path => format!("{path}/{}", entry.key),
            };
            let Some(entries) = node.entries_mut() else { break };
            let at = index.find(&entries[..known], &entry.key);
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
                    entries.push(Entry { key, origin: Origin::added(touch), value });
                }
                (Some(at), None) => {
                    removed.insert(at);
                    node.origin.last = Some(touch);
                }
                (None, None) => {}
            }
        }
        if let (false, Some(entries)) = (removed.is_empty(), node.entries_mut()) {
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
        let list = match self.kind {
            Some(kind) => schema::list(kind, path),
            None => List::Atomic,
        };
        match list {
            List::Atomic => {
                if let Some(before) = target.as_ref().filter(|_| self.custom)
                    && !before.items().is_empty()
                    && before.items()[0].is_mapping()
                {
                    let what = What::ListReplaced {
                        object: self.object,
                        path: path.to_owned(),
                        dropped: dropped(before, patch),
                    };
                    self.facts.push((patch.origin.base, what));
                }
                Ok(Some(self.written(patch.clone(), target.as_ref())))
            }
            List::Set => Ok(Some(self.set(target, patch))),
            List::Keyed(keys) => self.keyed(target, patch, path, keys),
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
        node
    }

    fn keyed(
        &mut self,
        target: Option<Node>,
        patch: &Node,
        path: &str,
        keys: &[&str],
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
        // A key that no item has does not count.
        let says = |key: &&&str| patch.items().iter().chain(&old).any(|i| i.get(key).is_some());
        let used: Vec<&str> = keys.iter().filter(says).copied().collect();
        let merged = match used.as_slice() {
            [] => self.one_key(old, patch, path, keys[0])?,
            [key] => self.one_key(old, patch, path, key)?,
            _ => self.several_keys(old, patch, path, keys)?,
        };
        *node.items_mut().expect("a list") = merged;
        // A list that has lost its items stays; one that never had any does not come to be.
        let nothing = !existed && node.items().is_empty() && !patch.items().is_empty();
        Ok((!nothing).then_some(node))
    }

    /// The patch's items in its order, each merged into the one of its key; then the others.
    fn one_key(
        &mut self,
        old: Vec<Node>,
        patch: &Node,
        path: &str,
        key: &str,
    ) -> Result<Vec<Node>, Unmerged> {
        let mut slots: Vec<Option<Node>> = old.into_iter().map(Some).collect();
        let text = |node: &Node| node.get(key).and_then(Node::scalar).map(|s| s.text.clone());
        let mut positions = HashMap::new();
        for (at, slot) in slots.iter().enumerate() {
            if let Some(name) = slot.as_ref().and_then(text) {
                positions.entry(name).or_insert(at);
            }
        }
        let mut merged: Vec<Node> = Vec::new();
        let mut added = HashSet::new();
        for item in patch.items() {
            let Some(name) = text(item) else { continue };
            if added.contains(&name) {
                // Only the first of equal items in a patch counts.
                continue;
            }
            let before = positions.get(&name).and_then(|at| slots[*at].take());
            let value = match before {
                // kustomize forgets such an item for the one of the base.
                Some(base) if directive(item)? == Some(Directive::Replace) => Some(base),
                before => self.node(before, item, path)?,
            };
            added.insert(name);
            let Some(value) = value.filter(|value| !value.entries().is_empty()) else { continue };
            merged.push(value);
        }
        // An item without its key makes kustomize lose what the patch does not name.
        if patch.items().iter().all(|item| text(item).is_some()) {
            merged.extend(slots.into_iter().flatten());
        }
        Ok(merged)
    }

    /// Lists whose items are told apart by several keys, as ports by number and protocol. A
    /// port without a protocol and one with a protocol count as one, and then the item of the
    /// base stays as it is: kustomize looks up the joined key, which the patch's item lacks.
    fn several_keys(
        &mut self,
        old: Vec<Node>,
        patch: &Node,
        path: &str,
        keys: &[&str],
    ) -> Result<Vec<Node>, Unmerged> {
        if old.len() + patch.items().len() > MAX_ITEMS {
            return Err(Unmerged::malformed(format!(
                "more than {MAX_ITEMS} items in a list with several keys"
            )));
        }
        let value = |node: &Node, key: &str| {
            node.get(key).and_then(Node::scalar).map_or_else(String::new, |s| s.text.clone())
        };
        let tuple = |node: &Node| keys.iter().map(|key| value(node, key)).collect::<Vec<_>>();
        let mut tuples: Vec<Vec<String>> = Vec::new();
        for item in patch.items().iter().chain(&old) {
            let own = tuple(item);
            if own.iter().any(|text| !text.is_empty()) && !tuples.contains(&own) {
                tuples.push(own);
            }
        }
        join(&mut tuples);
        let used: Vec<bool> =
            (0..keys.len()).map(|k| tuples.iter().any(|tuple| !tuple[k].is_empty())).collect();
        let same = |node: &Node, wanted: &[String]| {
            (0..keys.len()).all(|k| !used[k] || value(node, keys[k]) == wanted[k])
        };
        let mut base: Vec<Node> = old;
        let mut merged: Vec<Node> = Vec::new();
        for wanted in &tuples {
            let item = patch.items().iter().find(|item| same(item, wanted));
            let at = base.iter().position(|item| same(item, wanted));
            let value = match (at, item) {
                (Some(at), Some(item)) => {
                    let before = base[at].clone();
                    match self.node(Some(before), item, path)?.filter(|v| !v.entries().is_empty()) {
                        Some(value) => {
                            base[at] = value.clone();
                            Some(value)
                        }
                        None => {
                            base.remove(at);
                            None
                        }
                    }
                }
                (Some(at), None) => Some(base[at].clone()),
                (None, Some(item)) => self.node(None, item, path)?,
                (None, None) => None,
            };
            let Some(value) = value else { continue };
            match merged.iter().position(|item| same(item, wanted)) {
                Some(at) => merged[at] = value,
                None => merged.push(value),
            }
        }
        // The items of the base come behind what is new, in their own order.
        for item in base {
            let own = tuple(&item);
            merged.retain(|known| {
                !(0..keys.len()).all(|k| own[k].is_empty() || value(known, keys[k]) == own[k])
            });
            merged.push(item);
        }
        Ok(merged)
    }
}

/// Makes tuples equal that differ only where one of them is empty.
fn join(tuples: &mut [Vec<String>]) {
    for i in 0..tuples.len() {
        for j in 0..tuples.len() {
            let (a, b) = (&tuples[i], &tuples[j]);
            let common = a.iter().zip(b).any(|(a, b)| a == b);
            let compatible = a.iter().zip(b).all(|(a, b)| a == b || a.is_empty() || b.is_empty());
            if i != j && common && compatible {
                let joined: Vec<String> = a
                    .iter()
                    .zip(b)
                    .map(|(a, b)| if a.is_empty() { b.clone() } else { a.clone() })
                    .collect();
                tuples[i].clone_from(&joined);
                tuples[j] = joined;
            }
        }
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
