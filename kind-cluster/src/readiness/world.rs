//! The cluster around an object.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::object::{Key, Objects, number, statuses, text};

/// The rules' input besides the object.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// The cluster's objects.
    pub(crate) objects: Objects,
    /// Group and kind of each resource that discovery lists, where discovery was asked.
    pub(crate) served: BTreeSet<(String, String)>,
    /// Seconds since 1970.
    pub(crate) now: i64,
    /// The faults that may pass by themselves; without it, each is a failure.
    pub(crate) patience: Option<Patience>,
}

/// Patience with containers that end, images that are not pulled and nodes without room.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    /// Restarts of a container that are no failure.
    pub(crate) restarts: i64,
    /// Restarts before anybody looked, by the pod's uid and the container.
    before: BTreeMap<(String, String), i64>,
}

impl Patience {
    /// Patience with a number of restarts.
    pub(crate) fn new(restarts: i64) -> Self {
        Patience { restarts, before: BTreeMap::new() }
    }

    /// Remembers the restarts of a pod that is seen for the first time.
    pub(crate) fn meet(&mut self, pod: &Value) {
        let uid = text(pod, "/metadata/uid");
        for (status, _) in statuses(pod) {
            let id = (uid.to_owned(), text(status, "/name").to_owned());
            self.before.entry(id).or_insert_with(|| number(status, "/restartCount"));
        }
    }

    /// Whether a container that ends again and again may still be given time.
    pub(super) fn tolerates(&self, pod: &Value, status: &Value) -> bool {
        let id = (text(pod, "/metadata/uid").to_owned(), text(status, "/name").to_owned());
        let before = self.before.get(&id).copied().unwrap_or_default();
        number(status, "/restartCount") - before < self.restarts
    }
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
