//! Node: Ready, and no pressure that would keep pods away.

use serde_json::Value;

use super::State;
use crate::object::{because, condition, has_condition, text};

pub(super) fn state(object: &Value) -> State {
    match condition(object, "Ready") {
        Some(ready) if text(ready, "/status") == "True" => {}
        Some(ready) => return State::InProgress(because(ready)),
        None => return State::InProgress("its kubelet has not answered yet".into()),
    }
    for pressure in ["MemoryPressure", "DiskPressure", "PIDPressure"] {
        if has_condition(object, pressure, "True") {
            return State::InProgress(format!("under {pressure}"));
        }
    }
    State::Ready
}
