//! The name of a cluster in the kubeconfig.

/// The context that kind gives a cluster.
pub(crate) fn context_of(name: &str) -> String {
    format!("kind-{name}")
}
