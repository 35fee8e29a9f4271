//! KQ003.

use super::entry::{Check, rule};
use crate::budget::{Defaults, LIMITS, REQUESTS};
use crate::finding::Findings;
use crate::lint::Overlay;
use crate::tree::{Entry, Node};
use common::quantity::Quantity;

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
        let id = workload.object.id();
        for container in workload.containers() {
            for request in resources(container.node, REQUESTS) {
                let Some(requested) = amount(&request.value) else { continue };
                let (name, who) = (request.key.as_str(), container.name());
                let limit = container.resource(LIMITS, name);
                let most = match limit {
                    Some(limit) => amount(limit),
                    None => defaults.find(&workload.object.node, name).limit,
                };
                let Some(most) = most.filter(|most| requested > *most) else { continue };
                let message = format!(
                    "container {who} of {id} requests {requested} of {name}, above its limit of {most}"
                );
                let finding = findings.value(&request.value, message);
                finding.object(workload.object);
                match limit {
                    Some(limit) => {
                        finding.also(limit.origin.place(), "the limit");
                        finding.hint("lower the request, or raise the limit");
                    }
                    None => {
                        finding.hint("the limit is filled in by a LimitRange; set one here");
                    }
                }
            }
        }
        let pod = |list| resources(workload.pod, list);
        for request in pod(REQUESTS) {
            let limit = pod(LIMITS).iter().find(|limit| limit.key == request.key);
            let amounts = limit.and_then(|limit| amount(&request.value).zip(amount(&limit.value)));
            if let Some((requested, most)) = amounts.filter(|(requested, most)| requested > most) {
                let name = &request.key;
                let message = format!(
                    "a pod of {id} requests {requested} of {name}, above its limit of {most}"
                );
                findings
                    .value(&request.value, message)
                    .object(workload.object)
                    .hint("lower the request, or raise the limit");
            }
        }
    }
}

fn resources<'a>(node: &'a Node, list: &str) -> &'a [Entry] {
    node.at(&["resources", list]).map_or(&[], Node::entries)
}

fn amount(node: &Node) -> Option<Quantity> {
    Quantity::parse(&node.scalar()?.text)
}
