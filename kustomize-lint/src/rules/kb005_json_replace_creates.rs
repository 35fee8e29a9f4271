use super::prelude::*;
use crate::facts::FactKind;

rule! {
    /// A JSON `replace` of a field that is not there.
    ///
    /// The field is created without a word: with a typing mistake in the path the object gets a
    /// field that nobody reads, and the one that was meant stays as it was. Measured with kubectl
    /// 1.27 to 1.33, which have version 4 of the JSON patch library; Debian builds kubectl and
    /// kustomize with another version, which refuses the patch, so that what works here may not
    /// build there.
    ///
    /// The same is true of an `add` without a `value` and of a `copy` of a missing path: they write `null`.
    ///
    /// Only keys of mappings are created. A missing element of a list, or a path whose way is
    /// not there, is refused by all of them, and is KB001.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// patches:
    ///   - target: {kind: Deployment, name: web}
    ///     patch: |-
    ///       - {op: replace, path: /spec/replcias, value: 3}
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
    KB005 "json-replace-creates" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for fact in &overlay.rendering.facts {
        let FactKind::Lenient { object, message } = &fact.kind else { continue };
        let id = overlay.rendering.identity(*object);
        let finding = findings.at(fact.place, format!("{id}: {message}"));
        if let Some(object) = overlay.rendering.object(*object) {
            finding.object(object).also(object.head(), "the object");
        }
        finding.hint(
            "correct the path; where the field is to be new, write `op: add`, which all versions \
             of kustomize understand alike",
        );
    }
}
