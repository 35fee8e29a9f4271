//! Finding objects by kind, name and namespace without looking at every one.

use std::collections::{HashMap, HashSet};

use crate::object::{Object, group};
use crate::schema;
use common::kubernetes::effective;

/// Positions of objects in a list of objects.
#[derive(Debug, Default)]
pub(crate) struct Index {
    kinds: HashMap<String, Kind>,
    namespaces: HashSet<String>,
}

#[derive(Debug, Default)]
struct Kind {
    positions: Vec<usize>,
    names: HashMap<String, Vec<usize>>,
}

impl Index {
    pub(crate) fn of(objects: &[Object]) -> Self {
        let mut index = Index::default();
        for (at, object) in objects.iter().enumerate() {
            let kind = index.kinds.entry(object.kind().to_owned()).or_default();
            kind.positions.push(at);
            kind.names.entry(object.name().to_owned()).or_default().push(at);
            let namespace = match object.kind() {
                "Namespace" if group(object).is_empty() => object.name(),
                _ if is_cluster_wide(object) => continue,
                _ => effective(object.namespace()),
            };
            if !index.namespaces.contains(namespace) {
                index.namespaces.insert(namespace.to_owned());
            }
        }
        index
    }

    /// The objects of a kind.
    pub(crate) fn of_kind(&self, kind: &str) -> &[usize] {
        self.kinds.get(kind).map_or(&[], |kind| &kind.positions)
    }

    /// The objects of a kind and name, in whatever namespace.
    pub(crate) fn named(&self, kind: &str, name: &str) -> &[usize] {
        let known = self.kinds.get(kind).and_then(|kind| kind.names.get(name));
        known.map_or(&[], Vec::as_slice)
    }

    /// Whether something is in the namespace, or makes it.
    pub(crate) fn has_namespace(&self, namespace: &str) -> bool {
        self.namespaces.contains(effective(namespace))
    }
}

/// Whether the object is in no namespace.
pub(crate) fn is_cluster_wide(object: &Object) -> bool {
    schema::is_cluster_wide(group(object), object.kind())
}
