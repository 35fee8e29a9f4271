//! Deployment: all counts at spec, Available, and only its newest ReplicaSet serves.

use serde_json::Value;

use super::state::{State, short_of, surplus};
use crate::object::{because, condition, has_condition, number, replicas, text};

pub(super) fn state(object: &Value) -> State {
    let progressing = condition(object, "Progressing");
    if let Some(progressing) = progressing
        && text(progressing, "/reason") == "ProgressDeadlineExceeded"
    {
        return State::failed(because(progressing));
    }
    let want = replicas(object);
    if object.pointer("/spec/paused") == Some(&Value::Bool(true)) {
        let counts = ["updatedReplicas", "availableReplicas"];
        return match counts.iter().all(|c| number(object, &format!("/status/{c}")) >= want) {
            true => State::Ready,
            false => State::failed(
                "it is paused, and no change is rolled out: take `paused` away, or `kubectl rollout resume`",
            ),
        };
    }
    let made = [("replicas", "created"), ("updatedReplicas", "updated")];
    if let Some(state) = short_of(object, want, &made) {
        return state;
    }
    let left = number(object, "/status/replicas") - number(object, "/status/updatedReplicas");
    if left > 0 {
        return State::InProgress(format!("{left} of an older revision still there"));
    }
    let serving = [("availableReplicas", "available"), ("readyReplicas", "ready")];
    if let Some(state) = surplus(object, want).or_else(|| short_of(object, want, &serving)) {
        return state;
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
