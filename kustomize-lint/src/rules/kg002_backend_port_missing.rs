use super::prelude::*;
use crate::view::{backends, is_route};

rule! {
    /// A route or an Ingress that names a port which the Service does not have.
    ///
    /// The port is one of the Service's `ports`, not of its pods: a Service that maps 80 to 8080
    /// is reached at 80. A route needs a number; an Ingress, or an action of the AWS controller,
    /// may say the name of the port, too. A Service of type `ExternalName` that lists no ports is
    /// not judged.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web}
    /// spec:
    ///   parentRefs: [{name: public, namespace: gateways}]
    ///   rules: [{backendRefs: [{name: web, port: 8080}]}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {ports: [{name: http, port: 80}]}
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web}
    /// spec:
    ///   parentRefs: [{name: public, namespace: gateways}]
    ///   rules: [{backendRefs: [{name: web, port: 80}]}]
    /// ```
    KG002 "backend-port-missing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for object in overlay.objects() {
        for backend in backends(object) {
            let namespace = backend.namespace_of(object);
            let Some(service) = overlay.find("Service", namespace, &backend.name) else { continue };
            let ports = ports(service);
            if !group(service).is_empty() || ports.is_empty() {
                continue;
            }
            let Some(port) = &backend.port else {
                if is_route(object) {
                    let message = format!("{object} says no port of {service}");
                    let finding = findings.value(backend.node, message);
                    finding.detail(&backend.name).about(object, hint(ports));
                }
                continue;
            };
            let field = if port.named { "name" } else { "port" };
            if ports.iter().any(|one| one.word_at(&[field]) == Some(&port.text)) {
                continue;
            }
            let finding = findings.value(port.node, format!("{service} has no port {}", port.text));
            finding.object(object).detail(format!("{} {}", backend.name, port.text));
            let first = ports.iter().find_map(|one| one.get("port"));
            finding.also(first.map(Node::place), "the ports of the Service");
            finding.hint(hint(ports));
        }
    }
}

fn ports(service: &Object) -> &[Node] {
    service.node.items_at(&["spec", "ports"])
}

/// The ports that there are.
fn hint(ports: &[Node]) -> String {
    let known = ports.iter().filter_map(|port| {
        let number = port.word_at(&["port"])?;
        Some(match port.word_at(&["name"]) {
            Some(name) => format!("{number} ({name})"),
            None => number.to_owned(),
        })
    });
    format!("it has {}", known.collect::<Vec<_>>().join(", "))
}
