//! PersistentVolumeClaim: Bound. Where volumes are made for the first pod that uses them, a claim
//! without one is unused, not pending: nobody will ever bind it.

use serde_json::Value;

use super::{State, World};
use crate::object::{meta, name, text, uses};

const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";

pub(super) fn state(object: &Value, world: &World) -> State {
    match text(object, "/status/phase") {
        "Bound" => State::Ready,
        "Lost" => State::failed("Lost: its volume is gone"),
        _ if waits_for_consumer(object, world) && !consumed(object, world) => {
            State::Skipped("unused: its volume is made when a pod uses it".into())
        }
        _ => State::InProgress(unbound(object, world)),
    }
}

/// Why no volume is made for a claim, as far as its class tells. Without any class in sight, the classes may not
/// have been read.
fn unbound(claim: &Value, world: &World) -> String {
    if world.all("StorageClass", "").next().is_none() {
        return "not bound yet".into();
    }
    let named = claim.pointer("/spec/storageClassName").and_then(Value::as_str);
    let why = match (named, class(claim, world)) {
        (_, Some(_)) => String::new(),
        (None, None) => ": it names no StorageClass, and there is no default one".to_owned(),
        (Some(""), None) => ": no PersistentVolume without a class fits".to_owned(),
        (Some(named), None) => {
            format!(
                ": there is no StorageClass/{named}, and no PersistentVolume of that class fits"
            )
        }
    };
    format!("not bound yet{why}")
}

/// The class of a claim. An empty name is not the default class: it asks for a volume without a class.
fn class<'w>(claim: &Value, world: &'w World) -> Option<&'w Value> {
    let wanted = claim.pointer("/spec/storageClassName").and_then(Value::as_str);
    world.all("StorageClass", "").find(|class| match wanted {
        None => meta(class, "annotations", DEFAULT_CLASS) == Some("true"),
        Some(wanted) => name(class) == wanted,
    })
}

fn waits_for_consumer(claim: &Value, world: &World) -> bool {
    class(claim, world)
        .is_some_and(|class| text(class, "/volumeBindingMode") == "WaitForFirstConsumer")
}

fn consumed(claim: &Value, world: &World) -> bool {
    let namespace = text(claim, "/metadata/namespace");
    world.all("Pod", namespace).any(|pod| uses(pod, namespace, name(claim)))
}
