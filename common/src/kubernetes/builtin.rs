//! Groups of Kubernetes itself.

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
