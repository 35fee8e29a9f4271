//! Pods of an older revision that keep a StatefulSet from its newest one: its controller replaces a pod in order,
//! and waits until each is ready, even where the template has been mended and the pod never will be.

use serde_json::Value;

use super::World;
use super::pod;
use crate::object::{condition, has_condition, list, matches, meta, name, number, statuses, text};

/// Reasons of a container that is on its way to its first start.
const STARTING: [&str; 3] = ["", "PodInitializing", "ContainerCreating"];

/// The first pod that the controller waits for, although it would replace the pod.
pub(super) fn awaited<'a>(object: &'a Value, world: &'a World) -> Option<&'a Value> {
    let newest = text(object, "/status/updateRevision");
    let observed = number(object, "/status/observedGeneration");
    if text(object, "/kind") != "StatefulSet"
        || newest.is_empty()
        || observed < number(object, "/metadata/generation")
        || text(object, "/spec/podManagementPolicy") == "Parallel"
        || text(object, "/spec/updateStrategy/type") == "OnDelete"
    {
        return None;
    }
    // A partition counts pods, and the first of them may have another number than 0.
    let first = number(object, "/spec/ordinals/start")
        + number(object, "/spec/updateStrategy/rollingUpdate/partition");
    let uid = &object["metadata"]["uid"];
    let is_awaited = |pod: &&Value| {
        let revision = meta(pod, "labels", "controller-revision-hash");
        let ordinal = name(pod).rsplit('-').next().and_then(|number| number.parse().ok());
        matches(object.pointer("/spec/selector/matchLabels"), pod)
            && list(pod, "/metadata/ownerReferences").iter().any(|owner| owner["uid"] == *uid)
            && revision.is_some_and(|revision| revision != newest)
            && ordinal.is_some_and(|ordinal: i64| ordinal >= first)
            && text(pod, "/metadata/deletionTimestamp").is_empty()
            && !has_condition(pod, "Ready", "True")
    };
    world.all("Pod", text(object, "/metadata/namespace")).find(is_awaited)
}

/// The awaited pod, where none of its containers runs or is about to: it can be deleted for its successor. Its
/// ephemeral volumes would go with it, and a container that has run may have written to them.
pub(crate) fn stuck<'a>(object: &'a Value, world: &'a World) -> Option<&'a Value> {
    let pod = awaited(object, world)?;
    let has_no_node = condition(pod, "PodScheduled")
        .is_some_and(|scheduled| text(scheduled, "/reason") == "Unschedulable");
    let fails =
        |(status, _): (&Value, bool)| !STARTING.contains(&text(status, "/state/waiting/reason"));
    let runs = |(status, _): (&Value, bool)| status.pointer("/state/running").is_some();
    let is_ephemeral = |volume: &Value| volume.get("ephemeral").is_some();
    let has_run = |(status, _): (&Value, bool)| number(status, "/restartCount") > 0;
    let has_data =
        list(pod, "/spec/volumes").iter().any(is_ephemeral) && statuses(pod).any(has_run);
    let never_starts = has_no_node || (statuses(pod).any(fails) && !statuses(pod).any(runs));
    (never_starts && !has_data).then_some(pod)
}

/// Why a StatefulSet does not go on.
pub(super) fn waiting(object: &Value, world: &World) -> Option<String> {
    let pod = awaited(object, world)?;
    Some(format!(
        "pod {} of an older revision is not ready ({}), and Kubernetes replaces it only once it is, or is deleted; \
         the claims of its volumeClaimTemplates stay",
        name(pod),
        pod::waiting(pod)
    ))
}
