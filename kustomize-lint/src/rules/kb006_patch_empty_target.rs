use super::prelude::*;
use crate::facts::{FactKind, Target};

rule! {
    /// A patch with an empty `target`, which is a patch of every object.
    ///
    /// `target: {}` looks like "nothing in particular" and selects everything; with
    /// `$patch: delete` nothing is left. Who means every object says so: `target: {kind: .*}`.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [maps.yaml]
    /// patches:
    ///   - target: {}
    ///     patch: |-
    ///       $patch: delete
    ///       kind: ConfigMap
    ///       metadata: {name: old}
    /// -- maps.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: old}
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: new}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [maps.yaml]
    /// patches:
    ///   - target: {kind: ConfigMap, name: old}
    ///     patch: |-
    ///       $patch: delete
    ///       kind: ConfigMap
    ///       metadata: {name: old}
    /// -- maps.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: old}
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: new}
    /// ```
    KB006 "patch-empty-target" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for fact in &overlay.rendering.facts {
        let FactKind::Patch { target: Target::Everything, matched, deleted, .. } = &fact.kind
        else {
            continue;
        };
        let step = overlay.rendering.step(fact.step);
        let place = overlay.target(fact).map_or(step.place, |target| target.place);
        let message = match (matched.len(), deleted.len()) {
            (_, 0) => "this target has no condition: the patch is applied to every object",
            _ => "this target has no condition: the patch deletes every object",
        };
        let finding = findings.at(overlay.files.first_line(place), message);
        finding.label(match matched.len() {
            1 => "selects the one object there is".to_owned(),
            count => format!("selects all {count} objects"),
        });
        finding.also(overlay.files.first_line(fact.place), "the patch");
        if let Some(key) = matched.first() {
            let label = if deleted.contains(key) { "deleted, too" } else { "changed, too" };
            finding.also(overlay.rendering.head(*key), label);
        }
        finding.hint("name what is meant; `kind: .*` selects every object on purpose");
    }
}
