//! ReplicaSet and ReplicationController: as many ready pods as wanted.

use serde_json::Value;

use super::state::{State, short_of};
use crate::object::number;

pub(super) fn state(object: &Value) -> State {
    if object.pointer("/status/observedGeneration").is_none() {
        return State::InProgress("its controller has not seen it yet".into());
    }
    let want = object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    short_of(number(object, "/status/readyReplicas"), want, "ready").unwrap_or(State::Ready)
}
