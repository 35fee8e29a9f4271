//! Kubernetes: the objects of all environments go to `base/<profile>`, the rest to overlays.

pub(crate) mod config;
pub(crate) mod environment;
mod layout;
pub(crate) mod objects;
mod patch;
mod policies;
mod routes;
mod secrets;
pub(crate) mod view;
mod wait;
mod workload;

pub(crate) use layout::{Counts, render};
pub(crate) use workload::kind;
