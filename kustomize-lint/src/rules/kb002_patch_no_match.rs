use super::prelude::*;
use crate::facts::{FactKind, ProblemKind, Target};
use crate::id::Id;
use crate::kustomization::Selector;

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
        let FactKind::Patch { target: Target::Selector, matched, .. } = &fact.kind else {
            continue;
        };
        // An object that is unknown may be the one.
        if !matched.is_empty() || overlay.is_incomplete() {
            continue;
        }
        let step = overlay.rendering.step(fact.step);
        let target = overlay.target(fact);
        let place = target.map_or(step.place, |target| target.place);
        let near = target.and_then(|target| near(overlay, &target.value));
        let message = "no object is selected by this patch's target";
        let finding = findings.at(overlay.files.first_line(place), message);
        finding.label("applied to nothing").also(overlay.files.first_line(fact.place), "the patch");
        match near {
            Some((place, Some(name))) => {
                finding.also(place, "this one?").hint(format!("did you mean `{name}`?"));
            }
            Some((place, None)) => {
                finding.also(place, "this label?").hint("correct the selector");
            }
            None => {
                finding.hint("correct the target, or remove the patch");
            }
        }
    }
    for problem in &overlay.rendering.problems {
        let (ProblemKind::PatchNoMatch, Some(place)) = (problem.kind, problem.place) else {
            continue;
        };
        let finding = findings.at(overlay.files.first_line(place), problem.message.clone());
        finding.label("kustomize refuses this patch").detail(problem.message.clone());
        let Some(Id { kind, name, .. }) = &problem.missing else { continue };
        let near = nearest(name, overlay.of_kind(kind).map(Object::name));
        match near.and_then(|near| overlay.of_kind(kind).find(|object| object.name() == near)) {
            Some(object) => {
                finding.also(object.head(), "this one?");
                let id = object.id();
                finding.hint(format!("there is {} {id}", id.api_version()));
            }
            None => {
                finding.hint("correct the name, kind or version in the patch, or remove it");
            }
        }
    }
}

/// The likely meaning of a target: the place and the name of an object, or the place of a label.
fn near<'a>(overlay: &'a Overlay<'_>, target: &Selector) -> Option<(Place, Option<&'a str>)> {
    let kind = |object: &&Object| target.kind.is_empty() || target.kind == object.kind();
    let objects = || overlay.objects().iter().filter(kind);
    if let Some(name) = nearest(&target.name, objects().map(Object::name)) {
        let object = objects().find(|object| object.name() == name)?;
        return Some((object.head(), Some(name)));
    }
    let key = target.labels.split(['=', '!', ' ', ',']).find(|word| !word.is_empty())?;
    let labels = objects().find_map(|object| object.node.at(&["metadata", "labels"])?.get(key));
    labels.map(|label| (label.origin.base, None))
}
