use super::prelude::*;

rule! {
    /// A volume that is a folder of the node.
    ///
    /// Its contents differ from node to node and are gone with the node; and whoever can write there, or read
    /// `/` or a container runtime's socket, can take the node over. An agent that watches the node needs it:
    /// then this is suppressed with that as the reason.
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
    ///   volumes: [{name: data, hostPath: {path: /data}}]
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
    ///   containers: [{name: web, image: "nginx:1.27"}]
    ///   volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
    /// ```
    KS007 "host-path" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for workload in overlay.workloads() {
        for volume in workload.pod.items_at(&["volumes"]) {
            let Some(host) = volume.entry("hostPath").filter(|entry| !entry.value.is_null()) else {
                continue;
            };
            let path = host.value.get("path").filter(|path| path.scalar().is_some());
            let message = format!(
                "volume {} of {workload} is {} of the node",
                volume.word_at(&["name"]).unwrap_or_default(),
                host.value.word_at(&["path"]).unwrap_or("a folder")
            );
            let origin = path.map_or(host.origin, |path| path.origin);
            findings.origin(&origin, message).about(
                workload.object,
                "use a claim or an `emptyDir`, or suppress this with the reason",
            );
        }
    }
}
