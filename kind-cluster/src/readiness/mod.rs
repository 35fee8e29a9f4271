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
mod replica_set;
mod rule;
mod service;
mod stateful_set;
mod unknown;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::{Key, Objects, because, condition, has_condition, number, text};
pub(crate) use rule::Rule;

/// The state of an object, with the reason where it is not simply ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing is left to wait for.
    Ready,
    /// It may still become ready.
    InProgress(String),
    /// It will not become ready by waiting.
    Failed(Failure),
    /// There is nothing that could make it ready, and that is no failure.
    Skipped(String),
}

/// Why an object has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    /// The same with names, for people.
    pub(crate) reason: String,
}

/// The causes that have a hint or a code of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A container ends again and again.
    CrashLoop,
    /// An image cannot be had.
    Image,
    Other,
}

impl Failure {
    fn new(cause: Cause, reason: String) -> Self {
        Failure { cause, reason }
    }

    /// The same, found in a part of the object.
    fn within(self, part: &str) -> Self {
        Failure { reason: format!("{part}: {}", self.reason), ..self }
    }
}

impl State {
    /// A failure for another cause than those of pods.
    pub(crate) fn failed(reason: impl Into<String>) -> Self {
        State::Failed(Failure::new(Cause::Other, reason.into()))
    }

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
            State::InProgress(reason) | State::Skipped(reason) => reason,
            State::Failed(failure) => &failure.reason,
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
    let state = match Rule::of(object) {
        Rule::Deployment => deployment::state(object),
        Rule::StatefulSet => stateful_set::state(object),
        Rule::DaemonSet => daemon_set::state(object),
        Rule::ReplicaSet => replica_set::state(object),
        Rule::Job => job::state(object),
        Rule::Pod => pod::state(object, world.now),
        Rule::Claim => claim::state(object, world),
        Rule::Service => service::state(object, world),
        Rule::Definition => crd::state(object, world),
        Rule::GatewayClass => gateway::class(object),
        Rule::Gateway => gateway::gateway(object, world),
        Rule::Route => gateway::route(object, world),
        Rule::ExternalSecret => external_secret::external_secret(object, world),
        Rule::SecretStore => external_secret::store(object),
        Rule::Node => node::state(object),
        Rule::Namespace if text(object, "/status/phase") == "Terminating" => {
            State::InProgress("terminating".into())
        }
        Rule::Namespace | Rule::Stateless => State::Ready,
        Rule::Unknown => unknown::state(object),
    };
    match state {
        // A stuck rollout is told by its pods before its own deadline.
        State::InProgress(reason) => {
            pods::failure(object, world).map_or(State::InProgress(reason), State::Failed)
        }
        State::Ready => pods::starting(object, world).map_or(State::Ready, State::InProgress),
        State::Failed(_) | State::Skipped(_) => state,
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
        return Some(State::failed(because(stalled)));
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
