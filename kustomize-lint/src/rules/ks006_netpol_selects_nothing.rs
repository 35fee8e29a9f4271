use std::collections::HashSet;

use super::prelude::*;
use crate::view::{Pods, Selector, labels};

rule! {
    /// A NetworkPolicy whose `podSelector` selects no pod of its namespace.
    ///
    /// It protects nothing, and nobody notices: the pods that it was written for are open. Only
    /// policies are meant whose namespace has pods in the overlay. Labels that controllers add by
    /// themselves (`job-name`, `statefulset.kubernetes.io/pod-name`) cannot be compared, and a
    /// label of a domain that no pod of the overlay has is taken to be that of an operator's pods.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: {name: web}
    /// spec: {podSelector: {matchLabels: {app: wbe}}, policyTypes: [Ingress]}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, labels: {app: web}}
    /// spec: {containers: [{name: web, image: "nginx:1.27"}]}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: {name: web}
    /// spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, labels: {app: web}}
    /// spec: {containers: [{name: web, image: "nginx:1.27"}]}
    /// ```
    KS006 "netpol-selects-nothing" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let mut policies = overlay.of_kind("NetworkPolicy").peekable();
    if overlay.is_incomplete() || policies.peek().is_none() {
        return;
    }
    let pods = Pods::of(overlay.workloads());
    let all = pods.workloads.iter().flat_map(|one| labels(one.labels()));
    let domains: HashSet<&str> = all.filter_map(|(key, _)| domain(key)).collect();
    for object in policies.filter(|object| object.id().group == "networking.k8s.io") {
        let Some(entry) = object.node.get("spec").and_then(|spec| spec.entry("podSelector")) else {
            continue;
        };
        let selector = Selector::of(&entry.value);
        let namespace = effective(object.namespace());
        let known = |key: &str| {
            !crate::netpol::is_added(key)
                && domain(key).is_none_or(|domain| domains.contains(domain))
        };
        if selector.is_empty()
            || !pods.has_namespace(namespace)
            || !selector.keys().all(known)
            || !pods.select(namespace, &selector).is_empty()
        {
            continue;
        }
        let message = format!("{object} selects no pod in namespace {namespace}");
        findings
            .origin(&entry.origin, message)
            .about(object, "correct the labels, or remove the policy");
    }
}

/// The domain of a label's key: `example.com` of `example.com/role`.
fn domain(key: &str) -> Option<&str> {
    key.split_once('/').map(|(domain, _)| domain)
}
