//! KR006.

use std::collections::HashSet;

use super::entry::{Check, rule};
use super::needs::missing;
use crate::finding::Findings;
use crate::lint::Overlay;
use crate::object::effective;
use crate::tree::Node;
use crate::view::{Target, Workload};

rule! {
    /// A pod that mounts a PersistentVolumeClaim which the overlay does not have.
    ///
    /// The pod stays `Pending`. The claims of a StatefulSet's `volumeClaimTemplates` are there for
    /// its own pods, and for others under the names that they get (`data-postgres-0`); those of
    /// `ephemeral` volumes come with their pod. Claims that are made elsewhere are declared with
    /// `externals`.
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
    ///     - {name: web, image: nginx:1.27, volumeMounts: [{name: files, mountPath: /files}]}
    ///   volumes: [{name: files, persistentVolumeClaim: {claimName: files}}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml, files.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - {name: web, image: nginx:1.27, volumeMounts: [{name: files, mountPath: /files}]}
    ///   volumes: [{name: files, persistentVolumeClaim: {claimName: files}}]
    /// -- files.yaml --
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: {name: files}
    /// spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    /// ```
    KR006 "pvc-missing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let made: HashSet<(&str, String)> = overlay
        .workloads()
        .iter()
        .flat_map(|workload| {
            let namespace = effective(workload.object.namespace());
            claims(workload).map(move |name| (namespace, name))
        })
        .collect();
    let is_made = |namespace: &str, name: &str| {
        // The number is the pod's; all have claims of the same kind.
        let (of_template, number) = name.rsplit_once('-').unwrap_or((name, ""));
        let numbered = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let namespace = effective(namespace);
        numbered && made.contains(&(namespace, of_template.to_owned()))
            || made.contains(&(namespace, name.to_owned()))
    };
    let hint = "add it to the resources, or declare it with `externals`";
    missing(overlay, findings, Target::Claim, is_made, hint);
}

/// Names of the claims that a StatefulSet makes, without the pod's number, and of those that
/// come with a Pod.
fn claims<'a>(workload: &Workload<'a>) -> impl Iterator<Item = String> {
    let object = workload.object;
    let templates = match workload.kind() {
        "StatefulSet" => object.node.at(&["spec", "volumeClaimTemplates"]),
        _ => None,
    };
    let templates = templates.map_or(&[][..], Node::items).iter();
    let of_templates =
        templates.filter_map(|template| template.word_at(&["metadata", "name"])).map(|name| {
            // A volume of the same name gives way to the template.
            format!("{name}-{}", object.name())
        });
    let volumes = workload.pod.get("volumes").map_or(&[][..], Node::items).iter();
    let ephemeral = volumes
        .filter(|volume| workload.kind() == "Pod" && volume.get("ephemeral").is_some())
        .filter_map(|volume| volume.word_at(&["name"]))
        .map(|name| format!("{}-{name}", object.name()));
    of_templates.chain(ephemeral).collect::<Vec<_>>().into_iter()
}
