//! A kind without a rule: ready when it says so itself, and never because nothing is said.

use serde_json::Value;

use super::State;
use crate::object::{because, condition, text};

pub(super) fn state(object: &Value) -> State {
    match ["Ready", "Available"].into_iter().find_map(|kind| condition(object, kind)) {
        Some(found) if text(found, "/status") == "True" => State::Ready,
        Some(found) => State::InProgress(because(found)),
        // Many custom resources never say more, and waiting for them would never end.
        None => State::Skipped("no condition tells whether it is ready".into()),
    }
}
