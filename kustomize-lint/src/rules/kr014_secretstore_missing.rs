use std::collections::HashSet;

use super::needs::{OTHERWISE, not_there};
use super::prelude::*;

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
    for object in overlay.objects().iter().filter(|o| group(o) == "external-secrets.io") {
        for store in stores(object) {
            let Some(name) = store.word_at(&["name"]) else { continue };
            let kind = store.str_at(&["kind"]).unwrap_or("SecretStore");
            let namespace = object.namespace();
            let (is_missing, whole) = match kind {
                "SecretStore" if object.kind() == "ClusterExternalSecret" => continue,
                "SecretStore" => (
                    overlay.misses(kind, namespace, name),
                    format!("{kind} {}/{name}", effective(namespace)),
                ),
                "ClusterSecretStore" => {
                    (overlay.lacks_everywhere(kind, name), format!("{kind} {name}"))
                }
                _ => continue,
            };
            if is_missing && seen.insert(whole) {
                let (node, wanted) = (store.get("name").unwrap_or(store), (kind, namespace, name));
                not_there(overlay, findings, object, node, wanted, OTHERWISE);
            }
        }
    }
}

/// Every place where the object names a store.
fn stores(object: &Object) -> Vec<&Node> {
    let spec = match object.kind() {
        "ExternalSecret" => object.node.get("spec"),
        "ClusterExternalSecret" => object.node.at(&["spec", "externalSecretSpec"]),
        "PushSecret" => {
            return object.node.items_at(&["spec", "secretStoreRefs"]).iter().collect();
        }
        _ => None,
    };
    let Some(spec) = spec else { return Vec::new() };
    let entries = ["data", "dataFrom"].into_iter().filter_map(|field| spec.get(field));
    let of_entries =
        entries.flat_map(Node::items).filter_map(|entry| entry.at(&["sourceRef", "storeRef"]));
    spec.get("secretStoreRef").into_iter().chain(of_entries).collect()
}
