//! KP002.

use super::entry::{Check, rule};
use crate::finding::Findings;
use crate::lint::Overlay;
use crate::parity::{Compose, Pair, Value, Variables, is_different, pairs};

rule! {
    /// A variable that a service has in the Compose project and its container in Kubernetes has
    /// not, or the other way round.
    ///
    /// The program takes its default, or does not start. That a variable was added on one side
    /// only is the usual way in which two descriptions of one service part.
    ///
    /// `envFrom` is looked up in ConfigMaps, Secrets and ExternalSecrets; when one of them is
    /// unknown, or Compose exports a whole file, nothing is said to be missing. What `envFrom`
    /// brings along and what comes from the pod itself (`fieldRef`) is never too much. A variable
    /// that differs on purpose is declared with `differs` of the environment, or with
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

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for (pair, compose) in pairs(overlay) {
        let namespace = pair.workload.object.namespace();
        let variables = Variables::of(overlay, namespace, &pair.container);
        if !variables.more {
            missing(overlay, &pair, compose, &variables, findings);
        }
        if !pair.service.more_environment {
            extra(overlay, &pair, compose, &variables, findings);
        }
    }
}

/// One finding for everything that a container has not.
fn missing(
    overlay: &Overlay<'_>,
    pair: &Pair<'_>,
    compose: &Compose<'_>,
    variables: &Variables<'_>,
    findings: &mut Findings<'_>,
) {
    let service = &pair.service.name;
    let missing: Vec<_> = pair
        .service
        .environment
        .iter()
        .filter(|own| variables.get(&own.name).is_none())
        .filter(|own| !is_different(overlay, service, &own.name))
        .collect();
    if missing.is_empty() {
        return;
    }
    let names: Vec<&str> = missing.iter().map(|own| own.name.as_str()).collect();
    let names = names.join(", ");
    let message = format!("{} lacks {names}, which Compose sets", pair.workload.object.id());
    let finding = findings.at(pair.place(), message);
    let mut places: Vec<_> = missing.iter().filter_map(|own| compose.place(&own.place)).collect();
    places.dedup();
    for place in places {
        finding.also(place, "set here");
    }
    finding
        .object(pair.workload.object)
        .detail(names)
        .hint("set it on both sides, or declare it with `differs` of the environment");
}

fn extra(
    overlay: &Overlay<'_>,
    pair: &Pair<'_>,
    compose: &Compose<'_>,
    variables: &Variables<'_>,
    findings: &mut Findings<'_>,
) {
    let service = pair.service;
    for (name, variable) in &variables.list {
        let known = service.environment.iter().any(|own| own.name == *name);
        if known
            || !variable.named
            || variable.value == Value::Runtime
            || is_different(overlay, &service.name, name)
        {
            continue;
        }
        let message = format!("{} sets {name}, which Compose does not", pair.workload.object.id());
        let finding = findings.value(variable.name, message);
        if let Some(place) = compose.place(&service.place) {
            finding.also(place, "the service in Compose");
        }
        finding
            .object(pair.workload.object)
            .detail(*name)
            .hint("set it on both sides, or declare it with `differs` of the environment");
    }
}
