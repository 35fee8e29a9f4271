//! What the API server refuses although it fits the schema: names, numbers and fields that depend on each
//! other. Each refusal has the words of the server. Source: the validation of Kubernetes' API server; a
//! test sends mutations of objects to a real one and compares.

mod access;
mod at;
mod container;
mod cron;
mod data;
mod extension;
mod gateway;
mod limits;
mod metadata;
mod network;
mod pod;
mod probe;
mod quantity;
mod storage;
mod syntax;
mod volume;
mod workload;

use super::bundle::group_of;
use super::violation::Violation;
use crate::tree::Node;
use at::{At, Refusals};

/// What is refused of an object, in the order in which it is looked at.
pub fn refused(object: &Node) -> Vec<Violation> {
    let (Some(api_version), Some(kind)) =
        (object.str_at(&["apiVersion"]), object.str_at(&["kind"]))
    else {
        return Vec::new();
    };
    let mut refusals = Refusals::default();
    let at = At::root(object);
    metadata::check(&at, api_version, kind, &mut refusals);
    by_kind(&at, group_of(api_version), kind, &mut refusals);
    refusals.0
}

fn by_kind(at: &At<'_>, group: &str, kind: &str, refusals: &mut Refusals) {
    match (group, kind) {
        ("", "Pod" | "ReplicationController")
        | ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("batch", "Job" | "CronJob") => workload::check(at, kind, refusals),
        ("", "ConfigMap" | "Secret") => data::check(at, kind, refusals),
        ("", "Service") => network::service(at, refusals),
        ("networking.k8s.io", "Ingress") => network::ingress(at, refusals),
        ("networking.k8s.io", "NetworkPolicy") => network::policy(at, refusals),
        ("", "PersistentVolume" | "PersistentVolumeClaim") | ("storage.k8s.io", "StorageClass") => {
            storage::check(at, kind, refusals);
        }
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => access::role(at, kind, refusals),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            access::binding(at, kind, refusals);
        }
        ("policy", "PodDisruptionBudget") => limits::disruption(at, refusals),
        ("autoscaling", "HorizontalPodAutoscaler") => limits::autoscaler(at, refusals),
        ("", "ResourceQuota") => limits::quota(at, refusals),
        ("", "LimitRange") => limits::range(at, refusals),
        ("scheduling.k8s.io", "PriorityClass") => limits::priority(at, refusals),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => extension::definition(at, refusals),
        (
            "admissionregistration.k8s.io",
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration",
        ) => extension::webhooks(at, refusals),
        ("gateway.networking.k8s.io", "Gateway") => gateway::gateway(at, refusals),
        ("gateway.networking.k8s.io", "HTTPRoute") => gateway::http_route(at, refusals),
        _ => {}
    }
}
