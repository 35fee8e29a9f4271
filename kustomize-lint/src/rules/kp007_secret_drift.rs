use super::prelude::*;
use crate::compose::Origin;
use crate::parity::{Value, Variables, is_different, names_only, pairs};

rule! {
    /// A variable that comes from a secret on one side and stands in plain text on the other.
    ///
    /// Either the plain text is a secret that everybody with the repository can read, or the
    /// secret is one that need not be kept.
    ///
    /// In Compose, a secret is what the shell in front of the service reads from a file; in
    /// Kubernetes, what comes from a Secret, also as a part (`$(PASSWORD)`). With `parity =
    /// "names"` plain text in Compose is left alone, where it is the value of a development
    /// machine.
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
    ///     entrypoint: [sh, -c, '. /secrets/web.env; export DB_PASSWORD; exec "$$@"', web]
    ///     command: [serve]
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
    ///           env: [{name: DB_PASSWORD, value: example}]
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
    ///     entrypoint: [sh, -c, '. /secrets/web.env; export DB_PASSWORD; exec "$$@"', web]
    ///     command: [serve]
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
    ///           env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: web, key: DB_PASSWORD}}}]
    /// ```
    KP007 "secret-drift" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let names_only = names_only(overlay);
    for pair in pairs(overlay) {
        let object = pair.object;
        let variables = Variables::of(overlay, object.namespace(), &pair.container);
        for theirs in &pair.service.environment {
            let Some(variable) = variables.get(&theirs.name) else { continue };
            let (kept, open) = match (&variable.value, &theirs.from) {
                // Nothing in the place of a secret is no secret.
                (Value::Known(value), Origin::Secret { .. }) if !value.is_empty() => {
                    ("Compose", "Kubernetes")
                }
                (Value::Secret, Origin::Environment | Origin::EnvFile)
                    if theirs.value.as_ref().is_some_and(|value| !value.is_empty())
                        && !names_only =>
                {
                    ("Kubernetes", "Compose")
                }
                _ => continue,
            };
            if is_different(overlay, &pair.service.name, &theirs.name) {
                continue;
            }
            let name = &theirs.name;
            let message =
                format!("{name} of {object} is a secret in {kept} and plain text in {open}");
            let finding = findings.value(variable.name, message).detail(name);
            let theirs = (&theirs.place, "the same in Compose");
            pair.explain(finding, theirs, "make it a secret on both sides");
        }
    }
}
