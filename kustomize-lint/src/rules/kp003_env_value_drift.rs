use common::secrets::is_hidden;

use super::prelude::*;
use crate::compose::{EnvVar, Origin};
use crate::parity::{Value, Variables, is_different, names_only, pairs};

rule! {
    /// A variable with another value in Kubernetes than in the Compose project.
    ///
    /// The two sides then behave differently, and what works on the one is no proof for the
    /// other.
    ///
    /// Values are compared as the program sees them: `$$` and `$(NAME)` as the kubelet reads
    /// them, interpolation and env files as Compose does. Values of secrets, and values that depend on a
    /// variable that nobody sets, are left alone. Where values are meant to differ the environment says so:
    /// `parity = "names"` for all of them, `differs` for some, and the specification with `x-environment`.
    /// Values are not repeated in the message when the name is that of a secret.
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
    ///     environment: {CACHE_TTL: "60"}
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
    ///           env: [{name: CACHE_TTL, value: "600"}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// compose = ["compose.yaml"]
    /// -- compose.yaml --
    /// services:
    ///   web:
    ///     image: example/web:1.4
    ///     environment: {CACHE_TTL: "60"}
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
    ///           env: [{name: CACHE_TTL, value: "60"}]
    /// ```
    KP003 "env-value-drift" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    if names_only(overlay) {
        return;
    }
    for pair in pairs(overlay) {
        let (service, object) = (pair.service, pair.object);
        let variables = Variables::of(overlay, object.namespace(), &pair.container);
        for theirs in &service.environment {
            let EnvVar { name, value: Some(expected), .. } = theirs else { continue };
            let Some(variable) = variables.get(name) else { continue };
            let Value::Known(value) = &variable.value else { continue };
            let secret = matches!(theirs.from, Origin::Secret { .. });
            if value == expected || secret || is_different(overlay, &service.name, name) {
                continue;
            }
            let message = if is_hidden(name, value) || is_hidden(name, expected) {
                format!("{object} has another {name} than Compose")
            } else {
                format!(
                    "{object} has another {name} than Compose: {value:?} instead of {expected:?}"
                )
            };
            let finding = findings.value(variable.node, message).detail(name);
            let hint = "use one value, or declare it with `differs` of the environment";
            pair.explain(finding, (&theirs.place, "the value in Compose"), hint);
        }
    }
}
