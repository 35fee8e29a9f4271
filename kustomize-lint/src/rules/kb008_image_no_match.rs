use super::idle::idle;
use super::prelude::*;
use crate::facts::FactKind;

rule! {
    /// An entry of `images` that no container's image has the name of.
    ///
    /// kustomize says nothing, and the tag that the pipeline has just written goes nowhere: the
    /// base's image keeps running. The name must be the whole one that the resources write, with
    /// registry and path and without the tag. An entry of a base that matches in at least one of
    /// its overlays is left alone.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// images: [{name: web, newTag: "2.0"}]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec: {containers: [{name: web, image: "registry.example.com/web:1.0"}]}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// images: [{name: registry.example.com/web, newTag: "2.0"}]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec: {containers: [{name: web, image: "registry.example.com/web:1.0"}]}
    /// ```
    KB008 "image-no-match" Error Check::Run(check)
}

fn effect(kind: &FactKind) -> Option<bool> {
    let FactKind::Image { matched, .. } = kind else { return None };
    Some(!matched.is_empty())
}

fn check(run: &Run<'_>, findings: &mut Findings<'_>) {
    for idle in idle(run, effect) {
        let FactKind::Image { name, .. } = &idle.fact.kind else { continue };
        let place = idle.overlays.iter().find_map(|overlay| name_place(overlay, idle.step.place));
        let message = format!("no container has an image {name}");
        let finding = findings.at(place.unwrap_or(idle.step.place), message);
        finding.label("matches nothing");
        let images: Vec<(&str, &Node)> =
            idle.overlays.iter().flat_map(|overlay| images(overlay)).collect();
        let near = nearest(name, images.iter().map(|(name, _)| *name)).or_else(|| {
            let same = |full: &str| full.rsplit('/').next() == name.rsplit('/').next();
            images.iter().map(|(full, _)| *full).find(|full| same(full))
        });
        if let Some((near, node)) = images.iter().find(|(full, _)| Some(*full) == near) {
            finding.also(node.origin.base, "this one?").hint(format!("did you mean `{near}`?"));
        } else {
            finding.hint("write the name as the resources do, or remove the entry");
        }
        idle.name_overlays(finding);
    }
}

/// The place of the name in an entry of `images`.
fn name_place(overlay: &Overlay<'_>, entry: Place) -> Option<Place> {
    let root = overlay.rendering.roots.iter().find(|root| root.file == entry.file)?;
    let image = root.kustomization.images.iter().find(|image| image.place == entry)?;
    Some(image.name_place)
}

/// The images of an overlay, without tag and digest.
fn images<'a>(overlay: &'a Overlay<'_>) -> impl Iterator<Item = (&'a str, &'a Node)> {
    let images = overlay.containers().filter_map(|(_, container)| container.image());
    images.filter_map(|image| Some((crate::transform::image_name(image.as_str()?), image)))
}
