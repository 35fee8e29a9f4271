//! The rule that tells whether an object is ready, and the other objects that the rule looks at.

use common::kubernetes::is_builtin;
use serde_json::Value;

use super::service::OLD_SLICES;
use crate::object::{group, text};

const GATEWAYS: &str = "gateway.networking.k8s.io";
const SECRETS: &str = "external-secrets.io";

/// How the readiness of an object is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    Job,
    Pod,
    Claim,
    Service,
    Definition,
    GatewayClass,
    Gateway,
    Route,
    ExternalSecret,
    SecretStore,
    Ingress,
    Node,
    Namespace,
    /// A kind of Kubernetes that has no state: it is ready as soon as it is there.
    Stateless,
    /// A kind that is not known: only its own conditions can tell.
    Unknown,
}

/// Version and kind of objects that a rule looks at, the first one that is served.
pub(crate) type Watched = &'static [(&'static str, &'static str)];

impl Rule {
    /// The rule for an object.
    pub(crate) fn of(object: &Value) -> Self {
        Rule::of_kind(group(object), text(object, "/kind"))
    }

    /// The rule for the objects of a kind.
    pub(crate) fn of_kind(group: &str, kind: &str) -> Self {
        // Other projects have kinds of the same names.
        match (group, kind) {
            ("apps" | "extensions", "Deployment") => Rule::Deployment,
            ("apps", "StatefulSet") => Rule::StatefulSet,
            ("apps" | "extensions", "DaemonSet") => Rule::DaemonSet,
            ("apps" | "extensions", "ReplicaSet") | ("", "ReplicationController") => {
                Rule::ReplicaSet
            }
            ("batch", "Job") => Rule::Job,
            ("", "Pod") => Rule::Pod,
            ("", "PersistentVolumeClaim") => Rule::Claim,
            ("", "Service") => Rule::Service,
            ("apiextensions.k8s.io", "CustomResourceDefinition") => Rule::Definition,
            (GATEWAYS, "GatewayClass") => Rule::GatewayClass,
            (GATEWAYS, "Gateway") => Rule::Gateway,
            (GATEWAYS, "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" | "UDPRoute") => {
                Rule::Route
            }
            (SECRETS, "ExternalSecret") => Rule::ExternalSecret,
            (SECRETS, "SecretStore" | "ClusterSecretStore") => Rule::SecretStore,
            ("networking.k8s.io" | "extensions", "Ingress") => Rule::Ingress,
            ("", "Node") => Rule::Node,
            ("", "Namespace") => Rule::Namespace,
            // It stands for a server that may not answer, and its conditions say so.
            (_, "APIService") => Rule::Unknown,
            _ if is_builtin(group) => Rule::Stateless,
            _ => Rule::Unknown,
        }
    }

    /// Whether the object has a state that is worth a line in a report.
    pub(crate) fn has_state(self) -> bool {
        !matches!(self, Rule::Stateless | Rule::Namespace)
    }

    /// The other objects that the rule looks at. Of the versions of one entry, the first that is
    /// served is watched.
    pub(crate) fn watched(self) -> &'static [Watched] {
        const PODS: Watched = &[("v1", "Pod")];
        const CLASSES: Watched = &[("gateway.networking.k8s.io/v1", "GatewayClass")];
        const NODES: Watched = &[("v1", "Node")];
        match self {
            Rule::Deployment => &[PODS, NODES, &[("apps/v1", "ReplicaSet")]],
            Rule::StatefulSet | Rule::DaemonSet | Rule::Job => &[PODS, NODES],
            Rule::Pod => &[NODES],
            Rule::Service => &[
                &[("discovery.k8s.io/v1", "EndpointSlice"), (OLD_SLICES, "EndpointSlice")],
                &[("apps/v1", "Deployment")],
                &[("apps/v1", "StatefulSet")],
            ],
            Rule::Ingress => &[&[("networking.k8s.io/v1", "IngressClass")]],
            Rule::Claim => &[PODS, &[("storage.k8s.io/v1", "StorageClass")]],
            Rule::ExternalSecret => &[&[("v1", "Secret")]],
            Rule::Gateway => &[CLASSES],
            Rule::Route => &[CLASSES, &[("gateway.networking.k8s.io/v1", "Gateway")]],
            Rule::ReplicaSet
            | Rule::Definition
            | Rule::GatewayClass
            | Rule::SecretStore
            | Rule::Node
            | Rule::Namespace
            | Rule::Stateless
            | Rule::Unknown => &[],
        }
    }
}
