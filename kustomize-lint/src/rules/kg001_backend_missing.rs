use common::kubernetes::{is_builtin, needs};

use super::needs::not_there;
use super::prelude::*;
use crate::view::{Target, backends, is_route};

rule! {
    /// A route or an Ingress that sends traffic to a Service which the overlay does not have.
    ///
    /// Its requests are answered with 500 or 503. Looked at are the `backendRefs` and mirrors of
    /// HTTPRoute, GRPCRoute, TCPRoute, TLSRoute and UDPRoute, the paths and the default of an
    /// Ingress, the Services in `alb.ingress.kubernetes.io/actions.…`, and those of a Rollout of Argo
    /// and of a VirtualService of Istio. A backend with the port
    /// `use-annotation` needs no Service but the action of its name. A Service in a namespace that
    /// the overlay has nothing in is somebody else's. A name in a route that misses a prefix is
    /// reported by KR012.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web}
    /// spec:
    ///   parentRefs: [{name: public, namespace: gateways}]
    ///   rules: [{backendRefs: [{name: web, port: 80}]}]
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
    KG001 "backend-missing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let otherwise = "correct the backend, or declare the Service with `externals`";
    for object in overlay.objects() {
        for backend in backends(object) {
            let wanted = ("Service", backend.namespace_of(object), backend.name.as_str());
            let (kind, namespace, name) = wanted;
            let is_missing = match is_route(object) {
                true => overlay.misses(kind, namespace, name),
                false => overlay.lacks(kind, namespace, name),
            };
            if is_missing {
                not_there(overlay, findings, object, backend.node, wanted, otherwise).detail(name);
            }
        }
        if is_builtin(group(object)) || is_route(object) {
            continue;
        }
        for need in needs::of(&object.node) {
            let (namespace, name) = (need.namespace, need.name());
            if need.target == Target::Service && overlay.lacks("Service", namespace, name) {
                let wanted = ("Service", namespace, name);
                not_there(overlay, findings, object, need.name, wanted, otherwise).detail(name);
            }
        }
    }
}
