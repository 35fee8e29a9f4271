//! Service: one with a selector needs a ready endpoint. Without one, connections are refused
//! although every object is there.

use serde_json::Value;

use super::{State, World};
use crate::object::{list, meta, name, text};

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
    if ready { State::Ready } else { State::InProgress("no ready endpoint".into()) }
}
