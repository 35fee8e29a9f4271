use super::prelude::*;
use super::problems;
use crate::facts::ProblemKind;

rule! {
    /// A kustomization that kustomize does not build.
    ///
    /// Nothing of it reaches the cluster: `kubectl apply -k` stops at the first such problem,
    /// Argo CD shows the application as unknown. Here all of them are listed, each with its
    /// place. Files that are not there, files outside of the folder, keys that stand twice and
    /// patches for objects that are not there have rules of their own.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [map.yaml]
    /// namePrefx: test-
    /// -- map.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: map}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [map.yaml]
    /// namePrefix: test-
    /// -- map.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: map}
    /// ```
    KB001 "build-failed" Error Check::Overlay(check)
}

const KINDS: [ProblemKind; 4] =
    [ProblemKind::Build, ProblemKind::Malformed, ProblemKind::Cycle, ProblemKind::NoMatch];

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    problems::report(overlay, findings, &KINDS, |problem| {
        (problem.kind == ProblemKind::Cycle).then(|| "take it out of the list".to_owned())
    });
}
