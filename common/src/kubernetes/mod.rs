//! Kubernetes objects as several tools judge them, whatever tree holds them.
//!
//! - [`Tree`]: the methods that a tree must offer; kustomize-lint's nodes know their place in a file,
//!   kind-cluster's objects are JSON
//! - [`template`], [`containers`]: the pods that an object makes
//! - [`needs`]: the objects that it names
//! - [`Provided`], [`Claims`]: the ConfigMaps, Secrets and claims that come with other objects
//! - [`backends`], [`parents`], [`certificates`]: the objects that routes, Gateways and Ingresses name
//! - [`budget`]: the memory of all pods at the worst moment

pub mod budget;
mod builtin;
mod claims;
mod container;
mod custom;
pub mod needs;
mod object;
mod provided;
mod target;
mod template;
mod traffic;
mod tree;

pub use builtin::{is_builtin, is_custom_cluster_wide};
pub use claims::Claims;
pub use container::{Container, Role, containers};
pub use object::{effective, group, kind, namespace};
pub use provided::{Keys, Provided, external_target};
pub use template::template;
pub use traffic::{
    ACTION, Backend, GATEWAY_API, backends, certificates, is_ingress, is_route, parents,
};
pub use tree::Tree;
