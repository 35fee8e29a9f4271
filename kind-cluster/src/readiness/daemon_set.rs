//! DaemonSet: current, updated, available and ready on every node that should run it; without such a node it does
//! nothing, and that is no success.

use serde_json::Value;

use super::state::{State, short_of};
use crate::object::number;

const COUNTS: [(&str, &str); 4] = [
    ("currentNumberScheduled", "scheduled"),
    ("updatedNumberScheduled", "updated"),
    ("numberAvailable", "available"),
    ("numberReady", "ready"),
];

pub(super) fn state(object: &Value) -> State {
    let want = number(object, "/status/desiredNumberScheduled");
    if let Some(state) = short_of(object, want, &COUNTS) {
        return state;
    }
    match want {
        0 => State::Skipped("no pod: no node has the labels and taints that it asks for".into()),
        _ => State::Ready,
    }
}
