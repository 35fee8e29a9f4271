use common::kubernetes::needs::{self, Need};

use super::needs::not_there;
use super::prelude::*;
use crate::view::Target;

rule! {
    /// A Gateway or an Ingress whose certificate nothing in the overlay provides.
    ///
    /// The listener does not come up, or the controller answers with a certificate of its own that
    /// no client trusts. The Secret may be a literal or generated one, come from an ExternalSecret
    /// or a Certificate, or be made by cert-manager for an Ingress or a Gateway with its
    /// annotation; it must have the keys `tls.crt` and `tls.key` where its keys are known. An
    /// Ingress of the AWS controller takes its certificate by ARN, and its `tls` is not judged.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: {name: web}
    /// spec:
    ///   tls: [{hosts: [shop.example.com], secretName: web-tls}]
    ///   defaultBackend: {service: {name: web, port: {number: 80}}}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: {name: web}
    /// spec:
    ///   tls: [{hosts: [shop.example.com], secretName: web-tls}]
    ///   defaultBackend: {service: {name: web, port: {number: 80}}}
    /// ---
    /// apiVersion: cert-manager.io/v1
    /// kind: Certificate
    /// metadata: {name: web}
    /// spec: {secretName: web-tls, dnsNames: [shop.example.com], issuerRef: {name: ca}}
    /// ```
    KG006 "tls-secret-missing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for object in overlay.objects() {
        for need in needs::of(&object.node) {
            if need.target == Target::Certificate {
                look(overlay, findings, object, &need);
            }
        }
    }
}

fn look(
    overlay: &Overlay<'_>,
    findings: &mut Findings<'_>,
    object: &Object,
    need: &Need<'_, Node>,
) {
    let (node, namespace, name) = (need.name, need.namespace, need.name());
    let wanted = ("Secret", namespace, name);
    // A name that misses a prefix is reported by KR012.
    if overlay.renamed().find("Secret", namespace, name).is_some() {
        return;
    }
    if overlay.lacks("Secret", namespace, name) {
        let otherwise = "add a Certificate or an ExternalSecret that makes it, or declare it with \
                         `externals`";
        not_there(overlay, findings, object, node, wanted, otherwise);
        return;
    }
    let unsure = overlay.is_incomplete()
        || overlay.settings.is_external("Secret", effective(namespace), name)
        || overlay.custom().mentions(name);
    let keys = overlay.provided().keys(Target::Secret, namespace, name);
    let Some(keys) = keys.filter(|keys| !keys.open && !unsure) else { return };
    for key in ["tls.crt", "tls.key"].into_iter().filter(|key| !keys.names.contains(*key)) {
        let message = format!("the Secret {name} for {object} has no key {key}");
        let finding = findings.value(node, message);
        finding.object(object).detail(key).also(overlay.place_of(keys), "its keys are listed here");
        finding.hint("a certificate is in the keys `tls.crt` and `tls.key`");
    }
}
