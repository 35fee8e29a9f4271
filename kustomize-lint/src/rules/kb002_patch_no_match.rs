//! KB002.

use common::diagnostic::nearest;

use super::{Check, problems};
use crate::facts::{ProblemKind, Target, What};
use crate::finding::Findings;
use crate::lint::Overlay;

rule! {
    /// A patch that matches no object: by its `target`, or by the name in the patch.
    ///
    /// kustomize applies a patch whose target selects nothing to nothing, and says nothing. A
    /// renamed Deployment or a typing mistake in the target leaves the overlay without its
    /// replicas, limits or addresses, and the base's values go live. A patch without target that
    /// names an object which is not there is refused.
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
        let What::Patch { target: Target::Selector, matched, .. } = &fact.what else { continue };
        if !matched.is_empty() {
            continue;
        }
        let step = overlay.rendering.step(fact.step);
        let target = overlay.patch(step.place).and_then(|patch| patch.target.as_ref());
        let place = target.map_or(step.place, |target| target.place);
        let near = target.and_then(|target| {
            let names = overlay.objects().iter().filter(|object| {
                target.value.kind.is_empty() || target.value.kind == object.kind()
            });
            nearest(&target.value.name, names.map(|object| object.name()))
        });
        findings
            .at(overlay.files.first_line(place), "no object is selected by this patch's target")
            .label("applied to nothing")
            .also(overlay.files.first_line(fact.place), "the patch")
            .hint(hint(near, "correct the target, or remove the patch"));
    }
    let kinds = [ProblemKind::PatchNoMatch];
    problems::report(overlay, findings, &kinds, |problem| {
        // The message names kind and object: `no apps/v1 Deployment web for this patch`.
        let mut words = problem.message.split(' ').skip(2);
        let (kind, name) = (words.next()?, words.next()?);
        let name = name.rsplit('/').next()?;
        let near = nearest(name, overlay.of_kind(kind).map(|object| object.name()));
        Some(hint(near, "correct the name, kind or version in the patch, or remove the patch"))
    });
}

fn hint(near: Option<&str>, otherwise: &str) -> String {
    near.map_or_else(|| otherwise.to_owned(), |near| format!("is `{near}` meant?"))
}
