use super::prelude::*;
use crate::parity::missing;

rule! {
    /// A service of the Compose project that an overlay has no workload for.
    ///
    /// Other programs may count on it: a worker that nobody starts leaves its queue to grow.
    ///
    /// A workload belongs to a service by its name, also one with a prefix or a suffix, that of a
    /// Job also with a hash, or by its label `app.kubernetes.io/name`. A profile counts as
    /// deployed when the overlay has at least half of the services that have this profile and no
    /// other, and a service of several profiles is due when it has more than half of them. A service that
    /// something else replaces in the cluster is declared with `absent` of the environment, or with
    /// `x-absent` in the specification.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// compose = ["compose.yaml"]
    /// -- compose.yaml --
    /// services:
    ///   web:
    ///     image: example/web:1.4
    ///   worker:
    ///     image: example/worker:1.4
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template:
    ///     metadata: {labels: {app: web}}
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: example/web:1.4
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// compose = ["compose.yaml"]
    /// [[environment]]
    /// path = "."
    /// absent = ["database"]
    /// -- compose.yaml --
    /// services:
    ///   web:
    ///     image: example/web:1.4
    ///   database:
    ///     image: postgres:16
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template:
    ///     metadata: {labels: {app: web}}
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: example/web:1.4
    /// ```
    KP005 "service-missing" Info Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let Some(compose) = overlay.compose.filter(|_| !overlay.is_incomplete()) else { return };
    let absent =
        overlay.environment.as_ref().map_or(&[][..], |environment| environment.absent.as_slice());
    for service in missing(overlay, compose.project) {
        if absent.contains(&service.name) {
            continue;
        }
        let message = format!("there is no workload for the service {} of Compose", service.name);
        findings
            .at(compose.place(&service.place), message)
            .label("runs only in Compose")
            .detail(&service.name)
            .hint("add it, or declare it with `absent` of the environment");
    }
}
