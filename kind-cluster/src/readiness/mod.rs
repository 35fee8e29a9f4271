//! Whether an object is ready, in progress, failed or skipped: pure functions of the API server's answers,
//! one file for each kind.
//!
//! The rules are those of the kinds' own controllers. Where the usual tools stop early — a Job
//! that has only started, a claim that nobody consumes — the file says what differs.

mod claim;
mod crd;
mod daemon_set;
mod deployment;
mod external_secret;
mod gateway;
mod ingress;
mod job;
mod node;
pub(crate) mod outdated;
mod pod;
pub(crate) mod pods;
mod replica_set;
mod room;
mod rule;
mod service;
mod state;
mod stateful_set;
mod terminating;
mod unknown;
mod world;

use serde_json::Value;

use crate::object::{because, condition, has_condition, number, text};
pub(crate) use rule::Rule;
pub(crate) use state::{Cause, Failure, State};
pub(crate) use terminating::holder;
pub(crate) use world::{Patience, World};

/// The state of one object.
pub(crate) fn assess(object: &Value, world: &World) -> State {
    // Until a change has been seen, the pods are those of before, and say nothing about it.
    if let Some(state) = common(object) {
        return state;
    }
    let state = match Rule::of(object) {
        Rule::Deployment => deployment::state(object),
        Rule::StatefulSet => stateful_set::state(object),
        Rule::DaemonSet => daemon_set::state(object),
        Rule::ReplicaSet => replica_set::state(object),
        Rule::Job => job::state(object),
        Rule::Pod => pod::state(object, world),
        Rule::Claim => claim::state(object, world),
        Rule::Service => service::state(object, world),
        Rule::Definition => crd::state(object, world),
        Rule::GatewayClass => gateway::class(object),
        Rule::Gateway => gateway::gateway(object, world),
        Rule::Route => gateway::route(object, world),
        Rule::ExternalSecret => external_secret::external_secret(object, world),
        Rule::SecretStore => external_secret::store(object),
        Rule::Ingress => ingress::state(object, world),
        Rule::Node => node::state(object),
        Rule::Namespace if text(object, "/status/phase") == "Terminating" => {
            State::InProgress(holder(object))
        }
        Rule::Namespace | Rule::Stateless => State::Ready,
        Rule::Unknown => unknown::state(object),
    };
    match state {
        // A stuck rollout is told by its pods before its own deadline.
        State::InProgress(reason) => match pods::failure(object, world) {
            Some(failure) => State::Failed(failure),
            None => State::InProgress(match pods::waiting(object, world) {
                Some(why) => format!("{reason}; {why}"),
                None => reason,
            }),
        },
        State::Ready => pods::starting(object, world).map_or(State::Ready, State::InProgress),
        State::Failed(_) | State::Skipped(_) => state,
    }
}

/// The states that all kinds share, before the kind's own rule.
fn common(object: &Value) -> Option<State> {
    if !text(object, "/metadata/deletionTimestamp").is_empty() {
        return Some(State::InProgress(holder(object)));
    }
    if let Some(observed) = object.pointer("/status/observedGeneration").and_then(Value::as_i64)
        && observed < number(object, "/metadata/generation")
    {
        return Some(State::InProgress("its controller has not seen the change yet".into()));
    }
    if let Some(stalled) = condition(object, "Stalled").filter(|c| text(c, "/status") == "True") {
        return Some(State::failed(because(stalled)));
    }
    if has_condition(object, "Reconciling", "True") {
        let reason = condition(object, "Reconciling").map(because).unwrap_or_default();
        return Some(State::InProgress(format!("reconciling: {reason}")));
    }
    None
}

#[cfg(test)]
mod tests;
