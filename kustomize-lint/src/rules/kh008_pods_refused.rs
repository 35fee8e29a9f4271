use common::quantity::Quantity;

use super::prelude::*;
use super::security;

rule! {
    /// A workload that the API server accepts, and whose Pods it refuses.
    ///
    /// The workload is there and has no pods; only its events say why. Looked at are images with a blank,
    /// priority classes and runtime classes that nothing in the overlay makes, Pods that the level of their
    /// namespace forbids (the label `pod-security.kubernetes.io/enforce`), and amounts beyond a LimitRange
    /// of the namespace. Classes of the cluster are declared with `externals`. An image with a blank inside
    /// is accepted, and no node can pull it.
    ///
    /// ## Bad
    ///
    /// ```text
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
    ///       priorityClassName: urgent
    ///       containers: [{name: web, image: "nginx:1.27 "}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml, urgent.yaml]
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template:
    ///     metadata: {labels: {app: web}}
    ///     spec:
    ///       priorityClassName: urgent
    ///       containers: [{name: web, image: "nginx:1.27"}]
    /// -- urgent.yaml --
    /// apiVersion: scheduling.k8s.io/v1
    /// kind: PriorityClass
    /// metadata: {name: urgent}
    /// value: 1000
    /// ```
    KH008 "pods-refused" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for (workload, container) in overlay.containers() {
        let Some(image) = container.node.get("image") else {
            continue;
        };
        let text = image.word().unwrap_or_default();
        if text.trim() == text && text.contains(char::is_whitespace) {
            let message =
                format!("the image of {} in {workload} has a blank in it", container.name());
            let hint = "remove it; the Pods stay in `InvalidImageName`";
            findings.value(image, message).about(workload.object, hint);
        }
        if text.trim() != text && workload.kind() != "Pod" {
            let message =
                format!("the image of {} in {workload} has a blank at its edge", container.name());
            let hint =
                "remove it; the API server says: must not have leading or trailing whitespace";
            findings.value(image, message).about(workload.object, hint);
        }
    }
    for (workload, level, forbidden) in security::refused(overlay) {
        if workload.kind() != "Pod" {
            security::report(findings, &workload, level, &forbidden);
        }
    }
    limits(overlay, findings);
    for workload in overlay.workloads() {
        for (key, kind, server) in [
            ("priorityClassName", "PriorityClass", "no PriorityClass with name"),
            ("runtimeClassName", "RuntimeClass", "pod rejected: RuntimeClass"),
        ] {
            let Some(node) = workload.pod.get(key) else { continue };
            let Some(name) =
                node.word().filter(|name| !name.is_empty() && !name.starts_with("system-"))
            else {
                continue;
            };
            if overlay.lacks_everywhere(kind, name) {
                let message = format!("there is no {kind} {name} for {workload}");
                let otherwise = format!(
                    "add it, or declare it with `externals`; the API server says: {server}"
                );
                let hint = overlay.meant(kind, "", name, &otherwise);
                findings.value(node, message).about(workload.object, hint).detail(name);
            }
        }
    }
}

/// Containers whose amounts a LimitRange of their namespace forbids.
fn limits(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for range in overlay.of_kind("LimitRange") {
        let limits = range.node.items_at(&["spec", "limits"]);
        for limit in limits.iter().filter(|one| one.str_at(&["type"]) == Some("Container")) {
            for (workload, container) in overlay.containers() {
                if effective(workload.object.namespace()) != effective(range.namespace()) {
                    continue;
                }
                let resources = container.node.get("resources");
                // Without a limit `max` is the limit, and without a request the limit is the request.
                for (bound, fields, is_beyond) in [
                    (
                        "max",
                        ["limits", "requests"],
                        (|actual, bound| actual > bound) as fn(Quantity, Quantity) -> bool,
                    ),
                    ("min", ["requests", "limits"], |actual, bound| actual < bound),
                ] {
                    for entry in limit.entries_at(&[bound]) {
                        let at = |field| resources.and_then(|r| r.at(&[field, &entry.key]));
                        let node = fields.into_iter().find_map(at);
                        let amount = |node: &Node| node.word().and_then(Quantity::parse);
                        let (Some(node), Some(most)) = (node, amount(&entry.value)) else {
                            continue;
                        };
                        if amount(node).is_some_and(|actual| is_beyond(actual, most)) {
                            let message = format!(
                                "the {} of {} in {workload} is beyond the `{bound}` of {range}",
                                entry.key,
                                container.name()
                            );
                            let hint = "change one of them; the API server says: usage per Container is, or: \
                                 must be less than or equal to";
                            let finding =
                                findings.value(node, message).about(workload.object, hint);
                            finding
                                .also(entry.value.place(), "the bound")
                                .detail(entry.key.clone());
                        }
                    }
                }
            }
        }
    }
}
