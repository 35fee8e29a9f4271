use super::prelude::*;
use crate::facts::FactKind;

rule! {
    /// A merge patch that loses elements of a custom resource's list.
    ///
    /// For its own kinds Kubernetes knows by which key the elements of a list are merged. Of
    /// custom resources kustomize knows nothing: the patch's list takes the place of the whole
    /// one, and what it does not repeat is gone, such as a rule of an HTTPRoute or a key of an
    /// ExternalSecret. A list that is written anew with as many elements and all their fields
    /// is left alone, and so are lists of plain values.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [secret.yaml]
    /// patches:
    ///   - patch: |-
    ///       apiVersion: external-secrets.io/v1
    ///       kind: ExternalSecret
    ///       metadata: {name: web}
    ///       spec:
    ///         data:
    ///           - {secretKey: token, remoteRef: {key: prod/token}}
    /// -- secret.yaml --
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: {name: web}
    /// spec:
    ///   data:
    ///     - {secretKey: user, remoteRef: {key: dev/user}}
    ///     - {secretKey: token, remoteRef: {key: dev/token}}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [secret.yaml]
    /// patches:
    ///   - target: {kind: ExternalSecret, name: web}
    ///     patch: |-
    ///       - {op: replace, path: /spec/data/1/remoteRef/key, value: prod/token}
    /// -- secret.yaml --
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: {name: web}
    /// spec:
    ///   data:
    ///     - {secretKey: user, remoteRef: {key: dev/user}}
    ///     - {secretKey: token, remoteRef: {key: dev/token}}
    /// ```
    KB007 "crd-list-replaced" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    // A schema of the kustomization's own may have the list's merge key.
    if overlay.has_unknown_fields() {
        return;
    }
    for fact in &overlay.rendering.facts {
        let FactKind::ListReplaced { object, path, dropped, .. } = &fact.kind else { continue };
        let Some(first) = dropped.first() else { continue };
        let id = overlay.rendering.identity(*object);
        let message = match dropped.len() {
            1 => format!("this patch loses an element of {path}, or a part of it, of {id}"),
            more => {
                format!("this patch loses {more} elements of {path}, or parts of them, of {id}")
            }
        };
        let finding = findings.at(overlay.files.first_line(fact.place), message);
        finding.label("takes the place of the whole list").detail(format!("{id} {path}"));
        finding.also(overlay.files.first_line(*first), "lost");
        finding.hint("repeat the whole list, or change single elements with a JSON patch");
        if let Some(object) = overlay.rendering.object(*object) {
            finding.object(object);
        }
    }
}
