use super::prelude::*;
use crate::api::{self, Removed};

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
    for (object, node, removed) in former(overlay) {
        if removed.is_removed(overlay.settings.kubernetes) {
            let since = removed.removed_in.map(|release| format!(" since {release}"));
            let (api, since) = (node.as_str().unwrap_or_default(), since.unwrap_or_default());
            let message = format!("{api} {} is not served{since}", object.kind());
            let finding = findings.value(node, message).object(object);
            match removed.instead {
                Some(instead) => finding.hint(format!("use {instead}")),
                None => finding.hint("nothing replaces it; remove the object"),
            };
        }
    }
}

/// The objects of API versions that are gone, or will be, with the node that says so.
pub(super) fn former<'a>(
    overlay: &'a Overlay<'_>,
) -> impl Iterator<Item = (&'a Object, &'a Node, Removed)> {
    overlay.objects().iter().filter_map(|object| {
        let node = object.node.get("apiVersion")?;
        Some((object, node, api::removed(node.as_str().unwrap_or_default(), object.kind())?))
    })
}
