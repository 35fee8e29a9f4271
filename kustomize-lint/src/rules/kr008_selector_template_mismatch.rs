use super::prelude::*;
use crate::tree::Origin;
use crate::view::Selector;

rule! {
    /// A Deployment, StatefulSet, DaemonSet or ReplicaSet whose selector does not match its own
    /// pods.
    ///
    /// The API server refuses such an object: `selector` does not match template `labels`. It
    /// comes about when a patch or a `labels` entry changes one of the two.
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
    ///     metadata: {labels: {app: website}}
    ///     spec: {containers: [{name: web, image: nginx:1.27}]}
    /// ```
    ///
    /// ## Good
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
    ///     spec: {containers: [{name: web, image: nginx:1.27}]}
    /// ```
    KR008 "selector-template-mismatch" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for workload in overlay.workloads() {
        let Some(selector) = selector(&workload) else { continue };
        if selector.meaning.selects(workload.labels()) {
            continue;
        }
        let message = format!("the selector of {workload} does not match its pods");
        let (origin, label, other) = selector.culprit(&workload);
        let finding = findings.origin(&origin, message);
        finding.object(workload.object).label(label);
        finding.hint("give the template the labels of the selector");
        let labels = workload.metadata.and_then(|metadata| metadata.entry("labels"));
        let other = other.or(labels.map(|labels| labels.place()));
        finding.also(other, "the labels of the pods");
    }
}

/// A workload's selector.
struct Required<'a> {
    meaning: Selector<'a>,
    entry: Origin,
    labels: Option<&'a Node>,
}

/// The selector that must match the template; Jobs make theirs themselves.
fn selector<'a>(workload: &Workload<'a>) -> Option<Required<'a>> {
    let spec = workload.object.node.get("spec")?;
    let entry = spec.entry("selector").filter(|entry| entry.value.is_mapping())?;
    let read = |meaning, labels| Some(Required { meaning, entry: entry.origin, labels });
    match workload.kind() {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => {
            read(Selector::of(&entry.value), entry.value.get("matchLabels"))
        }
        "ReplicationController" => read(Selector::plain(&entry.value), Some(&entry.value)),
        "Job" if spec.get("manualSelector").and_then(Node::as_bool) == Some(true) => {
            read(Selector::of(&entry.value), entry.value.get("matchLabels"))
        }
        _ => None,
    }
}

impl Required<'_> {
    /// The label that the pods do not have, or the selector as a whole, with a few words and the place of the
    /// pods' labels.
    fn culprit(&self, workload: &Workload<'_>) -> (Origin, String, Option<Place>) {
        let has = |key: &str| workload.labels().and_then(|labels| labels.word_at(&[key]));
        let wanted = self.labels.map_or(&[][..], Node::entries);
        let missing = wanted.iter().find(|entry| {
            entry.value.scalar().is_some_and(|scalar| has(&entry.key) != Some(&scalar.text))
        });
        match missing {
            Some(entry) => {
                let label = match has(&entry.key) {
                    Some(other) => format!("the pods have {}: {other}", entry.key),
                    None => "the pods do not have this label".to_owned(),
                };
                let other = workload.labels().and_then(|labels| labels.get(&entry.key));
                (entry.value.origin, label, other.map(|node| node.place()))
            }
            None => (self.entry, String::new(), None),
        }
    }
}
