//! Kubernetes objects as the rules look at them: workloads, containers, references.

mod container;
mod pods;
mod reference;
mod selector;
mod workload;

pub(crate) use container::{Container, Role};
pub(crate) use pods::Pods;
pub(crate) use reference::{Reference, Target, references};
pub(crate) use selector::{Selector, labels};
pub(crate) use workload::Workload;
