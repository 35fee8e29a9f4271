//! The container engine that has the nodes, chosen as kind chooses it, and reached through its own client.
//!
//! kind takes the engine that `KIND_EXPERIMENTAL_PROVIDER` names, and otherwise the first one that is
//! installed: docker, nerdctl (or finch), podman. Another engine knows no node of the cluster, so the
//! choice has to be the same one.

mod client;
mod elsewhere;
mod endpoint;
pub(crate) mod facts;
mod record;

pub(crate) use client::{
    Client, Engine, LABEL, Trouble, client, command, failed, output, succeed, trouble,
};
pub(crate) use elsewhere::{Found, choose_hint, elsewhere};
pub(crate) use endpoint::Endpoint;
pub(crate) use record::Record;
