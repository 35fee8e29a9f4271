//! The objects that the API server accepts: the schemas of Kubernetes' own kinds and of a few custom
//! resources, and the API versions that are gone.
//!
//! Everything is in the binary: [`validate`] unpacks the API groups that it meets and no others,
//! and needs no network. `scripts/api-schemas` makes the data from the schemas that the PyPI
//! package `kubernetes-validate` bundles and from the `kcr_*` crates, which are written from the
//! custom resources' own definitions.
//!
//! The schemas say which fields there are, their types and which are required. A table beside
//! them says more of the values of the most used fields: the allowed ones, bounds, forms. [`refused`]
//! checks the rest: quantities, names, and fields that depend on each other.

mod alb;
mod bundle;
pub mod definition;
mod formats;
mod path;
pub mod pod_security;
mod refusal;
mod removed;
mod validate;
mod version;
mod violation;

pub use bundle::Schemas;
pub use refusal::{Definitions, refused};
pub use removed::{Release, Removed, removed};
pub use validate::{Verdict, validate};
pub use version::{UnknownVersion, Version};
pub use violation::{Problem, Subject, Violation};
