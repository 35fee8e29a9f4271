//! Paths into objects, as kustomize's field specifications write them: `spec/template/metadata`,
//! `webhooks[]/clientConfig`, `metadata/annotations/a.b\/c`. A list on the way stands for each
//! of its items.

use super::node::{Node, Value};
use super::origin::{Origin, Place, Touch};
use super::scalar::{Kind, Scalar};
use crate::id::{Id, fits};

/// A field of some kinds that a transformer changes. An empty part matches all.
#[derive(Clone, Debug)]
pub struct FieldSpec {
    /// The API group.
    pub group: String,
    /// The version in it.
    pub version: String,
    /// The kind.
    pub kind: String,
    /// Keys with `/` between them.
    pub path: String,
    /// Whether the field is made where it is missing.
    pub create: bool,
}

impl FieldSpec {
    /// A field of every kind.
    pub(crate) fn any(path: &str, create: bool) -> Self {
        let (group, version, kind) = Default::default();
        FieldSpec { group, version, kind, path: path.to_owned(), create }
    }

    /// Whether the specification is about every object that `other` is about.
    pub(crate) fn covers(&self, other: &FieldSpec) -> bool {
        fits(&self.group, &other.group)
            && fits(&self.version, &other.version)
            && fits(&self.kind, &other.kind)
    }

    /// Whether the specification is about objects of this group, version and kind.
    pub(crate) fn selects(&self, id: &Id) -> bool {
        fits(&self.group, &id.group)
            && fits(&self.version, &id.version)
            && fits(&self.kind, &id.kind)
    }
}

/// `text` at every `separator` that has no backslash before it.
fn escaped_split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let last = parts.last_mut().expect("never empty");
        if letter == '\\' && letters.peek() == Some(&separator) {
            last.push(separator);
            letters.next();
        } else if letter == separator {
            parts.push(String::new());
        } else {
            last.push(letter);
        }
    }
    parts
}

/// The action where a path leads to nothing.
#[derive(Clone, Copy)]
pub(crate) enum Make {
    Nothing,
    /// Mappings on the way, and at the end a mapping or an empty text.
    Mapping(Touch),
    Text(Touch),
}

/// A walk to each value that a path leads to.
pub(crate) struct Walk<'a> {
    parts: Vec<String>,
    make: Make,
    visit: &'a mut dyn FnMut(&mut Node),
    blocked: Option<Place>,
}

impl<'a> Walk<'a> {
    /// Calls `visit` with every value at `path` below `root`. With `create` missing mappings are
    /// made, and at the end a mapping.
    pub(crate) fn mappings(
        root: &mut Node,
        path: &str,
        create: Option<Touch>,
        visit: &'a mut dyn FnMut(&mut Node),
    ) -> Option<Place> {
        let make = create.map_or(Make::Nothing, Make::Mapping);
        Walk::run(root, path, make, visit)
    }

    /// The same for a path that ends at a scalar.
    pub(crate) fn scalars(
        root: &mut Node,
        path: &str,
        create: Option<Touch>,
        visit: &'a mut dyn FnMut(&mut Node),
    ) -> Option<Place> {
        let make = create.map_or(Make::Nothing, Make::Text);
        Walk::run(root, path, make, visit)
    }

    /// Returns a scalar in the middle of the path, which kustomize refuses.
    fn run(
        root: &mut Node,
        path: &str,
        make: Make,
        visit: &'a mut dyn FnMut(&mut Node),
    ) -> Option<Place> {
        let mut walk = Walk { parts: escaped_split(path, '/'), make, visit, blocked: None };
        walk.go(root, 0);
        walk.blocked
    }

    fn go(&mut self, node: &mut Node, depth: usize) {
        if depth == self.parts.len() {
            (self.visit)(node);
            return;
        }
        match &mut node.value {
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.go(item, depth)),
            Value::Mapping(_) => {
                let part = &self.parts[depth];
                let (key, list) = match part.strip_suffix("[]") {
                    Some(key) => (key.to_owned(), true),
                    None => (part.clone(), false),
                };
                if node.get(&key).is_none_or(Node::is_null) && !list {
                    let last = depth + 1 == self.parts.len();
                    match self.make {
                        Make::Text(touch) if last => {
                            let value = Value::Scalar(Scalar::text(""));
                            node.set(&key, Node { origin: Origin::added(touch), value });
                        }
                        Make::Mapping(touch) | Make::Text(touch) => {
                            node.set(&key, Node::mapping(Origin::added(touch)));
                        }
                        Make::Nothing => {}
                    }
                }
                node.edit(&key, |child| self.go(child, depth + 1));
            }
            Value::Scalar(scalar) if scalar.kind == Kind::Null => {}
            Value::Scalar(_) => self.blocked = Some(node.place()),
        }
    }
}
