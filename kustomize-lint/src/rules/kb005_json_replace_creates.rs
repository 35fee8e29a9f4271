//! KB005.

use super::{Check, problems};
use crate::facts::ProblemKind;
use crate::finding::Findings;
use crate::lint::Overlay;

rule! {
    /// A JSON `replace` of a field that is not there.
    ///
    /// What happens depends on who built the program. Measured: kubectl 1.27 to 1.33 as Google
    /// builds it, with version 4 of the JSON patch library as upstream, creates the field without
    /// a word; Debian's kubectl 1.32 and kustomize refuse the patch. So either a colleague's
    /// machine or the pipeline does not do what is meant, and with a typing mistake in the path
    /// the object gets a field that nobody reads. Here the field is created, so that what follows
    /// can be checked, and the kustomization counts as one that does not build everywhere.
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
