//! Objects that a prefix, a suffix or a hash gave another name.

use std::collections::HashMap;

use crate::lint::{Overlay, effective};
use crate::object::{Object, ObjectKey};

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

impl Renamed {
    pub(crate) fn of(overlay: &Overlay<'_>) -> Self {
        let mut renamed = Renamed::default();
        for object in overlay.objects() {
            let mut formers: Vec<String> =
                object.previous.iter().map(|id| id.name.clone()).collect();
            formers.push(object.original.name.clone());
            formers.sort();
            formers.dedup();
            for name in formers.into_iter().filter(|name| name != object.name()) {
                renamed.add(overlay, object, object.kind(), &name);
                // The Secret has the name of the object when nothing else is said.
                let makes_secret = match object.kind() {
                    "ExternalSecret" => object.node.at(&["spec", "target", "name"]),
                    "SealedSecret" => object.node.at(&["spec", "template", "metadata", "name"]),
                    _ => continue,
                };
                if makes_secret.is_none() {
                    renamed.add(overlay, object, "Secret", &name);
                }
            }
        }
        renamed
    }

    fn add(&mut self, overlay: &Overlay<'_>, object: &Object, kind: &str, name: &str) {
        if overlay.provides(kind, object.namespace(), name) {
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
