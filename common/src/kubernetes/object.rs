//! The identity of an object.

use super::tree::Tree;

/// The namespace that an object without one is applied to.
pub fn effective(namespace: &str) -> &str {
    if namespace.is_empty() { "default" } else { namespace }
}

/// The API group of an object; empty for the core group.
pub fn group<T: Tree>(object: &T) -> &str {
    let api = object.word_at(&["apiVersion"]).unwrap_or_default();
    api.rsplit_once('/').map_or("", |(group, _)| group)
}

/// The kind of an object.
pub fn kind<T: Tree>(object: &T) -> &str {
    object.word_at(&["kind"]).unwrap_or_default()
}

/// The namespace that an object is applied to.
pub fn namespace<T: Tree>(object: &T) -> &str {
    effective(object.word_at(&["metadata", "namespace"]).unwrap_or_default())
}
