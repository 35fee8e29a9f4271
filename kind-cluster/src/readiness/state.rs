//! The states of an object.

use serde_json::Value;

use crate::object::number;

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
    pub(super) fn new(cause: Cause, reason: String) -> Self {
        Failure { cause, reason }
    }

    /// The same, found in a part of the object.
    pub(super) fn within(self, part: &str) -> Self {
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

/// `3 of 5 ready`, for the first count of a workload's status that is less than wanted. Before its
/// controller has looked at it, the counts say nothing.
pub(super) fn short_of(object: &Value, want: i64, counts: &[(&str, &str)]) -> Option<State> {
    if object.pointer("/status/observedGeneration").is_none() {
        return Some(State::InProgress("its controller has not seen it yet".into()));
    }
    counts.iter().find_map(|(field, label)| {
        let have = number(object, &format!("/status/{field}"));
        (have < want).then(|| State::InProgress(format!("{have} of {want} {label}")))
    })
}

/// More pods than wanted, which are still to go.
pub(super) fn surplus(object: &Value, want: i64) -> Option<State> {
    let surplus = number(object, "/status/replicas") - want;
    (surplus > 0).then(|| State::InProgress(format!("{surplus} more than wanted still there")))
}
