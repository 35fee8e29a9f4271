use common::kubernetes::needs;

use super::needs::name_place;
use super::prelude::*;
use crate::schema::is_builtin;
use crate::view::{Target, Word, names, words};

rule! {
    /// A name that a prefix, a suffix or a hash has left behind.
    ///
    /// kustomize gives objects new names and corrects the references that it knows: those of
    /// Kubernetes' own kinds. An HTTPRoute, a ScaledObject, an ExternalSecret, an annotation keep
    /// the old name, which nothing has any more.
    ///
    /// A name counts as left behind when an object of the kind that is meant had it before it got
    /// another one, and no object has it now. The kind is the one beside the name, or clear from
    /// the field (`backendRefs`, `secretName`). An ExternalSecret or SealedSecret that says no
    /// other name for its Secret makes it under its own new name, and the pods go on asking for
    /// the old one.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// namePrefix: dev-
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {ports: [{port: 80}]}
    /// ---
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
    /// namePrefix: dev-
    /// resources: [web.yaml]
    /// patches:
    ///   - target: {kind: HTTPRoute, name: web}
    ///     patch: |-
    ///       - {op: replace, path: /spec/rules/0/backendRefs/0/name, value: dev-web}
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec: {ports: [{port: 80}]}
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web}
    /// spec:
    ///   parentRefs: [{name: public, namespace: gateways}]
    ///   rules: [{backendRefs: [{name: web, port: 80}]}]
    /// ```
    KR012 "ref-not-renamed" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    if overlay.is_incomplete() || overlay.has_unknown_fields() || overlay.renamed().is_empty() {
        return;
    }
    for object in overlay.objects() {
        if is_builtin(group(object)) {
            secrets(overlay, findings, object);
        } else {
            fields(overlay, findings, object);
        }
        annotations(overlay, findings, object);
    }
}

/// The fields of a custom resource.
fn fields(overlay: &Overlay<'_>, findings: &mut Findings<'_>, object: &Object) {
    words(&object.node, &mut |word| {
        if word.keys.first() == Some(&"metadata") {
            return;
        }
        let Some(kind) = named_kind(&word) else { return };
        let beside = word.parent.and_then(|parent| parent.word_at(&["namespace"]));
        let namespace = beside.unwrap_or(object.namespace());
        report(overlay, findings, object, word.node, (kind, namespace, word.text));
    });
}

/// The kind of object that a scalar of a custom resource names, if it is clear from the keys around it.
fn named_kind<'a>(word: &Word<'a, '_>) -> Option<&'a str> {
    let (key, above) = word.keys.split_last()?;
    if *key == "name"
        && let Some(kind) = word.parent.and_then(|parent| parent.str_at(&["kind"]))
    {
        return Some(kind);
    }
    let hint = if *key == "name" { *above.last()? } else { key.strip_suffix("Name")? };
    match hint {
        "backendRefs" | "backendRef" => return Some("Service"),
        "parentRefs" => return Some("Gateway"),
        "scaleTargetRef" | "targetRef" => return Some("Deployment"),
        "secretStoreRef" | "storeRef" => return Some("SecretStore"),
        "authenticationRef" => return Some("TriggerAuthentication"),
        "certificateRefs" => return Some("Secret"),
        "issuerRef" => return Some("Issuer"),
        _ => {}
    }
    let hint = hint.to_ascii_lowercase();
    let kinds = [
        ("secretstore", "SecretStore"),
        ("secret", "Secret"),
        ("configmap", "ConfigMap"),
        ("serviceaccount", "ServiceAccount"),
        ("service", "Service"),
        ("claim", "PersistentVolumeClaim"),
    ];
    kinds.iter().find(|(part, _)| hint.contains(part)).map(|(_, kind)| *kind)
}

/// The Secrets of an object that an ExternalSecret or its like makes.
fn secrets(overlay: &Overlay<'_>, findings: &mut Findings<'_>, object: &Object) {
    for need in needs::of(&object.node) {
        if matches!(need.target, Target::Secret | Target::Certificate) && !need.optional {
            let wanted = ("Secret", need.namespace, need.name());
            report(overlay, findings, object, need.name, wanted);
        }
    }
}

/// Annotations about ConfigMaps, Secrets and Services.
fn annotations(overlay: &Overlay<'_>, findings: &mut Findings<'_>, object: &Object) {
    let annotations = object.annotations();
    for entry in annotations {
        let key = entry.key.to_ascii_lowercase();
        let kinds = [("configmap", "ConfigMap"), ("secret", "Secret"), ("service", "Service")];
        // kubectl's last-applied annotation is a copy of the object.
        let Some((_, kind)) = kinds.iter().find(|(part, _)| {
            key.rsplit_once('/').is_some_and(|(domain, name)| {
                name.contains(part) || domain.split('.').any(|label| label == *part)
            })
        }) else {
            continue;
        };
        let Some(text) = entry.value.as_str() else { continue };
        for name in text.split(',').filter_map(|part| part.rsplit('/').next()).map(str::trim) {
            if names(name).eq([name]) {
                let wanted = (*kind, object.namespace(), name);
                report(overlay, findings, object, &entry.value, wanted);
            }
        }
    }
}

fn report(
    overlay: &Overlay<'_>,
    findings: &mut Findings<'_>,
    object: &Object,
    node: &Node,
    (kind, namespace, name): (&str, &str, &str),
) {
    let Some(key) = overlay.renamed().find(kind, effective(namespace), name) else { return };
    // An object that a suffix tells apart is no reference to itself.
    let Some(named) = overlay.rendering.object(key).filter(|named| named.key != object.key) else {
        return;
    };
    if overlay.settings.is_external(kind, namespace, name) {
        return;
    }
    let message = format!("{object} names {kind} {name}, which is {} now", named.name());
    let finding = findings.value(node, message);
    let hint = match named.generator {
        _ if kind != named.kind() => {
            "say the name of the Secret in the target, or set the new name by a patch"
        }
        Some(_) => {
            "give the generator `disableNameSuffixHash: true`, or set the name by a replacement"
        }
        None => "set the new name by a patch or a replacement",
    };
    finding
        .detail(name)
        .also(overlay.files.first_line(name_place(named)), "the object that is meant")
        .about(object, hint);
    let renamed = named.node.at(&["metadata", "name"]).and_then(|name| name.origin.last);
    // A hash comes from the whole entry of the generator, which is shown already.
    if let Some(touch) = renamed.filter(|_| named.generator.is_none()) {
        finding.also(touch.place, "renamed by this");
    }
}
