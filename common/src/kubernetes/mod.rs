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
mod object;
mod template;
mod tree;

pub use builtin::is_builtin;
pub use claims::Claims;
pub use container::{Container, Role, containers};
pub use object::{effective, group, kind, namespace};
pub use template::template;
pub use tree::Tree;
