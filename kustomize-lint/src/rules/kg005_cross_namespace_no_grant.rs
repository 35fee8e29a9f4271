//! KG005.

use super::Check;
use crate::finding::Findings;
use crate::lint::{Overlay, effective};
use crate::object::Object;
use crate::tree::Node;
use crate::view::{GATEWAY_API, backends, certificates, group, is_route};

rule! {
    /// A reference of the Gateway API into another namespace that no ReferenceGrant allows.
    ///
    /// A route may only send traffic to a Service of another namespace, and a Gateway may only use a
    /// Secret of another namespace, when a ReferenceGrant *there* says so; otherwise the reference is
    /// not resolved. A namespace that the overlay has nothing in is somebody else's, and so are its
    /// grants. Grants that are made elsewhere are declared as `externals = ["ReferenceGrant/shop/*"]`.
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
            for backend in backends(object) {
                let wanted = Wanted { kind: "Service", name: &backend.name };
                look(overlay, findings, object, backend.namespace, &wanted);
            }
        } else if object.kind() == "Gateway" {
            for certificate in certificates(object) {
                let Some(name) = certificate.word_at(&["name"]) else { continue };
                let wanted = Wanted { kind: "Secret", name };
                look(overlay, findings, object, certificate.get("namespace"), &wanted);
            }
        }
    }
}

/// What is in the other namespace.
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
    let Some(there) = node.scalar().filter(|_| !node.is_null()).map(|s| s.text.as_str()) else {
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
        "no ReferenceGrant in {there} lets {} use the {} {}",
        object.id(),
        wanted.kind,
        wanted.name
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
    let list = |field: &str| grant.node.at(&["spec", field]).map_or(&[][..], Node::items);
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
