//! The state of a workload's pods, which comes before the workload's own conditions.

use serde_json::Value;

use super::{Failure, State, World, holder, outdated, pod};
use crate::object::{because, condition, has_condition, list, matches, meta, name, seconds, text};

/// Why a workload that is in progress will stay so: one of its pods is stuck.
pub(super) fn failure(object: &Value, world: &World) -> Option<Failure> {
    of(object, world).into_iter().find_map(|pod| {
        // A Job may try again, in the same pod or another: its own condition says when it has failed.
        // Of the others, a pod that has ended is replaced by its controller.
        let failure = match text(object, "/kind") {
            "Job" => pod::unstartable(pod, world),
            _ if text(pod, "/status/phase") == "Failed" => None,
            _ => pod::stuck(pod, world),
        };
        failure.map(|failure| failure.within(&format!("pod {}", name(pod))))
    })
}

/// Why a workload that is in progress is not ready yet: the reason of its first pod that is not, or that
/// its pods cannot be made.
pub(super) fn waiting(object: &Value, world: &World) -> Option<String> {
    if let Some(refused) = condition(object, "ReplicaFailure") {
        return Some(because(refused));
    }
    let newest = of(object, world).into_iter().find_map(|pod| match pod::state(pod, world) {
        State::InProgress(reason) => Some(format!("pod {}: {reason}", name(pod))),
        State::Ready | State::Failed(_) | State::Skipped(_) => None,
    });
    newest.or_else(|| outdated::waiting(object, world)).or_else(|| going(object, world))
}

/// A pod that is being deleted and keeps its successor from being made.
fn going(object: &Value, world: &World) -> Option<String> {
    if !["Deployment", "StatefulSet", "DaemonSet"].contains(&text(object, "/kind")) {
        return None;
    }
    let is_going = |pod: &&Value| {
        matches(object.pointer("/spec/selector/matchLabels"), pod)
            && !text(pod, "/metadata/deletionTimestamp").is_empty()
    };
    let pod = world.all("Pod", text(object, "/metadata/namespace")).find(is_going)?;
    let node = text(pod, "/spec/nodeName");
    let lost = world.get("", "Node", "", node).is_some_and(|n| !has_condition(n, "Ready", "True"));
    let lost = if lost { format!("; its node {node} is not Ready") } else { String::new() };
    Some(format!("pod {}: {}{lost}", name(pod), holder(pod)))
}

/// A container that has only just started counts as ready to Kubernetes, where no probe says otherwise, although
/// it may be about to end: a program that finds its configuration wrong is gone within a second.
const SETTLED: i64 = 5;

/// A container of a workload that is ready, and may not stay so.
pub(super) fn starting(object: &Value, world: &World) -> Option<String> {
    if text(object, "/kind") == "Job" {
        return None;
    }
    of(object, world).into_iter().find_map(|pod| {
        let probed = |name: &str| {
            list(pod, "/spec/containers")
                .iter()
                .any(|c| text(c, "/name") == name && c.get("readinessProbe").is_some())
        };
        list(pod, "/status/containerStatuses").iter().find_map(|status| {
            let container = text(status, "/name");
            // The workload's own status learns of it a little later.
            let ended = status.pointer("/state/terminated").is_some();
            if ended && text(pod, "/status/phase") == "Running" {
                return Some(format!("container {container} of pod {} has ended", name(pod)));
            }
            let since = seconds(text(status, "/state/running/startedAt"))?;
            ((0..SETTLED).contains(&(world.now - since)) && !probed(container)).then(|| {
                format!("container {container} of pod {} has only just started", name(pod))
            })
        })
    })
}

/// The pods of a workload that count for it: those of its newest revision. A pod that an update
/// is about to replace may fail as it likes.
pub(crate) fn of<'a>(object: &'a Value, world: &'a World) -> Vec<&'a Value> {
    let kind = text(object, "/kind");
    let namespace = text(object, "/metadata/namespace");
    if !["Deployment", "StatefulSet", "DaemonSet", "Job"].contains(&kind) {
        return Vec::new();
    }
    let newest = newest_replica_set(object, world);
    if kind == "Deployment" && newest.is_none() && rollout(object).is_some() {
        // The ReplicaSet is watched apart from the Deployment, and its news may be late.
        return Vec::new();
    }
    let revision = text(object, "/status/updateRevision");
    // The API server increments this with every change of the template, and labels the pods with it.
    let generation = meta(object, "annotations", "deprecated.daemonset.template.generation");
    let belongs = |pod: &&Value| {
        if !text(pod, "/metadata/deletionTimestamp").is_empty() {
            return false;
        }
        if kind == "Job" {
            return owned_by(pod, "Job", name(object));
        }
        if !matches(object.pointer("/spec/selector/matchLabels"), pod) {
            return false;
        }
        match kind {
            "Deployment" => newest.is_none_or(|newest| owned_by(pod, "ReplicaSet", newest)),
            "StatefulSet" => {
                let pod_revision = meta(pod, "labels", "controller-revision-hash");
                revision.is_empty()
                    || pod_revision.is_none_or(|pod_revision| pod_revision == revision)
            }
            _ => {
                let pod_generation = meta(pod, "labels", "pod-template-generation");
                generation.is_none() || pod_generation.is_none() || pod_generation == generation
            }
        }
    };
    world.all("Pod", namespace).filter(belongs).collect()
}

fn owned_by(object: &Value, kind: &str, owner: &str) -> bool {
    list(object, "/metadata/ownerReferences")
        .iter()
        .any(|reference| text(reference, "/kind") == kind && text(reference, "/name") == owner)
}

/// The revision that a Deployment or ReplicaSet is at.
fn rollout(object: &Value) -> Option<&str> {
    meta(object, "annotations", "deployment.kubernetes.io/revision")
}

/// The ReplicaSet of a Deployment's own revision.
fn newest_replica_set<'a>(deployment: &'a Value, world: &'a World) -> Option<&'a str> {
    world
        .all("ReplicaSet", text(deployment, "/metadata/namespace"))
        .filter(|set| owned_by(set, "Deployment", name(deployment)))
        .find(|set| rollout(set).is_some() && rollout(set) == rollout(deployment))
        .map(name)
}
