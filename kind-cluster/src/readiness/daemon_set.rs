//! DaemonSet: current, updated, available and ready on every node that should run it.

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
    short_of(object, want, &COUNTS).unwrap_or(State::Ready)
}
