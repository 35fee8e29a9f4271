use super::needs::missing_keys;
use super::prelude::*;
use crate::view::Target;

rule! {
    /// A key of a Secret that a pod names and the Secret does not have.
    ///
    /// The container stays in `CreateContainerConfigError`, or the volume cannot be mounted,
    /// although the Secret is there. Keys are the Secret's `data` and `stringData`, what a
    /// generator makes, the `secretKey`s of an ExternalSecret or the keys of its template (which
    /// replaces them unless its `mergePolicy` is `Merge`), a SealedSecret's `encryptedData`, and a
    /// Certificate's `tls.crt`, `tls.key` and `ca.crt`. The keys of `dataFrom` or `templateFrom` are not
    /// known, so nothing is missing then. A `subPath` of a mounted Secret names a key, too. References with
    /// `optional: true` are left alone, and so is a Secret without any key, which somebody is going to fill.
    /// Values are never looked at.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml, login.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       env:
    ///         - name: PASSWORD
    ///           valueFrom: {secretKeyRef: {name: login, key: PASSWORT}}
    /// -- login.yaml --
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: {name: login}
    /// spec:
    ///   secretStoreRef: {name: store}
    ///   data: [{secretKey: PASSWORD, remoteRef: {key: web}}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml, login.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       env:
    ///         - name: PASSWORD
    ///           valueFrom: {secretKeyRef: {name: login, key: PASSWORD}}
    /// -- login.yaml --
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: {name: login}
    /// spec:
    ///   secretStoreRef: {name: store}
    ///   data: [{secretKey: PASSWORD, remoteRef: {key: web}}]
    /// ```
    KR004 "secret-key-missing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    missing_keys(overlay, findings, Target::Secret);
}
