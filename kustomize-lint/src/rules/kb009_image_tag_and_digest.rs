use super::prelude::*;
use crate::facts::FactKind;

rule! {
    /// An entry of `images` with both `newTag` and `digest`.
    ///
    /// kustomize writes `name:tag@digest`, and the container runtime pulls by the digest: the tag
    /// is a remark that nobody checks. The next person, or tool, changes the tag and deploys the
    /// old image once more.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// images:
    ///   - name: nginx
    ///     newTag: "1.27"
    ///     digest: sha256:0f04e4f646a3f14bf31d8bc8d885b6c951fdcf42589d06845f64d18aec6a3c4d
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec: {containers: [{name: web, image: nginx}]}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// images:
    ///   - name: nginx
    ///     digest: sha256:0f04e4f646a3f14bf31d8bc8d885b6c951fdcf42589d06845f64d18aec6a3c4d # 1.27
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec: {containers: [{name: web, image: nginx}]}
    /// ```
    KB009 "image-tag-and-digest" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for fact in &overlay.rendering.facts {
        let FactKind::Image { name, tag_and_digest: true, matched, .. } = &fact.kind else {
            continue;
        };
        let entries = overlay.rendering.roots.iter().flat_map(|root| &root.kustomization.images);
        let Some(image) = entries.into_iter().find(|image| image.place == fact.place) else {
            continue;
        };
        let (Some(tag), Some(digest)) = (&image.new_tag, &image.digest) else { continue };
        let message = format!("the tag of {name} does not count beside its digest");
        let finding = findings.at(tag.place, message);
        finding.label("ignored when the image is pulled").also(digest.place, "this is pulled");
        finding.hint("keep the digest, and the tag as a comment behind it");
        let object = matched.first().and_then(|key| overlay.rendering.object(*key));
        finding.also(object.map(Object::head), "an object with this image");
    }
}
