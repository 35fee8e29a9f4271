//! Whether an object is ready, in progress, failed or skipped: pure functions of what the API
//! server says, one file for each kind.
//!
//! The rules are those of the kinds' own controllers. Where the usual tools stop early — a Job
//! that has only started, a claim that nobody consumes — the file says what differs.

mod claim;
mod crd;
mod daemon_set;
mod deployment;
pub(crate) mod external_secret;
mod gateway;
mod job;
mod node;
mod pod;
pub(crate) mod pods;
pub(crate) mod service;
mod state;
mod stateful_set;
mod world;

use serde_json::Value;

use crate::object::{because, condition, has_condition, number, text};
pub(crate) use state::State;
pub(crate) use world::World;

/// The state of one object.
pub(crate) fn assess(object: &Value, world: &World) -> State {
    // Until a change has been seen, the pods are those of before, and say nothing about it.
    if let Some(state) = common(object) {
        return state;
    }
    let own = match text(object, "/kind") {
        "Deployment" => deployment::state(object),
        "StatefulSet" => stateful_set::state(object),
        "DaemonSet" => daemon_set::state(object),
        "Job" => job::state(object),
        "Pod" => pod::state(object, world.now),
        "PersistentVolumeClaim" => claim::state(object, world),
        "Service" => service::state(object, world),
        "CustomResourceDefinition" => crd::state(object, world),
        "GatewayClass" => gateway::class(object),
        "Gateway" => gateway::gateway(object, world),
        "HTTPRoute" => gateway::route(object, world),
        "ExternalSecret" => external_secret::external_secret(object, world),
        "SecretStore" | "ClusterSecretStore" => external_secret::store(object),
        "Node" => node::state(object),
        "Namespace" if text(object, "/status/phase") == "Terminating" => {
            State::InProgress("terminating".into())
        }
        _ => State::Ready,
    };
    match own {
        // A stuck rollout is told by its pods before its own deadline.
        State::InProgress(reason) => {
            pods::failure(object, world).map_or(State::InProgress(reason), State::Failed)
        }
        State::Ready => pods::starting(object, world).map_or(State::Ready, State::InProgress),
        own => own,
    }
}

/// What holds for every kind, before its own rule.
fn common(object: &Value) -> Option<State> {
    if !text(object, "/metadata/deletionTimestamp").is_empty() {
        return Some(State::InProgress("terminating".into()));
    }
    if let Some(observed) = object.pointer("/status/observedGeneration").and_then(Value::as_i64)
        && observed < number(object, "/metadata/generation")
    {
        return Some(State::InProgress("its controller has not seen the change yet".into()));
    }
    if let Some(stalled) = condition(object, "Stalled").filter(|c| text(c, "/status") == "True") {
        return Some(State::Failed(because(stalled)));
    }
    if has_condition(object, "Reconciling", "True") {
        let reason = condition(object, "Reconciling").map(because).unwrap_or_default();
        return Some(State::InProgress(format!("reconciling: {reason}")));
    }
    None
}

#[cfg(test)]
mod tests;
