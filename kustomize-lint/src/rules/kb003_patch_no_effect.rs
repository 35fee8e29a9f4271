use super::idle::idle;
use super::prelude::*;
use crate::facts::{FactKind, Target};

rule! {
    /// A patch that changes nothing: the objects already say what it says.
    ///
    /// Somebody believes that the overlay differs here, and it does not; when the base changes,
    /// the forgotten patch holds the old value back. A patch in a base that has an effect in one
    /// of the overlays is left alone, and so is a JSON patch of nothing but `test`.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// patches:
    ///   - patch: |-
    ///       apiVersion: apps/v1
    ///       kind: Deployment
    ///       metadata: {name: web}
    ///       spec: {replicas: 1}
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
    ///   - patch: |-
    ///       apiVersion: apps/v1
    ///       kind: Deployment
    ///       metadata: {name: web}
    ///       spec: {replicas: 3}
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec: {replicas: 1}
    /// ```
    KB003 "patch-no-effect" Warning Check::Run(check)
}

/// Whether a patch did something, or is for another rule.
fn effect(kind: &FactKind) -> Option<bool> {
    let FactKind::Patch { target, matched, changed, deleted, tests } = kind else { return None };
    let other = *tests || *target == Target::Everything || matched.is_empty();
    Some(other || !changed.is_empty() || !deleted.is_empty())
}

fn check(run: &Run<'_>, findings: &mut Findings<'_>) {
    for idle in idle(run, effect) {
        let FactKind::Patch { matched, .. } = &idle.fact.kind else { continue };
        let rendering = idle.overlays.first().map(|overlay| &overlay.rendering);
        let first = rendering.and_then(|rendering| rendering.object(*matched.first()?));
        let name = first.map_or_else(|| "its objects".to_owned(), |object| object.id().to_string());
        let message = match matched.len() {
            1 => format!("{name} already says everything that this patch says"),
            more => format!("{more} objects already say everything that this patch says"),
        };
        let finding = findings.at(run.files.first_line(idle.fact.place), message);
        finding.label("changes nothing");
        finding.also(run.files.first_line(idle.step.place), "the entry");
        finding.hint("remove the patch, or correct the value");
        if let Some(object) = first {
            finding.object(object).also(object.head(), "the object");
        }
        idle.name_overlays(finding);
    }
}
