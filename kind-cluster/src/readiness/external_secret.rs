//! ExternalSecret: Ready, and the Secret that pods will ask for exists. SecretStore: Ready.

use common::kubernetes::external_target;
use serde_json::Value;

use super::{State, World};
use crate::object::{because, condition, name, text};

pub(super) fn external_secret(object: &Value, world: &World) -> State {
    match store(object) {
        State::Ready => {}
        other => return other,
    }
    let target = object.get("spec").and_then(external_target).unwrap_or(name(object));
    match world.get("", "Secret", text(object, "/metadata/namespace"), target) {
        Some(_) => State::Ready,
        None => State::InProgress(format!("Ready, but Secret/{target} does not exist yet")),
    }
}

/// A store's answer may change for the better without anybody's doing, because the service behind it
/// starts later. So it is never a failure at once.
pub(super) fn store(object: &Value) -> State {
    match condition(object, "Ready") {
        Some(ready) if text(ready, "/status") == "True" => State::Ready,
        Some(ready) => State::InProgress(because(ready)),
        None => State::InProgress("its controller has not answered yet".into()),
    }
}
