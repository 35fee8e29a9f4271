use super::prelude::*;
use crate::view::Container;

rule! {
    /// Containers that run as root, or of which nothing says that they do not.
    ///
    /// Root in a container is root on the node as soon as it gets out. An image's own user is not
    /// known here, and the next version of the image may have another: `runAsNonRoot: true`
    /// makes the kubelet refuse to start it as root, and a `runAsUser` other than 0 settles it.
    /// Both may stand at the pod or at the container, whose word wins. One finding for each
    /// workload, with the containers that it is about; pods for Windows are left alone.
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
    ///   containers: [{name: web, image: "nginx:1.27"}]
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
    ///   securityContext: {runAsNonRoot: true}
    ///   containers: [{name: web, image: "nginx:1.27"}]
    /// ```
    KS003 "run-as-root" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for workload in overlay.workloads() {
        if workload.pod.str_at(&["os", "name"]) == Some("windows") {
            continue;
        }
        let id = workload.object.id();
        let mut unsaid = Vec::new();
        // By the line that says so, which may be the pod's.
        let mut root: Vec<(&Node, Vec<&str>)> = Vec::new();
        for container in workload.containers() {
            let user = setting(&workload, &container, "runAsUser");
            let not_root = setting(&workload, &container, "runAsNonRoot").and_then(Node::as_bool);
            match user.and_then(|node| Some((node, node.as_int()?))) {
                Some((node, 0)) => {
                    match root.iter_mut().find(|(known, _)| std::ptr::eq(*known, node)) {
                        Some((_, names)) => names.push(container.name()),
                        None => root.push((node, vec![container.name()])),
                    }
                }
                None if not_root != Some(true) && container.node.is_mapping() => {
                    unsaid.push(container.name());
                }
                _ => {}
            }
        }
        for (node, names) in root {
            findings
                .value(node, format!("{id} runs as root: {}", names.join(", ")))
                .about(workload.object, "give it another `runAsUser`");
        }
        if !unsaid.is_empty() {
            let message =
                format!("nothing says that {id} does not run as root: {}", unsaid.join(", "));
            findings.at(workload.key(&["securityContext", "containers"]).place(), message).about(
                workload.object,
                "set `runAsNonRoot: true` or `runAsUser` in `securityContext`",
            );
        }
    }
}

/// The setting of the container, or else that of the pod.
fn setting<'a>(
    workload: &Workload<'a>,
    container: &Container<'a>,
    field: &str,
) -> Option<&'a Node> {
    let of = |node: &'a Node| node.at(&["securityContext", field]).filter(|node| !node.is_null());
    of(container.node).or_else(|| of(workload.pod))
}
