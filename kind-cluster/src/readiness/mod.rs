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
mod stateful_set;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::{Key, Objects, because, condition, has_condition, number, text};

/// What an object's state is, with the reason where it is not simply ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing is left to wait for.
    Ready,
    /// It may still become ready.
    InProgress(String),
    /// It will not become ready by waiting.
    Failed(String),
    /// There is nothing that could make it ready, and that is no failure.
    Skipped(String),
}

impl State {
    /// Ready, or nothing to wait for.
    pub(crate) fn is_settled(&self) -> bool {
        matches!(self, State::Ready | State::Skipped(_))
    }

    /// One word for a table.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            State::Ready => "ready",
            State::InProgress(_) => "waiting",
            State::Failed(_) => "failed",
            State::Skipped(_) => "skipped",
        }
    }

    /// Why, or nothing.
    pub(crate) fn reason(&self) -> &str {
        match self {
            State::Ready => "",
            State::InProgress(reason) | State::Failed(reason) | State::Skipped(reason) => reason,
        }
    }
}

/// What the rules may look at besides the object.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// What is known of the cluster.
    pub(crate) objects: Objects,
    /// Group and kind of what discovery lists, where that was asked.
    pub(crate) served: BTreeSet<(String, String)>,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

impl World {
    /// An object that is known.
    pub(crate) fn get(&self, group: &str, kind: &str, ns: &str, name: &str) -> Option<&Value> {
        self.objects.get(&Key::new(group, kind, ns, name))
    }

    /// All known objects of a kind in a namespace.
    pub(crate) fn all<'a>(
        &'a self,
        kind: &'a str,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Value> {
        let wanted = move |key: &&Key| key.kind == kind && key.namespace == namespace;
        self.objects.keys().filter(wanted).filter_map(|key| self.objects.get(key))
    }
}

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

/// `3 of 5 ready`, when fewer are there than wanted.
fn short_of(have: i64, want: i64, what: &str) -> Option<State> {
    (have < want).then(|| State::InProgress(format!("{have} of {want} {what}")))
}

#[cfg(test)]
mod tests;
