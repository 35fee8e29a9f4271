//! Groups of Kubernetes itself, and kinds of others that are in no namespace.

/// Whether the group is Kubernetes' own, so that lists are merged by their keys.
pub fn is_builtin(group: &str) -> bool {
    matches!(group, "" | "apps" | "batch" | "autoscaling" | "policy" | "extensions" | "events")
        || group.ends_with(".k8s.io")
            && !matches!(
                group,
                "gateway.networking.k8s.io"
                    | "metrics.k8s.io"
                    | "snapshot.storage.k8s.io"
                    | "external-secrets.k8s.io"
                    | "monitoring.k8s.io"
                    | "cluster.x-k8s.io"
            )
}

/// Whether a kind that is not Kubernetes' own is known to be in no namespace. kustomize does not
/// know that, and sets one.
pub fn is_custom_cluster_wide(group: &str, kind: &str) -> bool {
    matches!(
        (group, kind),
        ("gateway.networking.k8s.io", "GatewayClass")
            | ("external-secrets.io", "ClusterSecretStore" | "ClusterExternalSecret")
            | ("cert-manager.io", "ClusterIssuer")
            | ("keda.sh", "ClusterTriggerAuthentication")
    )
}
