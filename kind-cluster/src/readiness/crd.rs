//! CustomResourceDefinition: Established, and discovery lists its kind, because clients look there.

use serde_json::Value;

use super::{State, World};
use crate::object::{because, condition, has_condition, text};

pub(super) fn state(object: &Value, world: &World) -> State {
    if let Some(names) = condition(object, "NamesAccepted")
        && text(names, "/status") == "False"
    {
        return State::failed(because(names));
    }
    if !has_condition(object, "Established", "True") {
        return State::InProgress("not Established yet".into());
    }
    let group = text(object, "/spec/group").to_owned();
    let kind = text(object, "/spec/names/kind").to_owned();
    if world.served.contains(&(group, kind)) {
        State::Ready
    } else {
        State::InProgress("discovery does not list it yet".into())
    }
}
