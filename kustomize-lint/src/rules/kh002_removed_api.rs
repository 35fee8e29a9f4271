use super::prelude::*;
use crate::api;

rule! {
    /// An object in an API version that the cluster does not serve any more.
    ///
    /// The API server answers `no matches for kind`, and the object is not created. The version
    /// of the cluster is `kubernetes` in the configuration. Of custom resources it is not known
    /// which release the cluster has; their old versions are deprecated (KH003).
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [budget.yaml]
    /// -- budget.yaml --
    /// apiVersion: policy/v1beta1
    /// kind: PodDisruptionBudget
    /// metadata: {name: web}
    /// spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [budget.yaml]
    /// -- budget.yaml --
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: {name: web}
    /// spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
    /// ```
    KH002 "removed-api" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let version = overlay.settings.kubernetes;
    for object in overlay.objects() {
        let Some(node) = object.node.get("apiVersion") else { continue };
        let api_version = node.as_str().unwrap_or_default();
        let Some(removed) =
            api::removed(api_version, object.kind()).filter(|it| it.is_removed(version))
        else {
            continue;
        };
        let since = removed.removed_in.map(|release| format!(" since {release}"));
        let message =
            format!("{api_version} {} is not served{}", object.kind(), since.unwrap_or_default());
        let finding = findings.value(node, message).object(object);
        match removed.instead {
            Some(instead) => finding.hint(format!("use {instead}")),
            None => finding.hint("nothing replaces it; remove the object"),
        };
    }
}
