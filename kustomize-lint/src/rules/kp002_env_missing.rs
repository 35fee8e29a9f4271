use super::prelude::*;
use crate::parity::{Pair, Value, Variables, is_different, pairs};

rule! {
    /// A variable that a service has in the Compose project and its container in Kubernetes has
    /// not, or the other way round.
    ///
    /// The program takes its default, or does not start. That a variable was added on one side
    /// only is the usual way in which two descriptions of one service part.
    ///
    /// `envFrom` is looked up in ConfigMaps, Secrets and ExternalSecrets; when one of them is
    /// unknown, or Compose exports a whole file, nothing is said to be missing. Variables of `envFrom` and of
    /// the pod itself (`fieldRef`) are never too much. A variable that differs on purpose is declared with
    /// `differs` of the environment, or with
    /// `x-environment` in the specification.
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
    ///     environment: {LOG_LEVEL: info}
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
    ///           env: [{name: LOG_LEVL, value: info}]
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
    ///     environment: {LOG_LEVEL: info}
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
    ///           env: [{name: LOG_LEVEL, value: info}]
    /// ```
    KP002 "env-missing" Warning Check::Overlay(check)
}

const HINT: &str = "set it on both sides, or declare it with `differs` of the environment";

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for pair in pairs(overlay) {
        let variables = Variables::of(overlay, pair.object.namespace(), &pair.container);
        if !variables.more {
            missing(overlay, &pair, &variables, findings);
        }
        if !pair.service.more_environment {
            extra(overlay, &pair, &variables, findings);
        }
    }
}

/// One finding for everything that a container has not.
fn missing(
    overlay: &Overlay<'_>,
    pair: &Pair<'_>,
    variables: &Variables<'_>,
    findings: &mut Findings<'_>,
) {
    let missing = pair.service.environment.iter().filter(|theirs| {
        variables.get(&theirs.name).is_none()
            && !is_different(overlay, &pair.service.name, &theirs.name)
    });
    let names: Vec<&str> = missing.clone().map(|theirs| theirs.name.as_str()).collect();
    if names.is_empty() {
        return;
    }
    let names = names.join(", ");
    let message = format!("{} lacks {names}, which Compose sets", pair.object);
    let finding = findings.at(pair.place(), message);
    let mut places: Vec<_> =
        missing.filter_map(|theirs| pair.compose.place(&theirs.place)).collect();
    places.dedup();
    for place in places {
        finding.also(place, "set here");
    }
    finding.detail(names).about(pair.object, HINT);
}

fn extra(
    overlay: &Overlay<'_>,
    pair: &Pair<'_>,
    variables: &Variables<'_>,
    findings: &mut Findings<'_>,
) {
    let service = pair.service;
    for (name, variable) in &variables.list {
        let known = service.environment.iter().any(|theirs| theirs.name == *name);
        if known
            || !variable.named
            || variable.value == Value::Runtime
            || is_different(overlay, &service.name, name)
        {
            continue;
        }
        let message = format!("{} sets {name}, which Compose does not", pair.object);
        let finding = findings.value(variable.name, message).detail(*name);
        pair.explain(finding, (&service.place, "the service in Compose"), HINT);
    }
}
