use super::prelude::*;
use crate::facts::StepKind;
use crate::view::Container;

rule! {
    /// A patch that adds a container without an image: its name is mistyped.
    ///
    /// A strategic merge finds containers by their names. One that the base does not have is
    /// added, with the few fields of the patch; the API server refuses the pods for want of an
    /// image, and the container that was meant keeps its old limits. A patch that adds a whole
    /// container, with an image, is left alone.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// patches:
    ///   - patch: |-
    ///       apiVersion: apps/v1
    ///       kind: Deployment
    ///       metadata: {name: web}
    ///       spec: {template: {spec: {containers: [{name: wbe, tty: true}]}}}
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec: {template: {spec: {containers: [{name: web, image: nginx:1.27}]}}}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// patches:
    ///   - patch: |-
    ///       apiVersion: apps/v1
    ///       kind: Deployment
    ///       metadata: {name: web}
    ///       spec: {template: {spec: {containers: [{name: web, tty: true}]}}}
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec: {template: {spec: {containers: [{name: web, image: nginx:1.27}]}}}
    /// ```
    KB004 "patch-adds-container" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for workload in overlay.workloads() {
        let containers = workload.containers();
        for container in &containers {
            if !lacks_image(overlay, container.node) {
                continue;
            }
            let known: Vec<&Container<'_>> =
                containers.iter().filter(|other| other.image().is_some()).collect();
            let meant = nearest(container.name(), known.iter().map(|other| other.name()));
            let object = workload.object;
            let message = format!("{object} gets a container without an image");
            let name = container.node.get("name").unwrap_or(container.node);
            let finding = findings.at(overlay.files.first_line(name.place()), message);
            finding.label("added by this patch").object(object).detail(container.name());
            let other = known
                .iter()
                .find(|other| meant.is_none_or(|meant| meant == other.name()))
                .and_then(|other| other.node.get("name"));
            finding.also(other.map(|node| node.origin.base), "a container of the base");
            finding.hint(match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "use the name of a container that is there, or give it an image".to_owned(),
            });
        }
    }
}

/// Whether a patch has added the container without an image.
pub(super) fn lacks_image(overlay: &Overlay<'_>, container: &Node) -> bool {
    container.get("image").is_none_or(Node::is_null)
        && container.is_mapping()
        && added_by_patch(overlay, container)
}

/// Whether the value came with a patch as it is, and not from a resource.
fn added_by_patch(overlay: &Overlay<'_>, node: &Node) -> bool {
    node.origin.last.is_some_and(|touch| {
        let kind = overlay.rendering.step(touch.step).kind;
        touch.place == node.origin.base
            && matches!(kind, StepKind::MergePatch | StepKind::JsonPatch)
    })
}
