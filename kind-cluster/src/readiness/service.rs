//! Service: one with a selector needs a ready endpoint. Without one, connections are refused
//! although every object is there.

use serde_json::Value;

use super::{State, World};
use crate::object::{Key, list, matches, meta, name, replicas, template, text};

/// The group that serves EndpointSlices of the same form before Kubernetes 1.21.
pub(super) const OLD_SLICES: &str = "discovery.k8s.io/v1beta1";

pub(super) fn state(object: &Value, world: &World) -> State {
    let selects =
        object.pointer("/spec/selector").and_then(Value::as_object).is_some_and(|s| !s.is_empty());
    if !selects || text(object, "/spec/type") == "ExternalName" {
        return State::Ready;
    }
    let slices = world.all("EndpointSlice", text(object, "/metadata/namespace"));
    let ready = slices
        .filter(|slice| meta(slice, "labels", "kubernetes.io/service-name") == Some(name(object)))
        .flat_map(|slice| list(slice, "/endpoints"))
        // A missing answer counts as ready: that is how the API defines it.
        .any(|endpoint| endpoint.pointer("/conditions/ready") != Some(&Value::Bool(false)));
    if ready { State::Ready } else { unserved(object, world) }
}

/// Nobody answers: because of workloads at 0 nobody will, and without a workload perhaps never.
fn unserved(object: &Value, world: &World) -> State {
    let namespace = text(object, "/metadata/namespace");
    let selector = object.pointer("/spec/selector");
    let workloads: Vec<&Value> = ["Deployment", "StatefulSet"]
        .into_iter()
        .flat_map(|kind| world.all(kind, namespace))
        .filter(|workload| template(*workload).is_some_and(|pod| matches(selector, pod)))
        .collect();
    if workloads.is_empty() {
        let reason = "no ready endpoint, and no Deployment or StatefulSet has its labels";
        return State::InProgress(reason.into());
    }
    if workloads.iter().all(|workload| replicas(workload) == 0) {
        let names: Vec<String> =
            workloads.iter().map(|workload| Key::of(workload).to_string()).collect();
        return State::Skipped(format!("no endpoint: {} has 0 replicas", names.join(", ")));
    }
    State::InProgress("no ready endpoint".into())
}
