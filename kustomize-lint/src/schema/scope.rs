//! Kinds of the whole cluster.

use common::kubernetes::is_custom_cluster_wide;

/// The kinds that kustomize knows, each with its group and versions. Source: the document of Kubernetes
/// 1.21 in kustomize. To kustomize, newer versions of a kind are custom: in a namespace, and with lists
/// that patches replace.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "",
        "v1",
        "ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume \
         PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service \
         ServiceAccount",
    ),
    (
        "admissionregistration.k8s.io",
        "v1 v1beta1",
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    ),
    ("apiextensions.k8s.io", "v1 v1beta1", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "v1 v1beta1", "APIService"),
    ("apps", "v1", "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"),
    ("autoscaling", "v1 v2beta1 v2beta2", "HorizontalPodAutoscaler"),
    ("batch", "v1 v1beta1", "CronJob"),
    ("batch", "v1", "Job"),
    ("certificates.k8s.io", "v1 v1beta1", "CertificateSigningRequest"),
    ("coordination.k8s.io", "v1 v1beta1", "Lease"),
    ("discovery.k8s.io", "v1 v1beta1", "EndpointSlice"),
    ("events.k8s.io", "v1 v1beta1", "Event"),
    ("extensions", "v1beta1", "Ingress"),
    ("flowcontrol.apiserver.k8s.io", "v1beta1", "FlowSchema PriorityLevelConfiguration"),
    ("networking.k8s.io", "v1 v1beta1", "Ingress IngressClass"),
    ("networking.k8s.io", "v1", "NetworkPolicy"),
    ("node.k8s.io", "v1 v1beta1", "RuntimeClass"),
    ("policy", "v1 v1beta1", "PodDisruptionBudget"),
    ("policy", "v1beta1", "PodSecurityPolicy"),
    ("rbac.authorization.k8s.io", "v1 v1beta1", "ClusterRole ClusterRoleBinding Role RoleBinding"),
    ("scheduling.k8s.io", "v1 v1beta1", "PriorityClass"),
    ("storage.k8s.io", "v1 v1beta1", "CSIDriver CSINode StorageClass VolumeAttachment"),
    ("storage.k8s.io", "v1beta1", "CSIStorageCapacity"),
];

/// Whether kustomize knows the kind in this version.
pub(crate) fn is_known(group: &str, version: &str, kind: &str) -> bool {
    let has = |words: &str, word: &str| words.split(' ').any(|known| known == word);
    KNOWN.iter().any(|(known, versions, kinds)| {
        *known == group && has(versions, version) && has(kinds, kind)
    })
}

/// Whether kustomize knows that objects of this kind live outside namespaces.
pub(crate) fn is_known_cluster_scoped(group: &str, version: &str, kind: &str) -> bool {
    is_cluster_scoped(group, kind) && is_known(group, version, kind)
}

/// Whether objects of this kind live outside namespaces, of those that are built in or well known.
pub(crate) fn is_cluster_wide(group: &str, kind: &str) -> bool {
    is_cluster_scoped(group, kind) || is_custom_cluster_wide(group, kind)
}

fn is_cluster_scoped(group: &str, kind: &str) -> bool {
    match group {
        "" => matches!(kind, "Namespace" | "Node" | "PersistentVolume" | "ComponentStatus"),
        "admissionregistration.k8s.io" => true,
        "apiextensions.k8s.io" => kind == "CustomResourceDefinition",
        "apiregistration.k8s.io" => kind == "APIService",
        "authentication.k8s.io" => kind == "TokenReview",
        "authorization.k8s.io" => kind != "LocalSubjectAccessReview",
        "certificates.k8s.io" => {
            matches!(kind, "CertificateSigningRequest" | "ClusterTrustBundle")
        }
        "flowcontrol.apiserver.k8s.io" => true,
        "internal.apiserver.k8s.io" => true,
        "networking.k8s.io" => matches!(kind, "IngressClass" | "IPAddress" | "ServiceCIDR"),
        "resource.k8s.io" => matches!(kind, "DeviceClass" | "ResourceSlice" | "DeviceTaintRule"),
        "storagemigration.k8s.io" => true,
        "node.k8s.io" => kind == "RuntimeClass",
        "policy" => kind == "PodSecurityPolicy",
        "rbac.authorization.k8s.io" => matches!(kind, "ClusterRole" | "ClusterRoleBinding"),
        "scheduling.k8s.io" => kind == "PriorityClass",
        "storage.k8s.io" => {
            matches!(
                kind,
                "CSIDriver"
                    | "CSINode"
                    | "StorageClass"
                    | "VolumeAttachment"
                    | "VolumeAttributesClass"
            )
        }
        _ => false,
    }
}

/// Whether names of the kind stay as they are under `namePrefix` and `nameSuffix`.
pub(crate) fn keeps_name(group: &str, kind: &str) -> bool {
    matches!(
        (group, kind),
        (_, "CustomResourceDefinition" | "Namespace") | ("apiregistration.k8s.io", "APIService")
    )
}
