use super::idle::idle;
use super::prelude::*;
use crate::facts::FactKind;
use crate::kustomization::{Replacement, ReplacementTarget};

rule! {
    /// A target of a replacement that selects no object.
    ///
    /// kustomize writes the value nowhere and says nothing; the objects keep the value of the
    /// base, often a stand-in. Names here are texts and not patterns, unlike in the target of a
    /// patch. A target in a base that selects something in one of the overlays is left alone. An
    /// object that has no such field is refused by kustomize, and is KB001.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [objects.yaml]
    /// replacements:
    ///   - source: {kind: ConfigMap, name: settings, fieldPath: data.host}
    ///     targets:
    ///       - select: {kind: Ingress, name: wbe}
    ///         fieldPaths: [spec.rules.0.host]
    /// -- objects.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: settings}
    /// data: {host: www.example.com}
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: {name: web}
    /// spec: {rules: [{host: unset}]}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [objects.yaml]
    /// replacements:
    ///   - source: {kind: ConfigMap, name: settings, fieldPath: data.host}
    ///     targets:
    ///       - select: {kind: Ingress, name: web}
    ///         fieldPaths: [spec.rules.0.host]
    /// -- objects.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: settings}
    /// data: {host: www.example.com}
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: {name: web}
    /// spec: {rules: [{host: unset}]}
    /// ```
    KB010 "replacement-no-target" Warning Check::Run(check)
}

fn effect(kind: &FactKind) -> Option<bool> {
    let FactKind::ReplacementTarget { matched, .. } = kind else { return None };
    Some(!matched.is_empty())
}

fn check(run: &Run<'_>, findings: &mut Findings<'_>) {
    for idle in idle(run, effect) {
        let select = idle
            .overlays
            .iter()
            .find_map(|overlay| target(overlay, idle.fact.place))
            .and_then(|target| target.select.as_ref());
        let place = select.map_or(idle.fact.place, |select| select.place);
        let message = "no object is selected by this target of a replacement";
        let finding = findings.at(run.files.first_line(place), message);
        finding.label("the value goes nowhere");
        finding.also(run.files.first_line(idle.step.place), "the replacement");
        let select = select.map(|select| &select.value);
        let pattern = select.is_some_and(|select| select.name.contains(['*', '|', '+', '?']));
        let near = select.and_then(|select| {
            let names = idle.overlays.iter().flat_map(|overlay| overlay.of_kind(&select.kind));
            let objects: Vec<&Object> = names.collect();
            let name = nearest(&select.name, objects.iter().map(|object| object.name()))?;
            objects.into_iter().find(|object| object.name() == name)
        });
        finding.also(near.map(Object::head), "this one?");
        finding.hint(match near {
            Some(object) => format!("did you mean `{}`?", object.name()),
            None if pattern => "here a name is a text and not a pattern; list the names".to_owned(),
            None => "correct the target, or remove it".to_owned(),
        });
        idle.name_overlays(finding);
    }
}

/// The target at a place, of the replacements in a kustomization file.
fn target<'a>(overlay: &'a Overlay<'_>, place: Place) -> Option<&'a ReplacementTarget> {
    let root = overlay.rendering.roots.iter().find(|root| root.file == place.file)?;
    let replacements = root.kustomization.replacements.iter();
    let read = replacements.filter_map(|entry| entry.value.as_ref().ok());
    read.flat_map(|one: &Replacement| &one.targets).find(|target| target.place == place)
}
