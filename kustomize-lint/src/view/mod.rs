//! Kubernetes objects as the rules look at them: workloads, containers, references.

mod container;
pub(crate) mod placeholder;
mod reference;
mod selector;
mod workload;

pub(crate) use container::{Container, Role};
pub(crate) use reference::{Reference, Target, references};
pub(crate) use selector::{Selector, labels};
pub(crate) use workload::Workload;
