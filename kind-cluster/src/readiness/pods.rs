//! What the pods of a workload say about it before its own conditions do.

use serde_json::Value;

use super::{State, World, pod};
use crate::object::{list, matches, meta, name, text};

/// Why a workload that is in progress will stay so: one of its pods is stuck.
pub(super) fn failure(object: &Value, world: &World) -> Option<String> {
    of(object, world).into_iter().find_map(|pod| {
        // A Job may try again: its own condition says when it has failed.
        let reason = match text(object, "/kind") {
            "Job" => pod::stuck(pod, world.now),
            _ => match pod::state(pod, world.now) {
                State::Failed(reason) => Some(reason),
                _ => None,
            },
        };
        reason.map(|reason| format!("pod {}: {reason}", name(pod)))
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
    let newest = (kind == "Deployment").then(|| newest_replica_set(object, world)).flatten();
    let revision = text(object, "/status/updateRevision");
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
                let own = meta(pod, "labels", "controller-revision-hash");
                revision.is_empty() || own.is_none_or(|own| own == revision)
            }
            _ => true,
        }
    };
    world.all("Pod", namespace).filter(belongs).collect()
}

fn owned_by(object: &Value, kind: &str, owner: &str) -> bool {
    list(object, "/metadata/ownerReferences")
        .iter()
        .any(|reference| text(reference, "/kind") == kind && text(reference, "/name") == owner)
}

fn newest_replica_set<'a>(deployment: &'a Value, world: &'a World) -> Option<&'a str> {
    let revision = |set: &&Value| {
        meta(set, "annotations", "deployment.kubernetes.io/revision")
            .and_then(|revision| revision.parse::<i64>().ok())
            .unwrap_or_default()
    };
    world
        .all("ReplicaSet", text(deployment, "/metadata/namespace"))
        .filter(|set| owned_by(set, "Deployment", name(deployment)))
        .max_by_key(revision)
        .map(name)
}
