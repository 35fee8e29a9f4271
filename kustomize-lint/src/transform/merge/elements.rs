//! Lists whose items are told apart by keys, as ports by number and protocol.
//!
//! kustomize merges them in steps whose side effects show in the output: items of the base that have
//! equal keys become one, an item without its key drops what stands before it, and items with some of
//! several keys count as equal. The steps here are the same.

use std::collections::HashSet;

use super::{Directive, Merge, Unmerged, directive};
use crate::facts::FactKind;
use crate::tree::{Node, Origin, Touch};

/// Items of a list whose keys are compared each with each.
const MAX_ITEMS: usize = 2_000;

/// The values of an item's keys; an empty text where it lacks one.
type Values = Vec<String>;

impl Merge<'_> {
    /// The items of a list: those of the patch first, in its order, each merged into the item of its keys;
    /// then the others. Without a base the patch's items are new.
    pub(super) fn elements(
        &mut self,
        base: Option<Vec<Node>>,
        patch: &[Node],
        path: &str,
        keys: &[String],
    ) -> Result<Vec<Node>, Unmerged> {
        let is_new = base.is_none();
        let mut base = base.unwrap_or_else(|| patch.to_vec());
        let before = base.clone();
        if keys.len() == 1 && unique(&base, &keys[0]) && unique(patch, &keys[0]) {
            return self.plain(base, is_new, patch, path, &keys[0]);
        }
        if base.len() + patch.len() > MAX_ITEMS {
            return Err(Unmerged::malformed(format!(
                "more than {MAX_ITEMS} items in a list with several keys, or with equal ones"
            )));
        }
        let mut wanted: Vec<Values> = Vec::new();
        if let Some(item) = base.iter().find(|item| !item.is_mapping() && !item.is_null()) {
            let message = format!("an item of `{path}` is {}, not a mapping", item.kind());
            return Err(Unmerged::malformed(message));
        }
        for item in patch.iter().chain(&base) {
            let values = values(item, keys);
            if !wanted.contains(&values) {
                wanted.push(values);
            }
        }
        if keys.len() > 1 {
            join(&mut wanted);
        }
        let used: Vec<bool> =
            (0..keys.len()).map(|at| wanted.iter().any(|values| !values[at].is_empty())).collect();
        let all = !used.contains(&true);
        let pick = |values: &Values| -> Vec<(String, String)> {
            let pairs = keys.iter().cloned().zip(values.iter().cloned());
            pairs.zip(&used).filter(|(_, used)| all || **used).map(|(pair, _)| pair).collect()
        };
        let mut merged: Vec<Node> = Vec::new();
        for values in &wanted {
            let pairs = pick(values);
            let at = base.iter().position(|item| has(item, &said(&pairs)));
            // In a new list these are the same items, so that removed ones are gone from both.
            let source = if is_new { &base[..] } else { patch };
            let item = source.iter().find(|item| has(item, &said(&pairs))).cloned();
            let (value, kept) = match (at, item) {
                (Some(at), Some(item)) if !is_new => {
                    let replaces = directive(&item)? == Some(Directive::Replace);
                    let value = self.node(Some(base[at].clone()), &item, path)?;
                    (value, Some(at).filter(|_| !replaces))
                }
                (_, Some(item)) => (self.node(None, &item, path)?, at),
                (Some(at), None) => {
                    let mut item = base[at].clone();
                    self.clean(&mut item, path)?;
                    (Some(item), Some(at))
                }
                (None, None) => (None, None),
            };
            let Some(value) = value.filter(|value| !value.entries().is_empty()) else {
                remove(&mut base, &pairs);
                continue;
            };
            let value = self.keyed_as(value, &pairs);
            if let Some(at) = kept {
                base[at] = value.clone();
            }
            set(&mut merged, value, &pairs);
        }
        let keys: Vec<&String> =
            keys.iter().zip(&used).filter(|(_, used)| all || **used).map(|(key, _)| key).collect();
        for item in base {
            let values: Vec<String> = keys.iter().filter_map(|key| text(&item, key)).collect();
            // An item is added for each key that it lacks, and the values move up.
            merged.extend((values.len()..keys.len()).map(|_| item.clone()));
            let pairs: Vec<(String, String)> =
                keys.iter().map(|key| (*key).clone()).zip(values).collect();
            if pairs.is_empty() {
                merged.clear();
                merged.extend(Some(item).filter(|item| !item.is_null()));
                continue;
            }
            if keys.len() > 1 {
                remove(&mut merged, &pairs);
            }
            set(&mut merged, item, &pairs);
        }
        self.report_lost(&before, &merged, path, &keys);
        Ok(merged)
    }

    /// The same for items that all have the one key, each a different one.
    fn plain(
        &mut self,
        base: Vec<Node>,
        is_new: bool,
        patch: &[Node],
        path: &str,
        key: &str,
    ) -> Result<Vec<Node>, Unmerged> {
        let mut slots: Vec<Option<Node>> =
            base.into_iter().map(|item| Some(item).filter(|_| !is_new)).collect();
        let positions: std::collections::HashMap<String, usize> = slots
            .iter()
            .enumerate()
            .filter_map(|(at, slot)| Some((text(slot.as_ref()?, key)?, at)))
            .collect();
        let mut merged: Vec<Node> = Vec::new();
        for item in patch {
            let at = text(item, key).and_then(|name| positions.get(&name).copied());
            let value = match at.and_then(|at| slots[at].take()) {
                // kustomize forgets such an item for the base's item.
                Some(base) if directive(item)? == Some(Directive::Replace) => Some(base),
                before => self.node(before, item, path)?,
            };
            merged.extend(value.filter(|value| !value.entries().is_empty()));
        }
        for mut item in slots.into_iter().flatten() {
            self.clean(&mut item, path)?;
            if !item.entries().is_empty() {
                merged.push(item);
            }
        }
        Ok(merged)
    }

    /// The item with the keys that it is known by.
    fn keyed_as(&self, mut item: Node, pairs: &[(String, String)]) -> Node {
        for (key, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
            if item.get(key).is_none() {
                let touch = Touch { step: self.step, place: item.origin.base };
                let value = crate::tree::Scalar::plain(value);
                let node = crate::tree::Value::Scalar(value);
                item.set(key, Node { origin: Origin::added(touch), value: node });
            }
        }
        item
    }

    /// Says which items are gone because others of the base have the same keys.
    fn report_lost(&mut self, before: &[Node], after: &[Node], path: &str, keys: &[&String]) {
        let values = |item: &Node| keys.iter().map(|key| text(item, key)).collect::<Vec<_>>();
        for item in before {
            let item_values = values(item);
            let equal = before.iter().filter(|other| values(other) == item_values).count() > 1;
            let kept = after.iter().any(|kept| kept.origin.base == item.origin.base);
            if equal && !kept && item_values.iter().any(Option::is_some) {
                let kind = FactKind::ItemLost { object: self.object, path: path.to_owned() };
                self.facts.push((item.origin.base, kind));
            }
        }
    }
}

