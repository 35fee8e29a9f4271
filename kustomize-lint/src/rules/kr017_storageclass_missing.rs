use std::collections::HashSet;

use super::needs::not_there;
use super::prelude::*;

rule! {
    /// A claim of a StorageClass which the overlay does not have.
    ///
    /// The claim stays `Pending`, and so does its pod. No class, or `""`, is fine: the cluster's
    /// default, or no class at all. A class that only binds a claim to a PersistentVolume of the
    /// overlay needs no object. No name counts as given, as `standard` is in Kind and not on EKS,
    /// and `gp2` in some EKS clusters only: a class that the cluster brings is declared once, as
    /// `externals = ["StorageClass/standard"]`. One finding stands for all claims of the class.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [files.yaml]
    /// -- files.yaml --
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: {name: files}
    /// spec:
    ///   storageClassName: fast
    ///   accessModes: [ReadWriteOnce]
    ///   resources: {requests: {storage: 1Gi}}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [files.yaml, fast.yaml]
    /// -- files.yaml --
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: {name: files}
    /// spec:
    ///   storageClassName: fast
    ///   accessModes: [ReadWriteOnce]
    ///   resources: {requests: {storage: 1Gi}}
    /// -- fast.yaml --
    /// apiVersion: storage.k8s.io/v1
    /// kind: StorageClass
    /// metadata: {name: fast}
    /// provisioner: ebs.csi.aws.com
    /// ```
    KR017 "storageclass-missing" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let volumes = overlay.of_kind("PersistentVolume");
    let bound = volumes.filter_map(|volume| volume.node.str_at(&["spec", "storageClassName"]));
    let mut seen: HashSet<&str> = bound.collect();
    for object in overlay.objects() {
        for spec in claims(object) {
            let Some(node) = spec.get("storageClassName") else { continue };
            let Some(name) = spec.word_at(&["storageClassName"]).filter(|name| !name.is_empty())
            else {
                continue;
            };
            if !overlay.lacks_everywhere("StorageClass", name) || !seen.insert(name) {
                continue;
            }
            let otherwise = format!(
                "add it, or declare what the cluster brings: `externals = [\"StorageClass/{name}\"]`"
            );
            let wanted = ("StorageClass", "", name);
            not_there(overlay, findings, object, node, wanted, &otherwise).detail(name);
        }
    }
}

/// The specs of the claims that an object is, or makes.
fn claims(object: &Object) -> Vec<&Node> {
    if object.kind() == "PersistentVolumeClaim" && group(object).is_empty() {
        return object.node.get("spec").into_iter().collect();
    }
    let Some(workload) = Workload::of(object) else { return Vec::new() };
    let templates = workload.claim_templates().iter();
    let volumes = workload.pod.items_at(&["volumes"]).iter();
    let ephemeral =
        volumes.filter_map(|volume| volume.at(&["ephemeral", "volumeClaimTemplate", "spec"]));
    templates.filter_map(|template| template.get("spec")).chain(ephemeral).collect()
}
