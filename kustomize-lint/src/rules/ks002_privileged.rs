use super::prelude::*;
use crate::listed::is_listed;

rule! {
    /// A container with power over the node: privileged, in the node's namespaces, or with a
    /// capability that amounts to it.
    ///
    /// Who takes such a container over has the node, and the secrets of every pod on it. A workload that
    /// needs it, like an agent that watches the node, is suppressed with that as the reason. Of the
    /// capabilities those are meant with which one gets at the node's kernel, devices and other processes;
    /// `NET_ADMIN` only with the node's own network.
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
    ///       securityContext: {privileged: true}
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
    ///       securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}
    /// ```
    KS002 "privileged" Error Check::Overlay(check)
}

/// With any of these a container gets out of its own namespaces.
const POWERFUL: &str = "\
    ALL BPF DAC_READ_SEARCH PERFMON SYS_ADMIN SYS_BOOT SYS_MODULE SYS_PTRACE SYS_RAWIO";

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for workload in overlay.workloads() {
        let id = workload.object.id();
        for (field, reason) in [
            ("hostPID", "sees the node's processes"),
            ("hostIPC", "shares memory with the node's processes"),
            ("hostNetwork", "is in the node's network"),
        ] {
            if let Some(node) = on(workload.pod, field) {
                say(findings, &workload, node, format!("{id} {reason}"));
            }
        }
        let host_network = on(workload.pod, "hostNetwork").is_some();
        for container in workload.containers() {
            let Some(context) = container.node.get("securityContext") else { continue };
            let name = container.name();
            if let Some(node) = on(context, "privileged") {
                say(findings, &workload, node, format!("container {name} of {id} is privileged"));
            }
            let added = context.items_at(&["capabilities", "add"]);
            for node in added {
                let Some(written) = node.as_str() else { continue };
                let capability = written.strip_prefix("CAP_").unwrap_or(written);
                if is_listed(POWERFUL, capability) || host_network && capability == "NET_ADMIN" {
                    let message =
                        format!("container {name} of {id} has the capability {capability}");
                    say(findings, &workload, node, message);
                }
            }
        }
    }
}

fn on<'a>(node: &'a Node, field: &str) -> Option<&'a Node> {
    node.get(field).filter(|node| node.as_bool() == Some(true))
}

fn say(findings: &mut Findings<'_>, workload: &Workload<'_>, node: &Node, message: String) {
    findings
        .value(node, message)
        .about(workload.object, "take it away, or suppress this with the reason why it is needed");
}