/// Whether every item has the key, each another one.
fn unique(items: &[Node], key: &str) -> bool {
    let mut seen = HashSet::new();
    items
        .iter()
        .all(|item| text(item, key).is_some_and(|name| !name.is_empty() && seen.insert(name)))
}

fn text(item: &Node, key: &str) -> Option<String> {
    item.get(key).and_then(Node::scalar).map(|scalar| scalar.text.clone())
}

fn values(item: &Node, keys: &[String]) -> Values {
    let value = |key: &String| item.get(key).filter(|node| !node.is_null()).and_then(Node::scalar);
    keys.iter().map(|key| value(key).map_or_else(String::new, |s| s.text.clone())).collect()
}

/// The pairs that have a value; all of them where none has.
fn said(pairs: &[(String, String)]) -> Vec<(String, String)> {
    let said: Vec<_> = pairs.iter().filter(|(_, value)| !value.is_empty()).cloned().collect();
    if said.is_empty() { pairs.to_vec() } else { said }
}

/// Whether an item has the keys with exactly these values.
fn has(item: &Node, pairs: &[(String, String)]) -> bool {
    pairs.iter().all(|(key, value)| text(item, key).is_some_and(|text| text == *value))
}

/// Whether an item has the keys with these values. An empty value stands for any.
fn fits(item: &Node, pairs: &[(String, String)]) -> bool {
    item.is_mapping()
        && pairs.iter().all(|(key, value)| {
            item.get(key)
                .and_then(Node::scalar)
                .is_some_and(|s| value.is_empty() || s.text == *value)
        })
}

/// Removes the items with these keys, and those that say nothing.
fn remove(items: &mut Vec<Node>, pairs: &[(String, String)]) {
    items.retain(|item| !is_nothing(item) && !fits(item, pairs));
}

/// Puts an item in the place of each one with these keys, or behind all.
fn set(items: &mut Vec<Node>, new: Node, pairs: &[(String, String)]) {
    items.retain(|item| !is_nothing(item));
    let mut found = false;
    for item in items.iter_mut().filter(|item| fits(item, pairs)) {
        *item = new.clone();
        found = true;
    }
    if !found {
        items.push(new);
    }
}

fn is_nothing(item: &Node) -> bool {
    item.is_null() || item.is_mapping() && item.entries().is_empty()
}

/// Makes values equal that differ only where one of them is empty.
fn join(all: &mut [Values]) {
    for i in 0..all.len() {
        let a = all[i].clone();
        for j in 0..all.len() {
            let b = &all[j];
            let common = a.iter().zip(b).any(|(a, b)| a == b);
            let compatible = a.iter().zip(b).all(|(a, b)| a == b || a.is_empty() || b.is_empty());
            if common && compatible {
                let joined: Values = a
                    .iter()
                    .zip(b)
                    .map(|(a, b)| if a.is_empty() { b.clone() } else { a.clone() })
                    .collect();
                all[i].clone_from(&joined);
                all[j] = joined;
            }
        }
    }
}
