use std::collections::HashSet;
use std::path::PathBuf;

use super::prelude::*;
use crate::facts::{FactKind, StepKind};
use crate::load::Root;

rule! {
    /// Labels of an overlay that change the selectors of workloads which a base defines.
    ///
    /// The selector of a Deployment, StatefulSet, DaemonSet, ReplicaSet or Job cannot be changed:
    /// once the workload runs, adding, changing or removing such a label is refused by the API
    /// server ("field is immutable"), and the only way out is to delete the workload. Labels that
    /// stand beside the resources themselves are left alone.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- overlay/kustomization.yaml --
    /// resources: [../base]
    /// labels: [{includeSelectors: true, pairs: {team: riders}}]
    /// -- base/kustomization.yaml --
    /// resources: [web.yaml]
    /// -- base/web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template: {metadata: {labels: {app: web}}}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- overlay/kustomization.yaml --
    /// resources: [../base]
    /// labels: [{includeTemplates: true, pairs: {team: riders}}]
    /// -- base/kustomization.yaml --
    /// resources: [web.yaml]
    /// -- base/web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template: {metadata: {labels: {app: web}}}
    /// ```
    KB016 "selector-mutated" Warning Check::Overlay(check)
}

const IMMUTABLE: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"];

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let rendering = &overlay.rendering;
    for fact in rendering.facts_of(StepKind::Labels) {
        let FactKind::Labels { selectors, .. } = &fact.kind else { continue };
        let place = rendering.step(fact.step).place;
        let Some(root) = rendering.roots.iter().find(|root| root.file == place.file) else {
            continue;
        };
        let files = own_files(overlay, root);
        let elsewhere =
            |object: &Object| !files.contains(&overlay.files.get(object.source.file).path);
        let objects: Vec<&Object> = selectors
            .iter()
            .filter_map(|key| rendering.object(*key))
            .filter(|object| IMMUTABLE.contains(&object.kind()) && elsewhere(object))
            .collect();
        let Some(first) = objects.first() else { continue };
        let others = match objects.len() {
            1 => String::new(),
            2 => " and another".to_owned(),
            more => format!(" and {} others", more - 1),
        };
        let message = format!("these labels change the selector of {first}{others}");
        let finding = findings.at(overlay.files.first_line(place), message);
        finding.label("also goes into selectors").object(first);
        let selector = first.node.at(&["spec", "selector", "matchLabels"]);
        let labels = selector.and_then(|node| node.entries().first());
        let base = labels.map_or(first.head(), |entry| entry.origin.base);
        let base = if base.file == place.file { first.head() } else { base };
        finding.also(base, "the selector of the base");
        finding.hint("use `labels` with `includeTemplates: true` and without `includeSelectors`");
    }
}

/// The files that a kustomization itself names, and its own, which has the generators.
fn own_files(overlay: &Overlay<'_>, root: &Root) -> HashSet<PathBuf> {
    let resources = root.kustomization.resources.iter();
    let named = resources.map(|resource| crate::load::clean(&root.path.join(&resource.value)));
    named.chain([overlay.files.get(root.file).path.clone()]).collect()
}
