use std::collections::HashSet;

use common::kubernetes::needs;

use super::needs::{OTHERWISE, not_there};
use super::prelude::*;
use crate::view::Target;

rule! {
    /// An ExternalSecret whose SecretStore or ClusterSecretStore the overlay does not have.
    ///
    /// The Secret is never made, and every pod that needs it waits. The store is named in
    /// `secretStoreRef`, or in the `sourceRef` of a single entry; PushSecrets name theirs in
    /// `secretStoreRefs`. A store that is made elsewhere, as a ClusterSecretStore mostly is, is
    /// declared with `externals`. One finding stands for all that name the same store.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [login.yaml]
    /// -- login.yaml --
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: {name: login}
    /// spec:
    ///   secretStoreRef: {kind: SecretStore, name: vault}
    ///   data: [{secretKey: PASSWORD, remoteRef: {key: web}}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [login.yaml, store.yaml]
    /// -- login.yaml --
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: {name: login}
    /// spec:
    ///   secretStoreRef: {kind: SecretStore, name: vault}
    ///   data: [{secretKey: PASSWORD, remoteRef: {key: web}}]
    /// -- store.yaml --
    /// apiVersion: external-secrets.io/v1
    /// kind: SecretStore
    /// metadata: {name: vault}
    /// spec: {provider: {vault: {server: "https://vault.example.com"}}}
    /// ```
    KR014 "secretstore-missing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let mut seen = HashSet::new();
    for object in overlay.objects() {
        for need in needs::of(&object.node) {
            let (kind, namespace, name) = (need.target.kind(), need.namespace, need.name());
            let (is_missing, whole) = match need.target {
                Target::SecretStore => (
                    overlay.misses(kind, namespace, name),
                    format!("{kind} {}/{name}", effective(namespace)),
                ),
                Target::ClusterSecretStore => {
                    (overlay.lacks_everywhere(kind, name), format!("{kind} {name}"))
                }
                _ => continue,
            };
            if is_missing && seen.insert(whole) {
                not_there(overlay, findings, object, need.name, (kind, namespace, name), OTHERWISE);
            }
        }
    }
}
