//! DaemonSet: current, updated, available and ready on every node that should run it.

use serde_json::Value;

use super::state::{State, short_of};
use crate::object::number;

pub(super) fn state(object: &Value) -> State {
    if object.pointer("/status/observedGeneration").is_none() {
        return State::InProgress("its controller has not seen it yet".into());
    }
    let want = number(object, "/status/desiredNumberScheduled");
    for (field, what) in [
        ("currentNumberScheduled", "scheduled"),
        ("updatedNumberScheduled", "updated"),
        ("numberAvailable", "available"),
        ("numberReady", "ready"),
    ] {
        if let Some(state) = short_of(number(object, &format!("/status/{field}")), want, what) {
            return state;
        }
    }
    State::Ready
}
