use super::prelude::*;
use crate::view::{intersects, is_route, parents};

rule! {
    /// A host name of a route that no listener of its Gateways serves.
    ///
    /// A listener with a host name takes only requests for it, and a wildcard stands for one or
    /// more labels at the front. A route of which no host name fits is not attached; one that does
    /// not fit beside others is left out without a word. Nothing is reported when one of the
    /// route's Gateways is not in the overlay.
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
    ///   listeners: [{name: web, port: 80, protocol: HTTP, hostname: "*.example.com"}]
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web}
    /// spec:
    ///   parentRefs: [{name: public}]
    ///   hostnames: [shop.example.org]
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
    ///   listeners: [{name: web, port: 80, protocol: HTTP, hostname: "*.example.com"}]
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web}
    /// spec:
    ///   parentRefs: [{name: public}]
    ///   hostnames: [shop.example.com]
    ///   rules: [{backendRefs: [{name: web, port: 80}]}]
    /// ```
    KG004 "listener-hostname-mismatch" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for route in overlay.objects().iter().filter(|object| is_route(object)) {
        let references = route.node.at(&["spec", "parentRefs"]).map_or(0, |n| n.items().len());
        let mut listeners = Vec::new();
        let mut known = 0;
        for parent in parents(route) {
            let Some(gateway) = parent.gateway(overlay) else { continue };
            let meant = parent.listeners(gateway);
            // A reference to no listener is reported by KG003.
            known += usize::from(!meant.is_empty());
            listeners.extend(meant);
        }
        let served: Vec<_> = listeners
            .iter()
            .filter_map(|listener| listener.get("hostname")?.as_str())
            .filter(|name| !name.is_empty())
            .collect();
        // A listener without a name serves all.
        if known != references || references == 0 || served.len() < listeners.len() {
            continue;
        }
        for host in route.node.items_at(&["spec", "hostnames"]) {
            let Some(name) = host.as_str() else { continue };
            if served.iter().any(|served| intersects(served, name)) {
                continue;
            }
            let message = format!("no listener serves the host name {name} of {route}");
            let finding = findings.value(host, message);
            finding.about(route, "correct the host name, or add it to the Gateway");
            let first = listeners.first().and_then(|listener| listener.get("hostname"));
            finding.also(first.map(Node::place), "the host name of the listener");
        }
    }
}
