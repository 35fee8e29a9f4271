//! The table of readiness, row by row, with what tells these rules from the usual ones.

use serde_json::{Value, json};

use super::*;
use crate::object::Key;

mod cluster;
mod unknown;
mod workloads;

/// A state's word, and something that its reason says.
type Wanted = (&'static str, &'static str);

fn assessed(object: &Value, around: &[Value]) -> State {
    let mut world = World { now: 1_000_000_000, ..World::default() };
    world.objects.extend(around.iter().map(|object| (Key::of(object), object.clone())));
    assess(object, &world)
}

#[track_caller]
fn table(rows: &[(&str, Value, Vec<Value>, Wanted)]) {
    let mut wrong = Vec::new();
    for (name, object, around, (word, reason)) in rows {
        let state = assessed(object, around);
        if state.word() != *word || !state.reason().contains(reason) {
            wrong.push(format!("{name}: {state:?}, not {word} {reason:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn object(version: &str, kind: &str, name: &str, more: Value) -> Value {
    let mut object = json!({"apiVersion": version, "kind": kind,
                            "metadata": {"name": name, "namespace": "n", "generation": 2}});
    for (key, value) in more.as_object().into_iter().flatten() {
        match object.get_mut(key).and_then(Value::as_object_mut) {
            Some(map) => map.extend(value.as_object().cloned().unwrap_or_default()),
            None => object[key.as_str()] = value.clone(),
        }
    }
    object
}

fn conditions(all: &[(&str, &str, &str)]) -> Value {
    let one = |(kind, status, reason): &(&str, &str, &str)| json!({"type": kind, "status": status, "reason": reason, "message": "said"});
    all.iter().map(one).collect()
}

#[test]
fn every_kind() {
    let any = |more| object("v1", "ConfigMap", "c", more);
    table(&[
        ("there", any(json!({})), vec![], ("ready", "")),
        (
            "being deleted",
            any(json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})),
            vec![],
            ("waiting", "terminating"),
        ),
        (
            "not observed",
            any(json!({"status": {"observedGeneration": 1}})),
            vec![],
            ("waiting", "has not seen"),
        ),
        (
            "reconciling",
            any(json!({"status": {"conditions": conditions(&[("Reconciling", "True", "Busy")])}})),
            vec![],
            ("waiting", "Busy"),
        ),
        (
            "stalled",
            any(json!({"status": {"conditions": conditions(&[("Stalled", "True", "Broken")])}})),
            vec![],
            ("failed", "Broken"),
        ),
    ]);
}

fn with(mut status: Value, changes: Value) -> Value {
    for (key, value) in changes.as_object().into_iter().flatten() {
        status[key.as_str()] = value.clone();
    }
    status
}
