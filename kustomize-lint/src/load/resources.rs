//! From a file's text to objects.

use std::collections::VecDeque;
use std::path::Path;

use super::context::Context;
use crate::facts::{DuplicateKey, ProblemKind};
use crate::object::Object;
use crate::tree::{self, Dialect, Node};

/// Reads every document of a text. Mistakes are reported, and the rest is returned.
pub(crate) fn documents(
    path: &Path,
    text: &str,
    dialect: Dialect,
    context: &mut Context,
) -> Vec<Node> {
    let file = context.files.add(path, text);
    match tree::read(file, text, dialect) {
        Ok(read) => {
            context.files.hide_twice(&read.duplicates);
            let last = dialect == Dialect::Kustomization;
            context.twice(read.duplicates, last);
            if dialect == Dialect::Object {
                for place in read.odd_keys {
                    context.malformed(place, "a key must be text; put quotes around it");
                }
            }
            read.documents.iter().for_each(|node| context.files.hide_secrets(node));
            read.documents
        }
        Err((place, message)) => {
            context.files.hide_unreadable(context.files.whole(file));
            context.malformed(place, message);
            Vec::new()
        }
    }
}

/// The objects of a resource file. Lists of objects are taken apart, empty documents skipped.
pub(crate) fn resources(path: &Path, text: &str, context: &mut Context) -> Vec<Object> {
    let before = context.duplicate_keys.len();
    let nodes = documents(path, text, Dialect::Object, context);
    // kustomize prints objects through a reader that refuses such keys.
    for at in before..context.duplicate_keys.len() {
        let DuplicateKey { place, earlier, .. } = context.duplicate_keys[at];
        context.problem(ProblemKind::DuplicateKey, Some(place), "this key is a duplicate");
        context.explain(earlier, "here first");
    }
    let mut objects = Vec::new();
    // kustomize puts the items of a list behind the other documents of the file.
    let mut waiting = VecDeque::from(nodes);
    while let Some(node) = waiting.pop_front() {
        match unpack(node, context) {
            Some(Unpacked::Object(node)) => objects.push(context.object(node)),
            Some(Unpacked::Items(items)) => waiting.extend(items),
            None => {}
        }
    }
    objects
}

/// The content of a document.
enum Unpacked {
    Object(Node),
    /// The items of a list.
    Items(Vec<Node>),
}

fn unpack(mut node: Node, context: &mut Context) -> Option<Unpacked> {
    let place = node.origin.base;
    if node.is_null() || node.is_mapping() && node.entries().is_empty() {
        return None;
    }
    if !node.is_mapping() {
        context.malformed(place, format!("an object belongs here, not {}", node.kind()));
        return None;
    }
    let Some(kind) = node.str_at(&["kind"]).filter(|kind| !kind.is_empty()) else {
        context.malformed(place, "an object needs a `kind`");
        return None;
    };
    let is_list = kind.ends_with("List");
    if let Some(items) = node.get_mut("items").filter(|_| is_list) {
        if !items.is_sequence() && !items.is_null() {
            let message = format!("the items of a list belong here, not {}", items.kind());
            context.malformed(items.place(), message);
        }
        return Some(Unpacked::Items(items.items_mut().map(std::mem::take).unwrap_or_default()));
    }
    // A list without items is an object, and kustomize wants no name of it.
    if is_list && node.get("metadata").is_none() {
        node.set("metadata", Node::mapping(node.origin));
    }
    if !is_list && node.word_at(&["metadata", "name"]).is_none_or(str::is_empty) {
        context.malformed(place, "an object needs a `metadata.name`");
        return None;
    }
    Some(Unpacked::Object(node))
}
