//! NetworkPolicies against the connections that an overlay's own settings need.
//!
//! Everything here answers with certainty in one direction only: a connection that is said to be
//! forbidden is forbidden. What depends on something outside of the overlay (labels of another
//! namespace, addresses) counts as admitted.

mod connection;
mod policy;
mod service;

pub(crate) use connection::{Address, addresses};
pub(crate) use policy::{Direction, Peer, Policies, Policy};
pub(crate) use service::Services;

/// Labels that controllers add to the pods they make; no manifest has them.
pub(crate) const ADDED_LABELS: [&str; 9] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];
