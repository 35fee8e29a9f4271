//! KB005.

use super::{Check, problems};
use crate::facts::ProblemKind;
use crate::finding::Findings;
use crate::lint::Overlay;

rule! {
    /// A JSON `replace` of a field that is not there.
    ///
    /// What happens depends on who built the program. Measured with kustomize 5.5: the kubectl of
    /// the Google Cloud SDK creates the field without a word, as the JSON patch library of
    /// upstream's releases does; Debian's kubectl and kustomize, built with a newer library,
    /// refuse the patch. Either a colleague's machine or the pipeline does not do what is meant,
    /// and with a typing mistake in the path the object gets a field that nobody reads.
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
    problems::report(overlay, findings, &[ProblemKind::ReplaceCreates], |_| {
        let hint = "correct the path; where the field is to be new, write `op: add`, which all \
                    versions of kustomize understand alike";
        Some(hint.to_owned())
    });
}
