use super::prelude::*;

rule! {
    /// A workload that the API server accepts, and whose Pods it refuses.
    ///
    /// The workload is there and has no pods; only its events say why. Looked at are images that begin or
    /// end with a blank, and priority classes and runtime classes that nothing in the overlay makes.
    /// Classes of the cluster are declared with `externals`.
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
        let Some(image) = container.node.get("image").filter(|_| workload.kind() != "Pod") else {
            continue;
        };
        if image.word().is_some_and(|text| text.trim() != text) {
            let message =
                format!("the image of {} in {workload} has a blank at its edge", container.name());
            let hint =
                "remove it; the API server says: must not have leading or trailing whitespace";
            findings.value(image, message).about(workload.object, hint);
        }
    }
    for workload in overlay.workloads() {
        for (key, kind) in
            [("priorityClassName", "PriorityClass"), ("runtimeClassName", "RuntimeClass")]
        {
            let Some(node) = workload.pod.get(key) else { continue };
            let Some(name) =
                node.word().filter(|name| !name.is_empty() && !name.starts_with("system-"))
            else {
                continue;
            };
            if overlay.lacks_everywhere(kind, name) {
                let message = format!("there is no {kind} {name} for {workload}");
                let hint = overlay.meant(kind, "", name, "add it, or declare it with `externals`");
                findings.value(node, message).about(workload.object, hint).detail(name);
            }
        }
    }
}
