//! Deployment: all counts at spec, Available, and its newest ReplicaSet the one that serves.

use serde_json::Value;

use super::state::{State, short_of};
use crate::object::{because, condition, has_condition, number, text};

pub(super) fn state(object: &Value) -> State {
    let progressing = condition(object, "Progressing");
    if let Some(progressing) = progressing
        && text(progressing, "/reason") == "ProgressDeadlineExceeded"
    {
        return State::failed(because(progressing));
    }
    if object.pointer("/status/observedGeneration").is_none() {
        return State::InProgress("its controller has not seen it yet".into());
    }
    let want = object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    for (field, what) in [("replicas", "created"), ("updatedReplicas", "updated")] {
        if let Some(state) = short_of(number(object, &format!("/status/{field}")), want, what) {
            return state;
        }
    }
    let left = number(object, "/status/replicas") - number(object, "/status/updatedReplicas");
    if left > 0 {
        return State::InProgress(format!("{left} of an older revision still there"));
    }
    let surplus = number(object, "/status/replicas") - want;
    if surplus > 0 {
        return State::InProgress(format!("{surplus} more than wanted still there"));
    }
    for (field, what) in [("availableReplicas", "available"), ("readyReplicas", "ready")] {
        if let Some(state) = short_of(number(object, &format!("/status/{field}")), want, what) {
            return state;
        }
    }
    if !has_condition(object, "Available", "True") {
        return State::InProgress("not Available yet".into());
    }
    // The condition lags behind the counts: without it the counts may be those of before.
    match progressing.map(|condition| text(condition, "/reason")) {
        Some("NewReplicaSetAvailable") => State::Ready,
        Some(reason) => State::InProgress(format!("rollout in progress: {reason}")),
        None => State::InProgress("rollout not confirmed yet".into()),
    }
}
