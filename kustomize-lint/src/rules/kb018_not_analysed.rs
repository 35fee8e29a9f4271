use super::prelude::*;
use crate::facts::Effect;

rule! {
    /// A part of a kustomization that is not rendered here: a remote base or file, a Helm chart, a
    /// program that transforms or generates objects.
    ///
    /// Nothing is guessed. Where a part may add objects, rules that look for missing ones are quiet
    /// in this overlay, and so are patches and other steps that match nothing. A run without other
    /// findings ends with status 3. `--remote-from` names a folder with copies of remote bases and
    /// files, `--rendered-chart` one with the rendered objects of charts. A suppression of this
    /// finding says that the part may stay unknown.
    ///
    /// A second document in a kustomization file is shown, too, as kustomize passes over it. So is a line of a
    /// generator's file of variables without a value: kustomize takes the value from the environment that it runs
    /// in; here it is empty.
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
            .at(part.place, format!("{} is not analysed", part.name))
            .label(match part.effect {
                Effect::Objects => "the objects that this adds are unknown here",
                Effect::Fields => "the fields that this changes are unknown here",
                Effect::Value => "the value is taken for empty here",
                Effect::Nothing => "nothing of this has an effect",
            })
            .hint(match part.effect {
                Effect::Value => "write `NAME=value`, because kustomize takes the value from the environment of whoever runs it",
                Effect::Nothing => "remove it, or move it into a kustomization of its own",
                _ => "render it into a file of the repository, or suppress this with the reason",
            });
    }
}
