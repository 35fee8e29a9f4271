use super::prelude::*;
use crate::compose::{Field, Healthcheck, Test};
use crate::parity::{Pair, names_only, of_compose, of_probe, pairs};
use crate::tree::Entry;

rule! {
    /// A container that is asked for its health in another way, or at other times, than its
    /// service in the Compose project.
    ///
    /// Compose then waits for one thing, and Kubernetes sends requests to another.
    ///
    /// The readiness probe is compared, or the startup or liveness probe where there is none. A
    /// `curl` or `wget` of the container's own address is the same as `httpGet`. Times that
    /// Compose does not say, jobs, and what an image checks by itself are left alone; with
    /// `parity = "names"` so are the times. The time to start is compared with what the probes
    /// that end a container leave to it.
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
    ///     healthcheck: {test: [CMD, curl, -f, "http://localhost:8080/health"]}
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
    ///           readinessProbe: {httpGet: {path: /healthz, port: 8080}}
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
    ///     healthcheck: {test: [CMD, curl, -f, "http://localhost:8080/health"]}
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
    ///           readinessProbe: {httpGet: {path: /health, port: 8080}}
    /// ```
    KP006 "healthcheck-drift" Info Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for pair in pairs(overlay) {
        let Some(health) = &pair.service.healthcheck else { continue };
        let Some(Field { value: Some(test), place }) = &health.test else { continue };
        if *test == Test::Off || matches!(pair.workload.kind(), "Job" | "CronJob") {
            continue;
        }
        let (object, theirs) = (pair.object, (place, "the health check in Compose"));
        let probe = ["readinessProbe", "startupProbe", "livenessProbe"];
        let probe = probe.into_iter().find_map(|field| pair.container.node.entry(field));
        let Some(probe) = probe.filter(|entry| entry.value.is_mapping()) else {
            let message = format!("{object} has no probe, and a health check in Compose");
            let finding = findings.at(pair.place(), message);
            pair.explain(finding, theirs, "add a readinessProbe that asks the same");
            continue;
        };
        let actual = of_probe(&probe.value, &pair.container);
        if let (Some(actual), Some(other)) = (actual, of_compose(test))
            && actual != other
        {
            let (actual, other) = (actual.show(), other.show());
            let message = format!(
                "the {} of {object} is another check than in Compose: {actual} instead of {other}",
                probe.key
            );
            let finding = findings.at(probe.place(), message).detail("test");
            pair.explain(finding, theirs, "let both ask the same");
        }
        if !names_only(overlay) {
            times(&pair, health, probe, findings);
            start(&pair, health, findings);
        }
    }
}

/// Seconds, rounded up, as Kubernetes knows nothing less.
fn seconds(field: &Option<Field<u64>>) -> Option<i64> {
    i64::try_from(field.as_ref()?.value?.div_ceil(1000)).ok()
}

fn number(probe: &Node, field: &str, default: i64) -> Option<i64> {
    match probe.get(field).filter(|node| !node.is_null()) {
        // Kubernetes takes its default for 0, too.
        Some(node) => node.as_int().map(|n| if n == 0 { default } else { n }),
        None => Some(default),
    }
}

fn times(pair: &Pair<'_>, health: &Healthcheck, probe: &Entry, findings: &mut Findings<'_>) {
    let retries = health.retries.as_ref().and_then(|field| i64::try_from(field.value?).ok());
    let compared = [
        ("periodSeconds", 10, seconds(&health.interval), "interval", &health.interval),
        ("timeoutSeconds", 1, seconds(&health.timeout), "timeout", &health.timeout),
        ("failureThreshold", 3, retries, "retries", &health.retries),
    ];
    for (field, default, expected, key, theirs) in compared {
        let actual = number(&probe.value, field, default);
        let (Some(expected), Some(actual), Some(theirs)) = (expected, actual, theirs) else {
            continue;
        };
        if expected <= 0 || actual == expected {
            continue;
        }
        let message = format!(
            "{field} of the {} of {} is {actual}, and the {key} in Compose {expected}",
            probe.key, pair.object
        );
        let origin = probe.value.get(field).map_or(probe.origin, |node| node.origin);
        let finding = findings.origin(&origin, message).detail(field);
        let theirs = (&theirs.place, "the time in Compose");
        pair.explain(finding, theirs, "use the same on both sides");
    }
}

/// A container that is ended before the time in which Compose lets it start is over.
fn start(pair: &Pair<'_>, health: &Healthcheck, findings: &mut Findings<'_>) {
    let Some(theirs) = &health.start_period else { return };
    let Some(expected) = seconds(&health.start_period).filter(|n| *n > 0) else { return };
    let probe = ["startupProbe", "livenessProbe"];
    let Some(entry) = probe.into_iter().find_map(|field| pair.container.node.entry(field)) else {
        return;
    };
    let field = |name: &str, default| number(&entry.value, name, default);
    let (Some(delay), Some(period), Some(threshold)) =
        (field("initialDelaySeconds", 0), field("periodSeconds", 10), field("failureThreshold", 3))
    else {
        return;
    };
    let allowed = period.saturating_mul(threshold).saturating_add(delay);
    if allowed < expected {
        let message = format!(
            "the {} of {} leaves it {allowed} s to start, and Compose {expected} s",
            entry.key, pair.object
        );
        let finding = findings.at(entry.place(), message).detail("start");
        let theirs = (&theirs.place, "the time in Compose");
        pair.explain(finding, theirs, "raise failureThreshold or periodSeconds");
    }
}
