//! KB018.

use super::Check;
use crate::finding::Findings;
use crate::lint::Overlay;

rule! {
    /// A part of a kustomization that is not rendered here: a remote base, a Helm chart, a
    /// function, a configuration of transformers.
    ///
    /// Nothing is guessed. What the part adds is unknown, so rules that look for missing objects
    /// are quiet in this overlay, and a run without other findings ends with status 3. A
    /// suppression of this finding says that it may stay unknown.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: ["https://github.com/example/platform//deploy?ref=v1.2.0"]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [deploy]
    /// -- deploy/kustomization.yaml --
    /// resources: [map.yaml]
    /// -- deploy/map.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: map}
    /// ```
    KB018 "not-analysed" Info Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for part in &overlay.rendering.not_analysed {
        findings
            .at(part.place, format!("{} is not analysed", part.what))
            .label("what this adds is unknown here")
            .hint("render it into a file of the repository, or suppress this with the reason");
    }
}
