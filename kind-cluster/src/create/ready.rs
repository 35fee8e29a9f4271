//! The wait for an API server, and the conditions of its nodes.

use std::time::Instant;

use common::exit::Status;
use common::retry::poll;
use common::stop::Stop;

use crate::cluster::Cluster;
use crate::nodes::Node;
use crate::object::name;
use crate::readiness::{State, World, assess};

/// The condition that the nodes still lack; `None` when every one is Ready.
pub(super) async fn unready(
    cluster: &Cluster,
    containers: &[Node],
) -> Result<Option<String>, Stop> {
    let mut nodes = cluster.list("v1", "Node", "").await?;
    // One whose container is gone never becomes Ready; it is drift.
    nodes.retain(|node| containers.iter().any(|known| known.name == name(node)));
    let states = nodes.iter().map(|node| (node, assess(node, &World::default())));
    let waiting: Vec<String> = states
        .filter(|(_, state)| *state != State::Ready)
        .map(|(node, state)| format!("{}: {}", name(node), state.reason()))
        .collect();
    let (joined, all) = (nodes.len(), containers.len());
    Ok(match waiting.is_empty() {
        false => Some(waiting.join("; ")),
        true => (joined < all).then(|| format!("{joined} of {all} nodes have joined")),
    })
}

/// A control plane that was just started takes a moment to answer.
pub(super) async fn connect(
    name: &str,
    kubeconfig: Option<&str>,
    deadline: Instant,
) -> Result<Cluster, Stop> {
    let is_silent = |answer: &Result<Cluster, Stop>| {
        answer.as_ref().is_err_and(|stop| stop.status == Status::Unfinished)
    };
    poll(deadline, is_silent, async || Cluster::connect_by(name, kubeconfig).await).await
}
