use std::collections::{BTreeSet, HashMap};

use super::prelude::*;
use crate::parity::{Pair, pairs};
use crate::view::{Selector, labels};

rule! {
    /// A port of a service in the Compose project that neither its container nor a Kubernetes
    /// Service in front of it names.
    ///
    /// Nothing reaches the port in the cluster when the Service leads elsewhere, or the program
    /// listens on another port there. The container's side of `ports` and `expose` counts, not
    /// what the host publishes. Ports that only Kubernetes names are left alone: Compose need not
    /// list what containers reach among each other.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// compose = ["compose.yaml"]
    /// -- compose.yaml --
    /// services:
    ///   web:
    ///     image: example/web:1.4
    ///     ports: ["80:8080"]
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template:
    ///     metadata: {labels: {app: web}}
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: example/web:1.4
    ///           ports: [{containerPort: 8081}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// compose = ["compose.yaml"]
    /// -- compose.yaml --
    /// services:
    ///   web:
    ///     image: example/web:1.4
    ///     ports: ["80:8080"]
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template:
    ///     metadata: {labels: {app: web}}
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: example/web:1.4
    ///           ports: [{containerPort: 8080}]
    /// ```
    KP004 "port-drift" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let services = services(overlay);
    for pair in pairs(overlay) {
        let Some(ports) = ports(&services, &pair) else { continue };
        for port in &pair.service.ports {
            let (target, protocol) = (port.target, &port.protocol);
            if ports.contains(&(target, protocol.to_ascii_uppercase())) {
                continue;
            }
            let message = format!(
                "{} names no port {target}/{protocol}, which it has in Compose",
                pair.object
            );
            let place = pair.container.node.entry("ports");
            let finding = findings.at(place.map_or(pair.place(), |entry| entry.place()), message);
            finding.detail(format!("{} {target}/{protocol}", pair.container.name()));
            let hint = "add it to the container's ports, or correct it on one side";
            pair.explain(finding, (&port.place, "the port in Compose"), hint);
        }
    }
}

/// The Services, by namespace and the first label that they select.
type Services<'a> = HashMap<(&'a str, &'a str, &'a str), Vec<&'a Object>>;

fn services<'a>(overlay: &'a Overlay<'_>) -> Services<'a> {
    let mut services = Services::new();
    for service in overlay.of_kind("Service") {
        if let Some((key, value)) = labels(service.node.at(&["spec", "selector"])).next() {
            services.entry((service.namespace(), key, value)).or_default().push(service);
        }
    }
    services
}

/// The ports that the container and the Services in front of it name; `None` when one of them
/// cannot be read.
fn ports(services: &Services<'_>, pair: &Pair<'_>) -> Option<BTreeSet<(u16, String)>> {
    let mut ports = BTreeSet::new();
    let protocol = |node: &Node| node.word_at(&["protocol"]).unwrap_or("TCP").to_ascii_uppercase();
    for port in pair.container.list("ports") {
        ports.insert((port.word_at(&["containerPort"])?.parse().ok()?, protocol(port)));
    }
    let pod_labels = pair.workload.labels();
    let namespace = pair.object.namespace();
    let candidates =
        labels(pod_labels).filter_map(|(key, value)| services.get(&(namespace, key, value)));
    for service in candidates.flatten() {
        let selector = service.node.at(&["spec", "selector"]).map(Selector::plain);
        if !selector.is_some_and(|selector| selector.selects(pod_labels)) {
            continue;
        }
        for port in service.node.items_at(&["spec", "ports"]) {
            let target = port.word_at(&["targetPort"]).or_else(|| port.word_at(&["port"]))?;
            // A name is that of a port of the container.
            if let Ok(number) = target.parse() {
                ports.insert((number, protocol(port)));
            }
        }
    }
    Some(ports)
}
