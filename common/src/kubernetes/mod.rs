//! Kubernetes objects as several tools judge them, whatever tree holds them.
//!
//! - [`Tree`]: what a tree must offer; kustomize-lint's nodes know their place in a file,
//!   kind-cluster's objects are JSON
//! - [`template`], [`containers`]: the pods that an object makes
//! - [`needs`]: the objects that it names
//! - [`Claims`]: the claims that come with pods
//! - [`budget`]: the memory of all pods at the worst moment

pub mod budget;
mod builtin;
mod claims;
mod container;
pub mod needs;
mod template;
mod tree;

pub use builtin::is_builtin;
pub use claims::Claims;
pub use container::{Container, Role, containers};
pub use template::template;
pub use tree::Tree;

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
