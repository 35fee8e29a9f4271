//! What is known around an object.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::{Key, Objects};

/// What the rules may look at besides the object.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// What is known of the cluster.
    pub(crate) objects: Objects,
    /// Group and kind of what discovery lists, where that was asked.
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
