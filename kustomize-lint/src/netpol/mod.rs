//! NetworkPolicies against the connections that an overlay's own settings need.
//!
//! Everything here answers with certainty in one direction only: a connection that is said to be
//! forbidden is forbidden. Traffic that depends on something outside of the overlay (labels of another
//! namespace, addresses) counts as admitted.

mod added;
mod connection;
mod policy;
mod service;

pub(crate) use added::is_added;
pub(crate) use connection::{Address, addresses};
pub(crate) use policy::{Direction, Peer, Policies, Policy};
pub(crate) use service::Services;
