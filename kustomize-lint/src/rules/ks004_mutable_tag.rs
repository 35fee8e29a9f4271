use super::prelude::*;
use crate::listed::is_listed;

rule! {
    /// An image without a tag, or with one that moves: `latest`, `main`, `edge`.
    ///
    /// Two nodes, or the same node after a restart, then run different programs under the same
    /// manifest, and there is no way back to the one that worked. An image with a digest is fixed
    /// whatever its tag; one that is never pulled (`imagePullPolicy: Never`) is what was loaded
    /// onto the node.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers: [{name: web, image: "registry.example:5000/web"}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers: [{name: web, image: "registry.example:5000/web:1.4.2"}]
    /// ```
    KS004 "mutable-tag" Warning Check::Overlay(check)
}

/// Tags that are moved to every new version.
const MOVING: &str = "\
    beta canary current dev devel develop development edge head latest main master nightly \
    rolling snapshot stable testing unstable";

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for (workload, container) in overlay.containers() {
        let Some(node) = container.image() else { continue };
        let Some(image) = node.as_str() else { continue };
        let never = container.node.str_at(&["imagePullPolicy"]) == Some("Never");
        let Some(problem) = moving(image).filter(|_| !never) else { continue };
        let (name, object) = (container.name(), workload.object);
        let message = format!("image {image} of container {name} of {object} {problem}");
        findings.value(node, message).about(object, "name a version, or a digest");
    }
}

/// The problem of an image's tag. A text that is no image (empty, a placeholder) is not reported here.
fn moving(image: &str) -> Option<String> {
    if image.is_empty() || image.contains(['@', '$', '<', '{', ' ']) {
        return None;
    }
    // A colon before the last slash is that of a registry's port.
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.split_once(':') {
        None => Some("has no tag, which means `latest`".to_owned()),
        Some((_, tag)) if is_listed(MOVING, &tag.to_ascii_lowercase()) => {
            Some(format!("has the tag `{tag}`, which moves"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::moving;

    #[test]
    fn tags_that_move() {
        for image in ["web", "a/web", "r:5000/web", "web:latest", "r:5000/a/web:Edge", "web:main"] {
            assert!(moving(image).is_some(), "{image}");
        }
        for image in
            ["web:1", "r:5000/web:1.2", "web@sha256:abc", "web:latest@sha256:abc", "", "${IMAGE}"]
        {
            assert!(moving(image).is_none(), "{image}");
        }
    }
}
