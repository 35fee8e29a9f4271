use super::prelude::*;
use crate::budget::{Scales, of_node};
use crate::view::{Pods, Selector};

rule! {
    /// A PodDisruptionBudget that never allows a pod to be evicted.
    ///
    /// `kubectl drain`, and with it every node upgrade and every scale-down of the cluster, waits
    /// for an eviction that is refused. It is so with `maxUnavailable: 0`, and with a
    /// `minAvailable` of as many pods as there are; a share is rounded up: half of one pod is one
    /// pod. For what an autoscaler scales its minimum counts, as that is where it is at night.
    ///
    /// Budgets that select no pod of the overlay, or by an empty selector all of a namespace, are
    /// left alone, and those with `minAvailable` that select something else than Deployments, StatefulSets and their like.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: {name: web}
    /// spec:
    ///   minAvailable: 2
    ///   selector: {matchLabels: {app: web}}
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   replicas: 2
    ///   template:
    ///     metadata: {labels: {app: web}}
    ///     spec: {containers: [{name: web, image: "nginx:1.27"}]}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: {name: web}
    /// spec:
    ///   minAvailable: 1
    ///   selector: {matchLabels: {app: web}}
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   replicas: 2
    ///   template:
    ///     metadata: {labels: {app: web}}
    ///     spec: {containers: [{name: web, image: "nginx:1.27"}]}
    /// ```
    KQ007 "pdb-blocks-drain" Warning Check::Overlay(check)
}

/// Kinds with a number of pods that a budget may be compared with.
const COUNTED: [&str; 4] = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let mut budgets = overlay.of_kind("PodDisruptionBudget").peekable();
    if budgets.peek().is_none() {
        return;
    }
    let scales = Scales::of(overlay.nodes());
    let all = Pods::of(overlay.workloads());
    for object in budgets {
        let Some(spec) = object.node.get("spec") else { continue };
        let Some(selector) = spec.get("selector").map(Selector::of) else { continue };
        // It selects everything in v1, and nothing in v1beta1.
        if selector.is_empty() {
            continue;
        }
        let chosen = all.select(object.namespace(), &selector);
        let chosen: Vec<&Workload<'_>> = chosen.iter().map(|at| &all.workloads[*at]).collect();
        let scale = |workload: &Workload<'_>| scales.find(&workload.object.node);
        let pods = |workload: &&Workload<'_>| match scale(workload) {
            Some(scale) if scale.is_keda() || workload.replicas() > 0 => scale.least,
            _ => workload.replicas().max(0),
        };
        let scaled = chosen.iter().any(|workload| scale(workload).is_some());
        let counted = chosen.iter().all(|workload| COUNTED.contains(&workload.kind()));
        let whole: i64 = chosen.iter().map(pods).fold(0, i64::saturating_add);
        let (node, how) = if let Some(least) = spec.get("minAvailable") {
            let needed = of_node(least, whole).filter(|needed| *needed >= whole);
            let Some(needed) = needed.filter(|_| counted && whole > 0) else { continue };
            let when = if scaled { " while it is scaled down" } else { "" };
            (least, format!("keeps {needed} of {whole} pods{when}"))
        } else if let Some(most) = spec.get("maxUnavailable") {
            if of_node(most, 100) != Some(0) || chosen.is_empty() {
                continue;
            }
            (most, "allows no pod to be missing".to_owned())
        } else {
            continue;
        };
        let message = format!("{object} {how}, so that no node can be drained");
        let finding = findings.value(node, message);
        finding.object(object);
        finding.also(
            chosen
                .first()
                .and_then(|one| one.object.node.at(&["metadata", "name"]))
                .map(Node::place),
            "its pods",
        );
        finding.hint("use `maxUnavailable: 1`, or run more pods than must be available");
    }
}
