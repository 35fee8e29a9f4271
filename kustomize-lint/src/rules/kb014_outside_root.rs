use super::prelude::*;
use super::problems;
use crate::facts::ProblemKind;

rule! {
    /// A file outside of the folder of the kustomization that names it.
    ///
    /// kustomize reads files only below the kustomization's own folder, so that a base cannot
    /// read what it should not; folders with a kustomization may be anywhere. Argo CD has no way
    /// to allow it.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- web/kustomization.yaml --
    /// configMapGenerator: [{name: web, files: [../shared/web.conf]}]
    /// -- shared/web.conf --
    /// listen 80
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- web/kustomization.yaml --
    /// configMapGenerator: [{name: web, files: [web.conf]}]
    /// -- web/web.conf --
    /// listen 80
    /// ```
    KB014 "outside-root" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    problems::report(overlay, findings, &[ProblemKind::OutsideRoot], |_| {
        let hint = "copy the file into the folder, or make a base of the folder that it is in";
        Some(hint.to_owned())
    });
}
