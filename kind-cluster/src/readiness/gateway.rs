//! GatewayClass, Gateway and routes. Conditions count for the current generation only: a controller leaves
//! the old ones until it has looked again.

use serde_json::Value;

use super::{State, World};
use crate::object::{because, condition, list, name, number, text};

const GROUP: &str = "gateway.networking.k8s.io";

/// A class counts once its controller has accepted it.
pub(super) fn class(object: &Value) -> State {
    let generation = number(object, "/metadata/generation");
    check(list(object, "/status/conditions"), generation, &["Accepted"], &["Accepted"])
}

pub(super) fn gateway(object: &Value, world: &World) -> State {
    let class = text(object, "/spec/gatewayClassName");
    if let Some(reason) = no_controller(class, world) {
        return State::Skipped(reason);
    }
    let conditions = list(object, "/status/conditions");
    let generation = number(object, "/metadata/generation");
    match check(conditions, generation, &["Accepted", "Programmed"], &["Accepted"]) {
        State::Ready => {}
        other => return other,
    }
    // A listener whose certificate is missing is refused alone.
    for listener in list(object, "/status/listeners") {
        let failed = list(listener, "/conditions").iter().find(|condition| {
            ["Accepted", "ResolvedRefs"].contains(&text(condition, "/type"))
                && text(condition, "/status") == "False"
                && is_current(condition, generation)
        });
        if let Some(failed) = failed {
            let listener = text(listener, "/name");
            return State::failed(format!("listener {listener}: {}", because(failed)));
        }
    }
    State::Ready
}

pub(super) fn route(object: &Value, world: &World) -> State {
    let namespace = text(object, "/metadata/namespace");
    let generation = number(object, "/metadata/generation");
    for parent in list(object, "/spec/parentRefs") {
        let of = match text(parent, "/namespace") {
            "" => namespace,
            other => other,
        };
        let gateway = text(parent, "/name");
        // Of other namespaces, Gateways are not known.
        let is_gateway = ["", "Gateway"].contains(&text(parent, "/kind"));
        let found = world.get(GROUP, "Gateway", of, gateway);
        if is_gateway && found.is_none() && of == namespace {
            return State::InProgress(format!("there is no Gateway/{gateway}"));
        }
        if let Some(found) = found
            && let Some(reason) = no_controller(text(found, "/spec/gatewayClassName"), world)
        {
            return State::Skipped(reason);
        }
        let answers: Vec<&Value> = list(object, "/status/parents")
            .iter()
            .filter(|answer| same_parent(answer, parent, namespace))
            .collect();
        if answers.is_empty() {
            return State::InProgress(format!("Gateway/{gateway} has not answered yet"));
        }
        for answer in answers {
            let needed = ["Accepted", "ResolvedRefs"];
            match check(list(answer, "/conditions"), generation, &needed, &needed) {
                State::Ready => {}
                State::Failed(failure) => {
                    return State::Failed(failure.within(&format!("Gateway/{gateway}")));
                }
                other => return other,
            }
        }
    }
    State::Ready
}

/// Whether an answer is about a parent; one that names no namespace is in the route's own.
fn same_parent(answer: &Value, parent: &Value, namespace: &str) -> bool {
    let answered = answer.get("parentRef").unwrap_or(&Value::Null);
    let of = |reference| match text(reference, "/namespace") {
        "" => namespace.to_owned(),
        other => other.to_owned(),
    };
    let same = |field: &str| text(answered, field) == text(parent, field);
    same("/name") && same("/sectionName") && of(answered) == of(parent)
}

/// Whether a condition is about the object as it is now.
fn is_current(condition: &Value, generation: i64) -> bool {
    let observed = condition.get("observedGeneration").and_then(Value::as_i64);
    observed.is_none_or(|observed| observed >= generation)
}

/// Every condition of `needed` is True for `generation`; one of `fatal` that is False has failed.
fn check(conditions: &[Value], generation: i64, needed: &[&str], fatal: &[&str]) -> State {
    let mut waiting = None;
    for kind in needed {
        let current = conditions.iter().find(|condition| {
            text(condition, "/type") == *kind && is_current(condition, generation)
        });
        match current {
            None => {
                waiting.get_or_insert(format!("not {kind} yet"));
            }
            Some(condition) => match text(condition, "/status") {
                "True" => {}
                // Its controller has not looked yet; the API's default says so in these words.
                "False" if fatal.contains(kind) && text(condition, "/reason") != "Pending" => {
                    return State::failed(format!("{kind} is False: {}", because(condition)));
                }
                _ => {
                    waiting.get_or_insert(format!("not {kind} yet: {}", because(condition)));
                }
            },
        }
    }
    waiting.map_or(State::Ready, State::InProgress)
}

/// Why nobody will ever answer: the class is missing, or no controller has accepted it.
fn no_controller(class: &str, world: &World) -> Option<String> {
    let Some(found) = world.all("GatewayClass", "").find(|object| name(object) == class) else {
        return Some(format!("no controller: there is no GatewayClass/{class}"));
    };
    let accepted = condition(found, "Accepted");
    let has_answered = accepted.is_some_and(|accepted| text(accepted, "/reason") != "Pending");
    (!has_answered).then(|| format!("no controller has answered for GatewayClass/{class}"))
}
