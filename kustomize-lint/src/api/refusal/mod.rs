//! Refusals of the API server beyond the schema: names, numbers and fields that depend on each
//! other. Each refusal has the words of the server. Source: the validation of Kubernetes' API server; a
//! test sends mutations of objects to a real one and compares.

mod access;
mod address;
mod at;
mod claims;
mod cluster;
mod container;
mod cron;
mod data;
mod downward;
mod extension;
mod forms;
mod job;
mod limits;
mod metadata;
mod network;
mod node;
mod pod;
mod probe;
mod quantity;
mod schemas;
mod storage;
mod structural;
mod syntax;
mod system;
mod table;
mod volume;
mod workload;
mod zone;

use std::collections::HashSet;

use super::bundle::group_of;
use super::violation::Violation;
use crate::tree::Node;
use at::{At, Refusals};
use pod::Maker;
use structural::Others;

pub use structural::Definitions;

/// The refusals of an object, in the order in which it is looked at. A kind among the definitions is
/// checked against its schema there.
pub fn refused(object: &Node, definitions: &Definitions) -> Vec<Violation> {
    let (Some(api_version), Some(kind)) =
        (object.str_at(&["apiVersion"]), object.str_at(&["kind"]))
    else {
        return Vec::new();
    };
    let mut refusals = Refusals::default();
    let at = At::root(object);
    let group = group_of(api_version);
    metadata::check(&at, api_version, kind, &mut refusals);
    by_kind(&at, group, kind, &mut refusals);
    table::check(&at, group, kind, &mut refusals);
    match definitions.get(api_version, kind) {
        Some(schema) => structural::check(schema, &at, Others::Unknown, &mut refusals),
        None => schemas::check(&at, api_version, kind, &mut refusals),
    }
    once_for_each_place(refusals.0)
}

/// Two rules may refuse one value, and the first says enough.
fn once_for_each_place(mut found: Vec<Violation>) -> Vec<Violation> {
    let mut seen = HashSet::new();
    found.retain(|violation| seen.insert((violation.path.clone(), violation.place)));
    found
}

fn by_kind(at: &At<'_>, group: &str, kind: &str, refusals: &mut Refusals) {
    match (group, kind) {
        ("", "Pod" | "ReplicationController")
        | ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("batch", "Job" | "CronJob") => workload::check(at, kind, refusals),
        ("", "PodTemplate") => match at.get("template") {
            Some(template) => pod::template(&template, Maker::Pod, &[], refusals),
            None => refusals.missing(at, "template"),
        },
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
        ("", "Event") => cluster::event(at, refusals),
        ("", "Endpoints") => cluster::endpoints(at, refusals),
        ("discovery.k8s.io", "EndpointSlice") => cluster::slice(at, refusals),
        ("networking.k8s.io", "ServiceCIDR") => cluster::service_ranges(at, refusals),
        ("gateway.networking.k8s.io", "ReferenceGrant") => cluster::grant(at, refusals),
        ("networking.k8s.io", "IngressClass") => cluster::ingress_class(at, refusals),
        ("storage.k8s.io", "VolumeAttachment") => cluster::attachment(at, refusals),
        ("apiregistration.k8s.io", "APIService") => cluster::service(at, refusals),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema") => cluster::flow(at, refusals),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration") => {
            cluster::priority_level(at, refusals);
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => {
            cluster::policy(at, refusals);
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") => {
            cluster::binding(at, refusals);
        }
        ("node.k8s.io", "RuntimeClass") => {
            for toleration in at.get("scheduling").iter().flat_map(|at| at.list("tolerations")) {
                pod::toleration(&toleration, refusals);
            }
        }
        ("", "ResourceQuota") => limits::quota(at, refusals),
        ("", "LimitRange") => limits::range(at, refusals),
        ("scheduling.k8s.io", "PriorityClass") => limits::priority(at, refusals),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => extension::definition(at, refusals),
        (
            "admissionregistration.k8s.io",
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration",
        ) => extension::webhooks(at, refusals),
        _ => {}
    }
}
