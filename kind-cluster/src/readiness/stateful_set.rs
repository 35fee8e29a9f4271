//! StatefulSet: replicas and ready at spec, and every pod above the partition of the newest
//! revision. `OnDelete` is held to the same: what its pods run is otherwise not what was applied.

use serde_json::Value;

use super::state::{State, short_of};
use crate::object::{number, text};

pub(super) fn state(object: &Value) -> State {
    if object.pointer("/status/observedGeneration").is_none() {
        return State::InProgress("its controller has not seen it yet".into());
    }
    let want = object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    for (field, what) in [("replicas", "created"), ("readyReplicas", "ready")] {
        if let Some(state) = short_of(number(object, &format!("/status/{field}")), want, what) {
            return state;
        }
    }
    let surplus = number(object, "/status/replicas") - want;
    if surplus > 0 {
        return State::InProgress(format!("{surplus} more than wanted still there"));
    }
    let partition = number(object, "/spec/updateStrategy/rollingUpdate/partition");
    if partition > 0 {
        let updated = number(object, "/status/updatedReplicas");
        return short_of(updated, (want - partition).max(0), "updated").unwrap_or(State::Ready);
    }
    let (current, update) =
        (text(object, "/status/currentRevision"), text(object, "/status/updateRevision"));
    if current == update {
        return State::Ready;
    }
    let updated = number(object, "/status/updatedReplicas");
    if text(object, "/spec/updateStrategy/type") == "OnDelete" {
        // Its controller leaves the current revision as it was.
        if updated >= want {
            return State::Ready;
        }
        return State::InProgress(
            "pods of an older revision; with OnDelete they change when they are deleted".into(),
        );
    }
    State::InProgress(format!("{updated} of {want} updated"))
}
