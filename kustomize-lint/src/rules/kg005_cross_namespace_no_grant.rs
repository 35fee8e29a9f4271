use super::prelude::*;
use crate::view::{GATEWAY_API, backends, is_route, parents};
use common::kubernetes::certificates;

rule! {
    /// A reference of the Gateway API into another namespace that no ReferenceGrant allows.
    ///
    /// A route may only send traffic to a Service of another namespace, and a Gateway may only use
    /// a Secret of another namespace, when a ReferenceGrant *there* says so; otherwise the
    /// reference is not resolved. A namespace that the overlay has nothing in is somebody else's,
    /// and so are its grants. Grants that are made elsewhere are declared as
    /// `externals = ["ReferenceGrant/shop/*"]`.
    ///
    /// A route may only attach to a Gateway of another namespace when a listener's `allowedRoutes`
    /// says so: without it, only routes of the Gateway's own namespace are accepted. A `Selector`
    /// is taken to select the namespace.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web, namespace: shop}
    /// spec: {ports: [{port: 80}]}
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web, namespace: edge}
    /// spec:
    ///   parentRefs: [{name: public}]
    ///   rules: [{backendRefs: [{name: web, namespace: shop, port: 80}]}]
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
    /// metadata: {name: web, namespace: shop}
    /// spec: {ports: [{port: 80}]}
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web, namespace: edge}
    /// spec:
    ///   parentRefs: [{name: public}]
    ///   rules: [{backendRefs: [{name: web, namespace: shop, port: 80}]}]
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1beta1
    /// kind: ReferenceGrant
    /// metadata: {name: edge, namespace: shop}
    /// spec:
    ///   from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: edge}]
    ///   to: [{group: "", kind: Service}]
    /// ```
    KG005 "cross-namespace-no-grant" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for object in overlay.objects().iter().filter(|object| group(object) == GATEWAY_API) {
        if is_route(object) {
            attachments(overlay, findings, object);
            for backend in backends(object) {
                let wanted = Wanted { kind: "Service", name: &backend.name };
                look(overlay, findings, object, backend.namespace, &wanted);
            }
        } else if object.kind() == "Gateway" {
            for certificate in certificates(&object.node) {
                let Some(name) = certificate.word_at(&["name"]) else { continue };
                let wanted = Wanted { kind: "Secret", name };
                look(overlay, findings, object, certificate.get("namespace"), &wanted);
            }
        }
    }
}

/// Gateways of other namespaces that accept no route of this one.
fn attachments(overlay: &Overlay<'_>, findings: &mut Findings<'_>, route: &Object) {
    for parent in parents(route) {
        let Some(node) = parent.node.get("namespace") else { continue };
        let Some(gateway) = parent.gateway(overlay) else { continue };
        let listeners = parent.listeners(gateway);
        let refuses = |listener: &&Node| {
            let from = listener.str_at(&["allowedRoutes", "namespaces", "from"]);
            matches!(from.unwrap_or("Same"), "Same" | "None")
        };
        if effective(parent.namespace) == effective(route.namespace())
            || listeners.is_empty()
            || !listeners.iter().all(refuses)
        {
            continue;
        }
        let message = format!("{gateway} accepts no routes of other namespaces");
        let finding = findings.value(node, message);
        finding.detail(parent.name()).about(
            route,
            "set `allowedRoutes.namespaces.from` of a listener to `All`, or to a `Selector`",
        );
        let name = listeners.first().and_then(|listener| listener.get("name"));
        finding.also(name.map(Node::place), "a listener that is meant");
    }
}

/// The objects in the other namespace.
struct Wanted<'a> {
    kind: &'a str,
    name: &'a str,
}

fn look(
    overlay: &Overlay<'_>,
    findings: &mut Findings<'_>,
    object: &Object,
    namespace: Option<&Node>,
    wanted: &Wanted<'_>,
) {
    let Some(node) = namespace else { return };
    let Some(there) = node.word() else {
        return;
    };
    let here = effective(object.namespace());
    // The name is not known; a pattern for all of the namespace covers it.
    if effective(there) == here || !overlay.lacks("ReferenceGrant", there, "") {
        return;
    }
    let granted = overlay
        .of_kind("ReferenceGrant")
        .filter(|grant| effective(grant.namespace()) == effective(there))
        .any(|grant| allows(grant, object.kind(), here, wanted));
    if granted {
        return;
    }
    let message = format!(
        "no ReferenceGrant in {there} lets {object} use the {} {}",
        wanted.kind, wanted.name
    );
    let finding = findings.value(node, message);
    finding.object(object).detail(format!("{} {}", wanted.kind, wanted.name));
    finding.hint(format!(
        "add a ReferenceGrant in {there}, from {} of {here} to {}",
        object.kind(),
        wanted.kind
    ));
}

fn allows(grant: &Object, kind: &str, here: &str, wanted: &Wanted<'_>) -> bool {
    let list = |field: &str| grant.node.items_at(&["spec", field]);
    let from = list("from").iter().any(|from| {
        from.str_at(&["group"]) == Some(GATEWAY_API)
            && from.str_at(&["kind"]) == Some(kind)
            && from.word_at(&["namespace"]) == Some(here)
    });
    from && list("to").iter().any(|to| {
        to.str_at(&["group"]).unwrap_or_default().is_empty()
            && to.str_at(&["kind"]) == Some(wanted.kind)
            && to.word_at(&["name"]).is_none_or(|name| name.is_empty() || name == wanted.name)
    })
}
