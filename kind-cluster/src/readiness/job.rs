//! Job: done when Complete. That it has started, which other tools are content with, is not
//! enough for what waits for its result.

use serde_json::Value;

use super::State;
use crate::object::{because, condition, number, text};

pub(super) fn state(object: &Value) -> State {
    let is = |kind: &str| condition(object, kind).filter(|c| text(c, "/status") == "True");
    if let Some(failed) = is("Failed") {
        return State::failed(because(failed));
    }
    if is("Complete").is_some() {
        return State::Ready;
    }
    if object.pointer("/spec/suspend") == Some(&Value::Bool(true)) {
        return State::Skipped("suspended".into());
    }
    let failed = number(object, "/status/failed");
    let active = number(object, "/status/active");
    State::InProgress(match (active, failed) {
        (0, 0) => "not started yet".into(),
        (_, 0) => "running".into(),
        (_, failed) => format!("running again, {failed} failed before"),
    })
}
