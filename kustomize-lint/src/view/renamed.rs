//! Objects that a prefix, a suffix or a hash gave another name.

use std::collections::HashMap;

use crate::object::{Object, ObjectKey};
use common::kubernetes::effective;

/// The former names of objects that nothing has now.
#[derive(Debug, Default)]
pub(crate) struct Renamed {
    former: HashMap<(String, String), Vec<Former>>,
}

#[derive(Debug)]
struct Former {
    kind: String,
    object: ObjectKey,
}

/// Whether an object of the kind, namespace and name is there.
type Provided<'a> = &'a dyn Fn(&str, &str, &str) -> bool;

impl Renamed {
    pub(crate) fn of(objects: &[Object], provided: Provided<'_>) -> Self {
        let mut renamed = Renamed::default();
        for object in objects {
            let mut formers: Vec<String> =
                object.previous.iter().map(|id| id.name.clone()).collect();
            formers.push(object.original.name.clone());
            formers.sort();
            formers.dedup();
            for name in formers.into_iter().filter(|name| name != object.name()) {
                renamed.add(provided, object, object.kind(), &name);
                // The Secret has the name of the object when nothing else is said.
                let makes_secret = match object.kind() {
                    "ExternalSecret" => object.node.at(&["spec", "target", "name"]),
                    "SealedSecret" => object.node.at(&["spec", "template", "metadata", "name"]),
                    _ => continue,
                };
                if makes_secret.is_none() {
                    renamed.add(provided, object, "Secret", &name);
                }
            }
        }
        renamed
    }

    fn add(&mut self, provided: Provided<'_>, object: &Object, kind: &str, name: &str) {
        if provided(kind, object.namespace(), name) {
            return;
        }
        let key = (effective(object.namespace()).to_owned(), name.to_owned());
        let former = Former { kind: kind.to_owned(), object: object.key };
        self.former.entry(key).or_default().push(former);
    }

    /// The object that had the name before it got another, if nothing has it now.
    pub(crate) fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<ObjectKey> {
        // Most overlays rename nothing.
        if self.former.is_empty() {
            return None;
        }
        let key = (effective(namespace).to_owned(), name.to_owned());
        self.former.get(&key)?.iter().find(|former| former.kind == kind).map(|f| f.object)
    }

    /// Whether anything was renamed.
    pub(crate) fn is_empty(&self) -> bool {
        self.former.is_empty()
    }
}
