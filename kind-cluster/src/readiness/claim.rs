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
        _ => State::InProgress("not bound yet".into()),
    }
}

fn waits_for_consumer(claim: &Value, world: &World) -> bool {
    let wanted = text(claim, "/spec/storageClassName");
    let class = world.all("StorageClass", "").find(|class| {
        if wanted.is_empty() {
            meta(class, "annotations", DEFAULT_CLASS) == Some("true")
        } else {
            name(class) == wanted
        }
    });
    class.is_some_and(|class| text(class, "/volumeBindingMode") == "WaitForFirstConsumer")
}

fn consumed(claim: &Value, world: &World) -> bool {
    let namespace = text(claim, "/metadata/namespace");
    world.all("Pod", namespace).any(|pod| uses(pod, namespace, name(claim)))
}
