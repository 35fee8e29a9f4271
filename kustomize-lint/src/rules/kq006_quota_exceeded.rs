use common::quantity::Quantity;

use super::prelude::*;
use crate::budget::quota::{self, Usage};
use crate::budget::{Budget, Defaults, Filled, LIMITS, REQUESTS, limit, request};
use crate::tree::Entry;

rule! {
    /// A ResourceQuota that the overlay's own objects exceed, or that refuses their pods.
    ///
    /// A pod above the quota is refused when it is created: a Deployment then stands there with fewer pods
    /// than it wants, and says why only in its events. A quota on memory or CPU also refuses every pod with a
    /// container that does not say its own.
    ///
    /// Counted are the pods at rest (replicas, or an autoscaler's minimum; a DaemonSet's on every
    /// node; the parallel pods of a Job), their requests and limits, claims with their storage,
    /// and `count/…` of objects in the overlay. Quotas with scopes are not looked at.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: {name: quota}
    /// spec: {hard: {limits.memory: 1Gi}}
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   replicas: 3
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: nginx:1.27
    ///           resources: {limits: {memory: 512Mi}}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: {name: quota}
    /// spec: {hard: {limits.memory: 1Gi}}
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   replicas: 2
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: nginx:1.27
    ///           resources: {limits: {memory: 512Mi}}
    /// ```
    KQ006 "quota-exceeded" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let mut quotas = overlay.of_kind("ResourceQuota").peekable();
    if quotas.peek().is_none() {
        return;
    }
    let budget = Budget::of(overlay);
    let defaults = Defaults::of(overlay.nodes());
    for object in quotas {
        let Some(spec) = object.node.get("spec") else { continue };
        let scoped = |key: &str| spec.get(key).is_some_and(|node| !node.is_null());
        if scoped("scopes") || scoped("scopeSelector") {
            continue;
        }
        let usage = Usage::of(overlay, &budget, &defaults, effective(object.namespace()));
        for hard in spec.entries_at(&["hard"]) {
            let amount = hard.value.scalar().and_then(|scalar| Quantity::parse(&scalar.text));
            let (Some(most), Some(used)) = (amount, usage.of_resource(&hard.key)) else { continue };
            if used > most {
                let message = format!(
                    "the objects of the overlay need {used} of {}, above the {most} of {object}",
                    hard.key
                );
                findings
                    .value(&hard.value, message)
                    .about(object, "raise the quota, or lower what the objects ask for");
            }
            unset(hard, &usage, &defaults, findings);
        }
    }
}

/// Containers that a quota refuses because they do not say what they need.
fn unset(
    hard: &Entry,
    usage: &Usage<'_, '_>,
    defaults: &Defaults<'_>,
    findings: &mut Findings<'_>,
) {
    let Some((list, resource)) = quota::demanded(&hard.key) else { return };
    for part in &usage.parts {
        let workload = &part.workload;
        if workload.pod.at(&["resources", list, resource]).is_some() {
            continue;
        }
        let default: Filled = defaults.find(part.object, resource);
        for container in workload.containers() {
            let said = match list {
                REQUESTS => request(&container, resource, &default).is_some(),
                // 0 is said, too.
                LIMITS => {
                    container.resource(LIMITS, resource).is_some()
                        || limit(&container, resource, &default).is_some()
                }
                _ => true,
            };
            if said {
                continue;
            }
            let message = format!(
                "container {} of {workload} says no `{list}.{resource}`; the quota refuses its pods",
                container.name()
            );
            let place = container.node.get("name").unwrap_or(container.node);
            findings
                .at(place.place(), message)
                .also(hard.place(), "the quota demands it")
                .detail(format!("{list}.{resource}"))
                .about(workload.object, format!("set `resources.{list}.{resource}`"));
        }
    }
}
