use super::prelude::*;

rule! {
    /// A suppression that suppresses nothing, names no known rule, or says no reason.
    ///
    /// A comment or an `[[ignore]]` that has outlived its finding hides the next one.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [map.yaml]
    /// -- map.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: map} # kustomize-lint: ignore[KB002] the patch comes later
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [map.yaml]
    /// -- map.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: map}
    /// ```
    KH005 "unused-suppression" Warning Check::Last
}
