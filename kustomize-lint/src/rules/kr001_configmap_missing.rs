use super::needs::missing;
use super::prelude::*;
use crate::view::Target;

rule! {
    /// A pod that needs a ConfigMap which the overlay does not have.
    ///
    /// The pod stays in `CreateContainerConfigError` or `ContainerCreating`, long after the
    /// deployment was accepted. References with `optional: true` are left alone, and so is
    /// `kube-root-ca.crt`, which every namespace has. Objects of others are declared
    /// with `externals`.
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
    ///       envFrom: [{configMapRef: {name: settings}}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// configMapGenerator: [{name: settings, literals: [LOG_LEVEL=info]}]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       envFrom: [{configMapRef: {name: settings}}]
    /// ```
    KR001 "configmap-missing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let hint = "add it to the resources or a generator, or declare it with `externals`";
    // Clusters and meshes put these into every namespace.
    let everywhere = ["kube-root-ca.crt", "openshift-service-ca.crt", "istio-ca-root-cert"];
    let is_made = |_: &str, name: &str| everywhere.contains(&name);
    missing(overlay, findings, Target::ConfigMap, is_made, hint);
}
