use common::quantity::Quantity;

use super::prelude::*;
use crate::budget::{Defaults, LIMITS, REQUESTS};

rule! {
    /// A container that requests more of a resource than its limit.
    ///
    /// The API server refuses the object, and a deployment ends half-way. Where a container says
    /// no limit, the one that a LimitRange of the namespace fills in counts: then the object is
    /// accepted, and none of its pods is.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       resources:
    ///         requests: {memory: 1Gi}
    ///         limits: {memory: 512Mi}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       resources:
    ///         requests: {memory: 512Mi}
    ///         limits: {memory: 512Mi}
    /// ```
    KQ003 "request-exceeds-limit" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let defaults = Defaults::of(overlay.nodes());
    for workload in overlay.workloads() {
        for container in workload.containers() {
            let who = format!("container {} of {workload}", container.name());
            look(&workload, container.node, &who, Some(&defaults), findings);
        }
        look(&workload, workload.pod, &format!("a pod of {workload}"), None, findings);
    }
}

/// Compares the requests of a container, or of a pod as a whole, with its limits.
fn look(
    workload: &Workload<'_>,
    node: &Node,
    who: &str,
    defaults: Option<&Defaults<'_>>,
    findings: &mut Findings<'_>,
) {
    for request in node.entries_at(&["resources", REQUESTS]) {
        let name = request.key.as_str();
        let limit = node.at(&["resources", LIMITS, name]).filter(|node| !node.is_null());
        let most = match limit {
            Some(limit) => amount(limit),
            None => defaults.and_then(|all| all.find(&workload.object.node, name).limit),
        };
        let Some((requested, most)) = amount(&request.value).zip(most) else { continue };
        if requested > most {
            let message =
                format!("{who} requests {requested} of {name}, above its limit of {most}");
            let finding = findings.value(&request.value, message);
            // A pod's amounts stand one below the other.
            finding.also(limit.filter(|_| defaults.is_some()).map(Node::place), "the limit");
            finding.about(
                workload.object,
                match limit {
                    Some(_) => "lower the request, or raise the limit",
                    None => "the limit is filled in by a LimitRange; set one here",
                },
            );
        }
    }
}

fn amount(node: &Node) -> Option<Quantity> {
    Quantity::parse(&node.scalar()?.text)
}
