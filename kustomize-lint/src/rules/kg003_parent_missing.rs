use super::needs::not_there;
use super::prelude::*;
use crate::view::{is_route, listeners, parents};

rule! {
    /// A route whose Gateway the overlay does not have, or has without the listener that is named.
    ///
    /// The route is attached to nothing, and nobody can reach it. A Gateway in a namespace that
    /// the overlay has nothing in is somebody else's; one in the same namespace that is made
    /// elsewhere is declared with `externals`. A name that misses a prefix is reported by KR012.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata: {name: public}
    /// spec:
    ///   gatewayClassName: envoy
    ///   listeners: [{name: web, port: 80, protocol: HTTP}]
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web}
    /// spec:
    ///   parentRefs: [{name: private}]
    ///   rules: [{backendRefs: [{name: web, port: 80}]}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata: {name: public}
    /// spec:
    ///   gatewayClassName: envoy
    ///   listeners: [{name: web, port: 80, protocol: HTTP}]
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web}
    /// spec:
    ///   parentRefs: [{name: public}]
    ///   rules: [{backendRefs: [{name: web, port: 80}]}]
    /// ```
    KG003 "parent-missing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let otherwise = "correct the name, or declare the Gateway with `externals`";
    for route in overlay.objects().iter().filter(|object| is_route(object)) {
        for parent in parents(route) {
            let wanted = ("Gateway", parent.namespace, parent.name());
            if let Some(gateway) = parent.gateway(overlay) {
                let all = listeners(gateway);
                if !all.is_empty() && parent.listeners(gateway).is_empty() {
                    let said = ["sectionName", "port"].map(|field| parent.node.get(field));
                    let node = said.into_iter().flatten().next().unwrap_or(parent.name);
                    let message = format!("{gateway} has no such listener for {route}");
                    let known = all.iter().filter_map(|listener| {
                        let name = listener.word_at(&["name"])?;
                        Some(format!("{name} ({})", listener.word_at(&["port"]).unwrap_or("?")))
                    });
                    let hint = format!("it has {}", known.collect::<Vec<_>>().join(", "));
                    findings.value(node, message).about(route, hint);
                }
            } else if overlay.misses("Gateway", parent.namespace, parent.name()) {
                not_there(overlay, findings, route, parent.name, wanted, otherwise);
            }
        }
    }
}
