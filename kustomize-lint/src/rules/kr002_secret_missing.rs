use super::needs::missing;
use super::prelude::*;
use crate::view::Target;

rule! {
    /// A pod or a secret store that needs a Secret which nothing in the overlay makes.
    ///
    /// A Secret comes from the resources, a `secretGenerator`, an ExternalSecret (its target's
    /// name, or its own), a ClusterExternalSecret, a SealedSecret, or a Certificate of
    /// cert-manager. Without it the pod stays in `CreateContainerConfigError` or
    /// `ContainerCreating`, or in `ImagePullBackOff` where it is an image pull secret of the pod or
    /// of its service account; a SecretStore without its credentials fetches nothing. An
    /// ExternalSecret with `creationPolicy: Merge` or `None` makes no
    /// Secret. References with `optional: true` do not keep a pod from starting. A Secret that somebody else
    /// provides is declared with `externals`; a Secret that a custom resource of another kind names, or seems
    /// to be named after, is taken for its operator's.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       envFrom: [{secretRef: {name: web-login}}]
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
    ///       envFrom: [{secretRef: {name: web-login}}]
    /// -- login.yaml --
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: {name: login}
    /// spec:
    ///   secretStoreRef: {name: store}
    ///   target: {name: web-login}
    ///   data: [{secretKey: PASSWORD, remoteRef: {key: web}}]
    /// ```
    KR002 "secret-missing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let hint = "add a Secret, a generator or an ExternalSecret that makes it, or declare it with \
                `externals`";
    // A renamed ExternalSecret makes it under another name: KR012 says so.
    let renamed = |namespace: &str, name: &str| {
        let former = overlay.renamed().find("Secret", namespace, name);
        former.and_then(|key| overlay.rendering.object(key)).is_some_and(|o| o.kind() != "Secret")
    };
    missing(overlay, findings, Target::Secret, renamed, hint);
}
