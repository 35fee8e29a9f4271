use super::prelude::*;
use crate::budget::Budget;

rule! {
    /// A container without a memory limit.
    ///
    /// It may use all that the node has, and then the kernel kills whatever it finds, not only
    /// this container. Without a request, too, the scheduler takes it to need nothing. A limit of the whole
    /// pod or of the namespace's LimitRange counts as a limit; a LimitRange outside of the overlay is not
    /// known here.
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
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       resources: {requests: {memory: 256Mi}}
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
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       resources: {limits: {memory: 256Mi}}
    /// ```
    KQ004 "memory-unset" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for part in Budget::of(overlay).parts {
        let object = part.workload.object;
        let unlimited = part.memory.unlimited.iter();
        for container in unlimited.filter(|container| container.node.is_mapping()) {
            // Another rule reports a value that is no amount.
            if container
                .resource("limits", "memory")
                .is_some_and(|written| written.scalar().is_none_or(|scalar| scalar.text != "0"))
            {
                continue;
            }
            let request = container.request("memory").is_some();
            let rest = if request { "" } else { ", and requests none" };
            let message =
                format!("container {} of {object} has no memory limit{rest}", container.name());
            let place = match (container.node.entry("resources"), container.node.get("name")) {
                (Some(resources), _) => resources.origin,
                (None, Some(name)) => name.origin,
                (None, None) => container.node.origin,
            };
            findings.at(place.place(), message).about(object, "set `resources.limits.memory`");
        }
    }
}
