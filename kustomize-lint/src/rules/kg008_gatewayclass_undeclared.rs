use std::collections::BTreeMap;

use super::prelude::*;
use crate::view::{GATEWAY_API, is_ingress};

rule! {
    /// A Gateway or an Ingress of a class which the overlay does not have.
    ///
    /// Without the GatewayClass or IngressClass no controller feels responsible, and no traffic
    /// comes in. Controllers often bring the class themselves when they are installed (`alb`,
    /// `nginx`); no name counts as given, as whether the controller is installed is the very
    /// question. A class that the cluster brings is declared once: `externals = ["IngressClass/alb"]`. The
    /// old annotation `kubernetes.io/ingress.class` needs no object. One finding stands for all objects of
    /// the class.
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
    /// kind: GatewayClass
    /// metadata: {name: envoy}
    /// spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
    /// ```
    KG008 "gatewayclass-undeclared" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let mut classes: BTreeMap<(&str, &str), Named<'_>> = BTreeMap::new();
    for object in overlay.objects() {
        let (kind, field) = match object.kind() {
            "Gateway" if group(object) == GATEWAY_API => ("GatewayClass", "gatewayClassName"),
            _ if is_ingress(object) => ("IngressClass", "ingressClassName"),
            _ => continue,
        };
        let Some(node) = object.node.at(&["spec", field]) else { continue };
        let Some(name) = object.node.word_at(&["spec", field]).filter(|name| !name.is_empty())
        else {
            continue;
        };
        let first = || Named { object, node, count: 0 };
        classes.entry((kind, name)).or_insert_with(first).count += 1;
    }
    for ((kind, name), first) in classes {
        if !overlay.lacks_everywhere(kind, name) {
            continue;
        }
        let by = match first.count {
            1 => first.object.id().to_string(),
            count => format!("{count} objects"),
        };
        let message = format!("nothing declares the {kind} {name} of {by}");
        let otherwise = format!(
            "add it, or declare what the controller brings: `externals = [\"{kind}/{name}\"]`"
        );
        let hint = overlay.meant(kind, "", name, &otherwise);
        findings.value(first.node, message).detail(name).about(first.object, hint);
    }
}

/// The first object that names a class, and how many do.
struct Named<'a> {
    object: &'a Object,
    node: &'a Node,
    count: usize,
}
