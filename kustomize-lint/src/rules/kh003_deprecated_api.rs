use super::kh002_removed_api::former;
use super::prelude::*;

rule! {
    /// An object in an API version that is deprecated: a later release does not serve it.
    ///
    /// It works today and fails with an upgrade, often long after it was written.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [secret.yaml]
    /// -- secret.yaml --
    /// apiVersion: external-secrets.io/v1beta1
    /// kind: ExternalSecret
    /// metadata: {name: web}
    /// spec:
    ///   secretStoreRef: {kind: SecretStore, name: aws}
    ///   data: [{secretKey: KEY, remoteRef: {key: web}}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [secret.yaml]
    /// -- secret.yaml --
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: {name: web}
    /// spec:
    ///   secretStoreRef: {kind: SecretStore, name: aws}
    ///   data: [{secretKey: KEY, remoteRef: {key: web}}]
    /// ```
    KH003 "deprecated-api" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let version = overlay.settings.kubernetes;
    for (object, node, removed) in former(overlay) {
        if !removed.is_deprecated(version) || removed.is_removed(version) {
            continue;
        }
        let gone = removed.removed_in.map(|release| format!(", and not served from {release} on"));
        let message = format!(
            "{} {} is deprecated since {}{}",
            node.as_str().unwrap_or_default(),
            object.kind(),
            removed.deprecated_in,
            gone.unwrap_or_default()
        );
        let finding = findings.value(node, message).object(object);
        if let Some(instead) = removed.instead {
            finding.hint(format!("use {instead}"));
        }
    }
}
