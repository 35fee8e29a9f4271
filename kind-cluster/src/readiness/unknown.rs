//! A kind without a rule: ready when it says so itself, and never because nothing is said.

use serde_json::Value;

use super::State;
use crate::object::{because, list, number, text};

/// The conditions that say whether an object works, the most telling ones first.
const TELLING: [&str; 2] = ["Ready", "Available"];
/// Conditions of Gateway API's kinds, such as policies and sets of listeners.
const ACCEPTING: [&str; 3] = ["Accepted", "ResolvedRefs", "Programmed"];

pub(super) fn state(object: &Value) -> State {
    let conditions = list(object, "/status/conditions");
    let telling = TELLING.iter().find_map(|kind| told(object, conditions, &[*kind]));
    if let Some(state) = telling {
        return state;
    }
    // A policy has conditions for each object that it is attached to.
    let attached = ["/status/ancestors", "/status/parents"].map(|place| list(object, place));
    let attached = attached.iter().copied().flatten().map(|one| list(one, "/conditions"));
    let mut states: Vec<State> = attached
        .chain([conditions])
        .filter_map(|conditions| told(object, conditions, &ACCEPTING))
        .collect();
    states.sort_by_key(State::is_settled);
    if let Some(state) = states.into_iter().next() {
        return state;
    }
    // Many custom resources never say more, and waiting for them would never end.
    State::Skipped(match text(object, "/status/phase") {
        "" => "no condition tells whether it is ready".into(),
        phase => format!("no condition tells whether it is ready; its phase is {phase}"),
    })
}

/// The state by those of the conditions that are there; `None` without any. One that is not True counts first.
fn told(object: &Value, conditions: &[Value], kinds: &[&str]) -> Option<State> {
    let generation = number(object, "/metadata/generation");
    let mut found: Vec<&Value> =
        conditions.iter().filter(|known| kinds.contains(&text(known, "/type"))).collect();
    found.sort_by_key(|known| text(known, "/status") == "True");
    let first = *found.first()?;
    // A condition of an older generation says nothing about the change.
    let is_old = |known: &&&Value| {
        known.get("observedGeneration").and_then(Value::as_i64).is_some_and(|of| of < generation)
    };
    Some(match (found.iter().find(is_old), text(first, "/status")) {
        (Some(_), _) => State::InProgress("its controller has not seen the change yet".into()),
        (None, "True") => State::Ready,
        (None, _) => State::InProgress(because(first)),
    })
}
