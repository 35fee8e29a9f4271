use std::collections::HashSet;

use super::prelude::*;
use crate::facts::{ProblemKind, StepKind};

rule! {
    /// A key that stands twice in one mapping.
    ///
    /// In a kustomization file and in a JSON patch the last one counts, in a merge patch the first,
    /// without a word: one of two lists of resources, or one of two limits, is not there. In a resource, and in what
    /// a patch adds, kustomize refuses it.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// namePrefix: blue-
    /// namePrefix: green-
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: web}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// namePrefix: green-
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: web}
    /// ```
    KB011 "duplicate-key" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let rendering = &overlay.rendering;
    let problems = rendering.problems.iter().filter(|one| one.kind == ProblemKind::DuplicateKey);
    let refused: HashSet<Place> = problems.filter_map(|problem| problem.place).collect();
    // Of a patch the whole document is refused.
    let documents: Vec<Place> =
        rendering.facts_of(StepKind::MergePatch).map(|fact| fact.place).collect();
    let documents: HashSet<Place> =
        documents.into_iter().filter(|place| refused.contains(place)).collect();
    for key in &rendering.duplicate_keys {
        let refused = refused.contains(&key.place)
            || documents.iter().any(|document| holds(*document, key.place));
        let message = match (refused, key.last) {
            (true, _) => "this key is a duplicate, and kustomize refuses that",
            (_, true) => "this key is a duplicate, and only the last one counts",
            (_, false) => "this key is a duplicate, and only the first one counts",
        };
        findings.at(key.place, message).also(key.earlier, "here first").hint("keep one of them");
    }
}

fn holds(outer: Place, inner: Place) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}
