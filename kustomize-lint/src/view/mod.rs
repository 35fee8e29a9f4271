//! Kubernetes objects as the rules look at them: workloads, containers, references.

mod backend;
mod container;
mod custom;
mod gateway;
pub(crate) mod placeholder;
mod pods;
mod renamed;
mod selector;
mod words;
mod workload;

pub(crate) use backend::{backends, is_ingress, is_route};
pub(crate) use container::{Container, Role};
pub(crate) use custom::Custom;
pub(crate) use gateway::{intersects, listeners, parents};
pub(crate) use pods::Pods;
pub(crate) use renamed::Renamed;
pub(crate) use selector::{Selector, labels, of_service};
pub(crate) use words::{Word, names, words};
pub(crate) use workload::Workload;

pub(crate) use common::kubernetes::needs::Target;
pub(crate) use common::kubernetes::{GATEWAY_API, Keys, Provided};
