use super::prelude::*;
use crate::kustomization::Kustomization;

rule! {
    /// An overlay that renders nothing, or is its one base and nothing else.
    ///
    /// An overlay without objects applies successfully and deploys nothing; with pruning it
    /// deletes what was there. An overlay that only passes its base on looks like an environment
    /// of its own and is none: who looks for its settings finds those of the base.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- overlay/kustomization.yaml --
    /// resources: [../base]
    /// -- base/kustomization.yaml --
    /// resources: [map.yaml]
    /// -- base/map.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: map}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- overlay/kustomization.yaml --
    /// resources: [../base]
    /// namespace: staging
    /// -- base/kustomization.yaml --
    /// resources: [map.yaml]
    /// -- base/map.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: map}
    /// ```
    KH006 "empty-overlay" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let Some(root) = overlay.root().filter(|_| !overlay.is_incomplete()) else { return };
    if overlay.objects().is_empty() {
        findings
            .at(overlay.place(), format!("{} renders no object", overlay.name))
            .hint("add resources, or delete the overlay");
        return;
    }
    // A second kustomization that is included means that the one resource is a folder.
    if let ([base], true) =
        (root.kustomization.resources.as_slice(), overlay.rendering.roots.len() > 1)
        && only_includes(&root.kustomization)
    {
        findings
            .at(base.place, format!("{} is its base {} and nothing else", overlay.name, base.value))
            .label("passed on as it is")
            .hint("write the differences here, or deploy the base itself");
    }
}

/// Whether it does nothing with its resources.
fn only_includes(kustomization: &Kustomization) -> bool {
    let Kustomization {
        place: _,
        component: _,
        resources: _,
        components,
        config_maps,
        secrets,
        generator_options: _,
        patches_strategic_merge,
        patches,
        patches_json6902,
        namespace,
        name_prefix,
        name_suffix,
        labels,
        common_labels,
        common_annotations,
        replicas,
        images,
        replacements,
        vars,
        charts,
        configurations: _,
        crds: _,
        openapi: _,
        build_metadata,
        generators,
        transformers,
        validators,
        order: _,
        deprecated: _,
        not_analysed,
    } = kustomization;
    let plugins = [generators, transformers, validators];
    components.is_empty()
        && config_maps.is_empty()
        && secrets.is_empty()
        && patches_strategic_merge.is_empty()
        && patches.is_empty()
        && patches_json6902.is_empty()
        && namespace.is_none()
        && name_prefix.is_none()
        && name_suffix.is_none()
        && labels.is_empty()
        && common_labels.is_none()
        && common_annotations.is_none()
        && replicas.is_empty()
        && images.is_empty()
        && replacements.is_empty()
        && vars.is_empty()
        && charts.is_empty()
        && build_metadata.is_empty()
        && plugins.iter().all(|list| list.is_empty())
        && not_analysed.is_empty()
}
