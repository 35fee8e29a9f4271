use super::prelude::*;
use crate::facts::StepKind;
use crate::netpol::is_added;
use crate::tree::Entry;
use crate::view::{Pods, Selector, labels, of_service};

rule! {
    /// A Service whose selector matches no pod of the overlay.
    ///
    /// It has no endpoints: connections to it are refused, and routes to it answer 503. A Service
    /// without a selector, or of type `ExternalName`, selects nothing on purpose. Where custom
    /// resources are in the namespace whose operators may make pods, nothing is certain and
    /// nothing is reported.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, labels: {app: web}}
    /// spec: {containers: [{name: web, image: nginx:1.27}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec:
    ///   ports: [{port: 80}]
    ///   selector: {app: website}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, labels: {app: web}}
    /// spec: {containers: [{name: web, image: nginx:1.27}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec:
    ///   ports: [{port: 80}]
    ///   selector: {app: web}
    /// ```
    KR007 "service-selects-nothing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    if overlay.is_incomplete() {
        return;
    }
    let pods = Pods::of(overlay.workloads());
    for service in overlay.of_kind("Service").filter(|object| group(object).is_empty()) {
        let Some(selector) = of_service(service) else { continue };
        let namespace = service.namespace();
        if overlay.custom().may_make_pods(namespace)
            || !pods.select(namespace, &Selector::plain(&selector.value)).is_empty()
            || set_at_run_time(overlay, namespace, &selector.value)
        {
            continue;
        }
        let message = format!("{service} selects no pod of the overlay");
        // The workload that is meant has the name of the Service.
        let kinds =
            ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Rollout", "CloneSet"];
        let namesake = kinds.iter().find_map(|kind| overlay.find(kind, namespace, service.name()));
        let labels = namesake.and_then(Workload::of).and_then(|workload| workload.labels());
        let wanted =
            || selector.value.entries().iter().filter(|entry| entry.value.scalar().is_some());
        let differs = |labels: &Node, entry: &Entry| {
            entry.value.scalar().is_none_or(|s| labels.word_at(&[&entry.key]) != Some(&s.text))
        };
        let culprit = labels.and_then(|labels| wanted().find(|entry| differs(labels, entry)));
        // Otherwise a label that a patch has set is the likeliest.
        let culprit = culprit.or_else(|| wanted().find(|entry| entry.value.origin.last.is_some()));
        let origin = culprit.map_or(selector.origin, |entry| entry.value.origin);
        let finding = findings.origin(&origin, message);
        finding.about(service, "give the pods these labels, or correct the selector");
        if let (Some(labels), Some(entry), Some(workload)) = (labels, culprit, namesake) {
            let (pods, key) = (workload.id(), &entry.key);
            let (node, label) = match labels.get(key) {
                Some(node) => (node, format!("the pods of {pods} have another {key}")),
                None => (labels, format!("the pods of {pods} have no {key}")),
            };
            finding.also(overlay.files.first_line(node.place()), label);
        }
    }
}

/// Whether labels are wanted that pods get when they run: from a controller of Kubernetes, or
/// from an operator, when no pod template has the key and the other labels are those of a
/// workload.
fn set_at_run_time(overlay: &Overlay<'_>, namespace: &str, wanted: &Node) -> bool {
    let keys = || labels(Some(wanted)).map(|(key, _)| key);
    if keys().any(is_added) {
        return true;
    }
    let workloads = overlay.workloads();
    let is_written = |key: &str| {
        workloads.iter().any(|one| labels(one.labels()).any(|(written, _)| written == key))
    };
    let (known, unknown): (Vec<_>, Vec<_>) =
        labels(Some(wanted)).partition(|(key, _)| is_written(key));
    let has = |workload: &Workload<'_>| {
        effective(workload.object.namespace()) == effective(namespace)
            && known.iter().all(|pair| labels(workload.labels()).any(|label| label == *pair))
    };
    // A label that `labels` has put into the selector alone is of no controller: the transformer knows the
    // templates of Kubernetes' kinds, and no others.
    let transformed = wanted.entries().iter().any(|entry| {
        let touch = entry.value.origin.last.or(entry.origin.last);
        let is_step = |step| overlay.rendering.step(step).kind == StepKind::Labels;
        !is_written(&entry.key) && touch.is_some_and(|touch| is_step(touch.step))
    });
    !transformed && !unknown.is_empty() && !known.is_empty() && workloads.iter().any(has)
}
