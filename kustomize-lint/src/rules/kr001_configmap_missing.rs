//! KR001.

use super::Check;
use crate::finding::Findings;
use crate::lint::Overlay;
use crate::view::{Target, references};

rule! {
    /// A pod that needs a ConfigMap which the overlay does not have.
    ///
    /// The pod stays in `CreateContainerConfigError` or `ContainerCreating`, long after the
    /// deployment was accepted. References with `optional: true` are left alone; what somebody
    /// else provides is declared with `externals`.
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
    for workload in overlay.workloads() {
        let namespace = workload.object.namespace();
        for reference in references(&workload) {
            let name = reference.name();
            if reference.target != Target::ConfigMap
                || reference.optional
                || overlay.provides("ConfigMap", namespace, name)
            {
                continue;
            }
            let message = format!("there is no ConfigMap {name} for {}", workload.object.id());
            findings.value(reference.name, message).object(workload.object).hint(
                "add it to the resources or a generator, or declare it with `externals`",
            );
        }
    }
}
