//! KB002.

use super::Check;
use crate::facts::{Target, What};
use crate::finding::Findings;
use crate::lint::Overlay;

rule! {
    /// A patch with a `target` that selects no object.
    ///
    /// kustomize applies such a patch to nothing and says nothing. A renamed Deployment or a
    /// typing mistake in the target leaves the overlay without its replicas, limits or
    /// addresses, and the base's values go live.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// patches:
    ///   - target: {kind: Deployment, name: wbe}
    ///     patch: |-
    ///       - {op: replace, path: /spec/replicas, value: 3}
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec: {replicas: 1}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// patches:
    ///   - target: {kind: Deployment, name: web}
    ///     patch: |-
    ///       - {op: replace, path: /spec/replicas, value: 3}
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec: {replicas: 1}
    /// ```
    KB002 "patch-no-match" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for fact in &overlay.rendering.facts {
        let What::Patch { target: Target::Selector | Target::Everything, matched, .. } = &fact.what
        else {
            continue;
        };
        if matched.is_empty() {
            let step = overlay.rendering.step(fact.step);
            findings
                .at(step.place, "no object is selected by this patch's target")
                .label("applied to nothing")
                .also(fact.place, "the patch")
                .hint("correct the target, or remove the patch");
        }
    }
}
