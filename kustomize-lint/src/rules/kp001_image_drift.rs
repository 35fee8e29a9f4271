use super::prelude::*;
use crate::parity::{Image, pairs};

rule! {
    /// A container with another image, or another version of it, than its service has in the
    /// Compose project.
    ///
    /// The image that was tried out with Compose is then not the image of the cluster: a major version of a
    /// database apart, the data of the one cannot be read by the other.
    ///
    /// Compared are the repository without its registry, and the tag or the digest; a mirror that
    /// puts a path before the repository is the same image. Of an image that Compose builds
    /// (`build`) only the name counts: its tag is that of a working copy.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// compose = ["compose.yaml"]
    /// -- compose.yaml --
    /// services:
    ///   web:
    ///     image: nginx:1.27
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template:
    ///     metadata: {labels: {app: web}}
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: nginx:1.25
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// compose = ["compose.yaml"]
    /// -- compose.yaml --
    /// services:
    ///   web:
    ///     image: nginx:1.27
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template:
    ///     metadata: {labels: {app: web}}
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: mirror.example.com/docker/nginx:1.27
    /// ```
    KP001 "image-drift" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for pair in pairs(overlay) {
        let Some(node) = pair.container.image() else { continue };
        let (Some(text), Some(image)) = (node.as_str(), &pair.service.image) else { continue };
        let Some(expected) = image.value.as_deref() else { continue };
        let (running, other) = (Image::parse(text), Image::parse(expected));
        let difference = if !running.same_repository(&other) {
            "another image"
        } else if !pair.service.build && !running.same_version(&other) {
            "another version of its image"
        } else {
            continue;
        };
        let message = format!(
            "{} runs {difference} than in Compose: {text} instead of {expected}",
            pair.object
        );
        let theirs = (&image.place, "the image in Compose");
        pair.explain(findings.value(node, message), theirs, "use the same image on both sides");
    }
}
