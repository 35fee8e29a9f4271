//! `stop` and `start`: the cluster's nodes, with everything that is on them.

use std::time::Instant;

use common::exit::Status;
use common::retry::poll;
use common::stop::Stop;

use crate::cli::Shared;
use crate::cluster::Cluster;
use crate::nodes::{self, Node};
use crate::readiness::{State, World, assess};
use crate::report::{self, Check};
use crate::{engine, turn};

/// `stop`: nodes keep their volumes, and `start` or `create` starts them again.
pub(crate) async fn stop(shared: &Shared) -> Result<Status, Stop> {
    let deadline = Instant::now() + shared.timeout;
    let _turn = turn_of(shared, "stop", deadline).await?;
    let nodes = existing(shared).await?;
    // Workers first, so that the control plane still hears of their pods.
    let running: Vec<&Node> = nodes.iter().rev().filter(|node| node.running).collect();
    switch(shared, "stop", &running, deadline).await?;
    let word = if shared.dry_run() { "to be stopped" } else { "stopped; its data stays" };
    let checks: Vec<Check> =
        running.iter().map(|node| Check::ok("nodes", &node.name, word)).collect();
    report::publish("stop", &checks, shared.format)
}

/// `start`: waits until the API server answers and every node is Ready.
pub(crate) async fn start(shared: &Shared) -> Result<Status, Stop> {
    let deadline = Instant::now() + shared.timeout;
    let _turn = turn_of(shared, "start", deadline).await?;
    let nodes = existing(shared).await?;
    let stopped: Vec<&Node> = nodes.iter().filter(|node| !node.running).collect();
    switch(shared, "start", &stopped, deadline).await?;
    let word = if shared.dry_run() { "to be started" } else { "started" };
    let mut checks: Vec<Check> =
        stopped.iter().map(|node| Check::ok("nodes", &node.name, word)).collect();
    if !shared.dry_run() {
        await_nodes(shared, deadline).await?;
        checks.push(Check::ok("nodes", "ready", format!("all {} are Ready", nodes.len())));
    }
    report::publish("start", &checks, shared.format)
}

async fn turn_of(
    shared: &Shared,
    command: &str,
    deadline: Instant,
) -> Result<Option<turn::Turn>, Stop> {
    match shared.dry_run() {
        true => Ok(None),
        false => turn::take(&shared.name, command, deadline).await.map(Some),
    }
}

async fn existing(shared: &Shared) -> Result<Vec<Node>, Stop> {
    let nodes = nodes::of(&shared.name).await?;
    if nodes.is_empty() {
        return Err(nodes::missing(&shared.name).await);
    }
    Ok(nodes)
}

async fn switch(
    shared: &Shared,
    command: &str,
    nodes: &[&Node],
    deadline: Instant,
) -> Result<(), Stop> {
    if nodes.is_empty() || shared.dry_run() {
        return Ok(());
    }
    let names = nodes.iter().map(|node| node.name.as_str());
    let arguments: Vec<&str> = [command].into_iter().chain(names).collect();
    let left = deadline.saturating_duration_since(Instant::now());
    engine::succeed(&arguments, left).await.map(|_| ())
}

async fn await_nodes(shared: &Shared, deadline: Instant) -> Result<(), Stop> {
    let waits = |answer: &Result<Option<String>, Stop>| match answer {
        Ok(waiting) => waiting.is_some(),
        Err(stop) => stop.status == Status::Unfinished,
    };
    let waiting = poll(deadline, waits, async || {
        let cluster = Cluster::connect(&shared.name).await?;
        let nodes = cluster.list("v1", "Node", "").await?;
        let mut states = nodes.iter().map(|node| (node, assess(node, &World::default())));
        let unready = states.find(|(_, state)| *state != State::Ready);
        Ok(unready
            .map(|(node, state)| format!("{}: {}", crate::object::name(node), state.reason())))
    });
    match waiting.await? {
        None => Ok(()),
        Some(unready) => Err(nodes::not_ready(&unready).await),
    }
}
