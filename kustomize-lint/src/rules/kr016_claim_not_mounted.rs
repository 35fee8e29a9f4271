use std::collections::HashSet;

use super::needs::uses;
use super::prelude::*;

rule! {
    /// A PersistentVolumeClaim that no container mounts.
    ///
    /// The disk is paid for and nothing writes to it; the service's data is lost with its
    /// pod. It is reported for claims that no pod names, for volumes of claims that no container
    /// of the pod mounts, and for `volumeClaimTemplates` that no container mounts.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: {name: files}
    /// spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec: {containers: [{name: web, image: nginx:1.27}]}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: {name: files}
    /// spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - {name: web, image: nginx:1.27, volumeMounts: [{name: files, mountPath: /files}]}
    ///   volumes: [{name: files, persistentVolumeClaim: {claimName: files}}]
    /// ```
    KR016 "claim-not-mounted" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    if overlay.is_incomplete() {
        return;
    }
    let workloads = overlay.workloads();
    for workload in &workloads {
        let mounted = mounted(workload);
        let is_unused = |name: &Node| name.scalar().is_some_and(|s| !mounted.contains(&*s.text));
        let volumes = workload.pod.items_at(&["volumes"]).iter();
        let claims = volumes.filter(|volume| volume.get("persistentVolumeClaim").is_some());
        for name in claims.filter_map(|volume| volume.get("name")).filter(|name| is_unused(name)) {
            report(findings, workload, name, "volume");
        }
        let templates = workload.claim_templates().iter();
        for name in templates.filter_map(|t| t.at(&["metadata", "name"])).filter(|n| is_unused(n)) {
            report(findings, workload, name, "volumeClaimTemplate");
        }
    }
    unnamed(overlay, &workloads, findings);
}

/// Names of the volumes that some container mounts.
fn mounted<'a>(workload: &Workload<'a>) -> HashSet<&'a str> {
    let containers = workload.containers();
    let lists = ["volumeMounts", "volumeDevices"];
    let mounts = containers.iter().flat_map(|c| lists.into_iter().flat_map(|list| c.list(list)));
    mounts.filter_map(|mount| mount.word_at(&["name"])).collect()
}

fn report(findings: &mut Findings<'_>, workload: &Workload<'_>, name: &Node, kind: &str) {
    let word = name.scalar().map_or("", |scalar| scalar.text.as_str());
    let message = format!("no container of {workload} mounts the {kind} {word}");
    let finding = findings.value(name, message);
    finding.about(workload.object, "add it to the `volumeMounts`, or remove it");
}

/// Claims that no object names: a pod, another claim that copies it, a custom resource.
fn unnamed(overlay: &Overlay<'_>, workloads: &[Workload<'_>], findings: &mut Findings<'_>) {
    let mut named = HashSet::new();
    for object in overlay.objects().iter().filter(|object| object.kind() != "ConfigMap") {
        let Some(spec) = object.node.get("spec") else { continue };
        let namespace = effective(object.namespace());
        uses(spec, &mut |text| {
            named.insert((namespace, text));
        });
    }
    let of_sets: HashSet<(&str, &str)> = workloads
        .iter()
        .filter(|workload| workload.kind() == "StatefulSet")
        .map(|workload| (effective(workload.object.namespace()), workload.object.name()))
        .collect();
    for claim in overlay.of_kind("PersistentVolumeClaim").filter(|o| group(o).is_empty()) {
        let (namespace, name) = (effective(claim.namespace()), claim.name());
        // `data-postgres-0` is made in advance for the StatefulSet postgres.
        let of_set = name.rsplit_once('-').is_some_and(|(rest, number)| {
            number.parse::<u32>().is_ok()
                && rest.match_indices('-').any(|(at, _)| {
                    rest.get(at + 1..).is_some_and(|set| of_sets.contains(&(namespace, set)))
                })
        });
        if of_set || named.contains(&(namespace, name)) || overlay.custom().may_make_pods(namespace)
        {
            continue;
        }
        let Some(node) = claim.node.at(&["metadata", "name"]) else { continue };
        let message = format!("no pod mounts {claim}");
        findings.value(node, message).about(claim, "mount it in a pod, or remove it");
    }
}
