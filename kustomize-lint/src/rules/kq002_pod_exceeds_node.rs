use super::prelude::*;
use crate::budget::Budget;
use crate::format::budget::amount;

rule! {
    /// A pod that requests more memory than any node has for pods.
    ///
    /// The scheduler finds no node for it, and it stays `Pending`. How much a node has is the
    /// environment's `node-memory`; without it the rule is quiet. A pod's request is that of its
    /// main containers and sidecars together, or of its largest init container if that is more;
    /// a container without a request requests its limit.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// [[environment]]
    /// path = "."
    /// node-memory = "4Gi"
    /// -- kustomization.yaml --
    /// resources: [db.yaml]
    /// -- db.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: db}
    /// spec:
    ///   containers:
    ///     - name: db
    ///       image: postgres:16
    ///       resources: {requests: {memory: 3Gi}}
    ///     - name: backup
    ///       image: postgres:16
    ///       resources: {requests: {memory: 2Gi}}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// [[environment]]
    /// path = "."
    /// node-memory = "4Gi"
    /// -- kustomization.yaml --
    /// resources: [db.yaml]
    /// -- db.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: db}
    /// spec:
    ///   containers:
    ///     - name: db
    ///       image: postgres:16
    ///       resources: {requests: {memory: 3Gi}}
    ///     - name: backup
    ///       image: postgres:16
    ///       resources: {requests: {memory: 1Gi}}
    /// ```
    KQ002 "pod-exceeds-node" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let node = overlay.environment.as_ref().and_then(|environment| environment.node_memory);
    let Some(node) = node else { return };
    for part in Budget::of(overlay).parts {
        if part.memory.request <= node {
            continue;
        }
        let id = part.workload.object.id();
        let message = format!(
            "a pod of {id} requests {} of memory; a node has {}",
            amount(part.memory.request),
            amount(node)
        );
        let place = part
            .largest_request()
            .unwrap_or_else(|| part.workload.key(&["resources", "containers"]).place());
        findings.at(place, message).about(
            part.workload.object,
            "lower the requests, or spread the work over several pods",
        );
    }
}
