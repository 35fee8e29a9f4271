use std::collections::HashSet;

use super::needs::uses;
use super::prelude::*;
use crate::schema::is_builtin;
use crate::view::{labels, names, words};

rule! {
    /// A generated ConfigMap or Secret that nothing in the overlay uses.
    ///
    /// It is what remains of a service that is gone, or the sign of a name with a typing mistake.
    /// Used is what another object names anywhere: a pod, a custom resource, an annotation, an
    /// argument; with a hash in the name, the name with the hash, or the plain one in a custom
    /// resource or an annotation. A ConfigMap that only feeds `replacements` or `vars` is used,
    /// too. So is one with a label that only generated objects have, as sidecars find it by (as
    /// `grafana_dashboard`).
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// configMapGenerator: [{name: settings, literals: [LOG_LEVEL=info]}]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec: {containers: [{name: web, image: nginx:1.27}]}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// configMapGenerator: [{name: settings, literals: [LOG_LEVEL=info]}]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       envFrom: [{configMapRef: {name: settings}}]
    /// ```
    KR015 "unused-generator" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    if overlay.is_incomplete() || !overlay.objects().iter().any(|o| o.generator.is_some()) {
        return;
    }
    let used = Used::of(overlay);
    for object in overlay.objects() {
        let Some(step) = object.generator else { continue };
        // Without a hash, what is outside of the overlay can name it.
        if !object.needs_hash || object.namespace().starts_with("kube-") || used.has(object) {
            continue;
        }
        let name = &object.original.name;
        let message = format!("nothing uses the generated {} {name}", object.kind());
        let place = overlay.files.first_line(overlay.rendering.step(step).place);
        let finding = findings.at(place, message);
        finding.detail(name).about(object, "remove the generator, or name it where it is meant");
    }
}

/// Words of the overlay that may be uses.
#[derive(Default)]
struct Used<'a> {
    /// In every object.
    anywhere: HashSet<&'a str>,
    /// In custom resources and annotations, and the sources of replacements and variables.
    plain: HashSet<&'a str>,
    /// Labels of objects that are not generated.
    labels: HashSet<&'a str>,
}

impl<'a> Used<'a> {
    fn of(overlay: &'a Overlay<'_>) -> Self {
        let mut used = Used::default();
        for object in overlay.objects() {
            if object.generator.is_none() {
                used.labels
                    .extend(labels(object.node.at(&["metadata", "labels"])).map(|(key, _)| key));
            }
            if !is_builtin(group(object)) {
                uses(&object.node, &mut |text| used.plain.extend(names(text)));
            }
            if let Some(annotations) = object.node.at(&["metadata", "annotations"]) {
                words(annotations, &mut |word| used.plain.extend(names(word.text)));
            }
            uses(&object.node, &mut |text| used.anywhere.extend(names(text)));
        }
        for root in &overlay.rendering.roots {
            let replacements = root.kustomization.replacements.iter();
            let sources = replacements.filter_map(|r| r.value.as_ref().ok()?.source.as_ref());
            used.plain.extend(sources.map(|source| source.selector.name.as_str()));
            used.plain.extend(root.kustomization.vars.iter().map(|var| var.object.name.as_str()));
        }
        used
    }

    fn has(&self, object: &Object) -> bool {
        let labels = labels(object.node.at(&["metadata", "labels"]));
        self.anywhere.contains(object.name())
            || object.ids().any(|id| self.plain.contains(id.name.as_str()))
            || self.plain.contains(object.original.name.as_str())
            || labels.into_iter().any(|(key, _)| !is_common(key) && !self.labels.contains(key))
    }
}

/// Labels that say what an object belongs to, and are found by nobody.
fn is_common(key: &str) -> bool {
    matches!(key, "app" | "component" | "environment" | "name" | "team" | "tier" | "version")
        || key.starts_with("app.kubernetes.io/")
}
