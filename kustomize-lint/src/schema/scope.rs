//! Kinds of the whole cluster.

/// Whether objects of this kind live outside namespaces. Kinds that are not built in count as
/// namespaced, as in kustomize.
pub(crate) fn is_cluster_scoped(group: &str, kind: &str) -> bool {
    match group {
        "" => matches!(kind, "Namespace" | "Node" | "PersistentVolume" | "ComponentStatus"),
        "admissionregistration.k8s.io" => true,
        "apiextensions.k8s.io" => kind == "CustomResourceDefinition",
        "apiregistration.k8s.io" => kind == "APIService",
        "authentication.k8s.io" => kind == "TokenReview",
        "authorization.k8s.io" => kind != "LocalSubjectAccessReview",
        "certificates.k8s.io" => kind == "CertificateSigningRequest",
        "flowcontrol.apiserver.k8s.io" => true,
        "internal.apiserver.k8s.io" => true,
        "networking.k8s.io" => kind == "IngressClass",
        "node.k8s.io" => kind == "RuntimeClass",
        "policy" => kind == "PodSecurityPolicy",
        "rbac.authorization.k8s.io" => matches!(kind, "ClusterRole" | "ClusterRoleBinding"),
        "scheduling.k8s.io" => kind == "PriorityClass",
        "storage.k8s.io" => {
            matches!(kind, "CSIDriver" | "CSINode" | "StorageClass" | "VolumeAttachment")
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
