//! The cluster around an object.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::{Key, Objects};

/// The rules' input besides the object.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// The cluster's objects.
    pub(crate) objects: Objects,
    /// Group and kind of each resource that discovery lists, where discovery was asked.
    pub(crate) served: BTreeSet<(String, String)>,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

impl World {
    /// An object that is known.
    pub(crate) fn get(&self, group: &str, kind: &str, ns: &str, name: &str) -> Option<&Value> {
        self.objects.get(&Key::new(group, kind, ns, name))
    }

    /// All known objects of a kind in a namespace.
    pub(crate) fn all<'a>(
        &'a self,
        kind: &'a str,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Value> {
        let wanted = move |key: &&Key| key.kind == kind && key.namespace == namespace;
        self.objects.keys().filter(wanted).filter_map(|key| self.objects.get(key))
    }
}
