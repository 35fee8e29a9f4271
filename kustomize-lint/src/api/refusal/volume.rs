//! The volumes of pods.

use std::collections::HashSet;

use super::at::{At, Refusals};
use super::quantity;
use super::syntax;

/// The sources of a volume.
const SOURCES: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "hostPath",
    "image",
    "iscsi",
    "nfs",
    "persistentVolumeClaim",
    "photonPersistentDisk",
    "portworxVolume",
    "projected",
    "quobyte",
    "rbd",
    "scaleIO",
    "secret",
    "storageos",
    "vsphereVolume",
];

/// Checks the volumes; their names.
pub(super) fn check(spec: &At<'_>, refusals: &mut Refusals) -> HashSet<String> {
    let volumes = spec.list("volumes");
    refusals.distinct(&volumes, |one| one.text("name"), "name");
    for volume in &volumes {
        if refusals.required(volume, "name").is_some() {
            syntax::label(volume.get("name"), refusals);
        }
        // Without a source it is an empty folder.
        if SOURCES.iter().filter(|source| volume.has(source)).count() > 1 {
            let server = "may not specify more than 1 volume type";
            refusals.add(volume, "has more than one source", server);
        }
        source(volume, refusals);
    }
    volumes.iter().filter_map(|one| one.text("name")).map(str::to_owned).collect()
}

fn source(volume: &At<'_>, refusals: &mut Refusals) {
    for (source, field) in [
        ("secret", "secretName"),
        ("configMap", "name"),
        ("persistentVolumeClaim", "claimName"),
        ("hostPath", "path"),
        ("csi", "driver"),
        ("nfs", "server"),
        ("nfs", "path"),
    ] {
        if let Some(at) = volume.get(source) {
            refusals.required(&at, field);
        }
    }
    if let Some(host) = volume.get("hostPath") {
        let path = host.get("path");
        if let Some(path) = path.filter(|path| path.word().is_some_and(has_parent)) {
            refusals.add(&path, "may not have `..`", "must not contain '..'");
        }
    }
    if let Some(at) = volume.at(&["emptyDir", "sizeLimit"]) {
        quantity::one(&at, refusals);
    }
    for key in ["secret", "configMap", "downwardAPI"] {
        if let Some(at) = volume.get(key) {
            files(&at, key, refusals);
        }
    }
    if let Some(projected) = volume.get("projected") {
        mode(projected.get("defaultMode"), refusals);
        for source in projected.list("sources") {
            let kinds = [
                "clusterTrustBundle",
                "configMap",
                "downwardAPI",
                "podCertificate",
                "secret",
                "serviceAccountToken",
            ];
            if kinds.iter().filter(|kind| source.has(kind)).count() > 1 {
                let server = "may not specify more than 1 volume type";
                refusals.add(&source, "has more than one source", server);
            }
            for key in ["configMap", "secret"] {
                if let Some(at) = source.get(key) {
                    refusals.required(&at, "name");
                    files(&at, key, refusals);
                }
            }
            if let Some(at) = source.get("downwardAPI") {
                files(&at, "downwardAPI", refusals);
            }
            if let Some(token) = source.get("serviceAccountToken") {
                refusals.required(&token, "path");
                if token.int("expirationSeconds").is_some_and(|seconds| seconds < 600) {
                    let server = "may not specify a duration less than 10 minutes";
                    refusals.add(&token, "has to last 600 seconds or more", server);
                }
            }
        }
    }
    if let Some(claim) = volume.at(&["ephemeral", "volumeClaimTemplate", "spec"]) {
        super::storage::claim(&claim, refusals);
    }
}

/// The files that keys become.
fn files(at: &At<'_>, kind: &str, refusals: &mut Refusals) {
    mode(at.get("defaultMode"), refusals);
    for item in at.list("items") {
        if kind == "downwardAPI" {
            match item.get("fieldRef") {
                Some(field) => drop(refusals.required(&field, "fieldPath")),
                None if item.has("resourceFieldRef") => {}
                None => {
                    let server = "one of fieldRef and resourceFieldRef is required";
                    refusals.add(&item, "needs `fieldRef` or `resourceFieldRef`", server);
                }
            }
        } else {
            refusals.required(&item, "key");
        }
        mode(item.get("mode"), refusals);
        let Some(path) = refusals.required(&item, "path") else { continue };
        let text = path.word().unwrap_or_default();
        if text.starts_with('/') {
            refusals.add(&path, "has to be relative", "must be a relative path");
        } else if has_parent(text) || text.starts_with("..") {
            refusals.add(&path, "may not begin with `..`", "must not contain '..'");
        }
    }
}

fn has_parent(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}

fn mode(at: Option<At<'_>>, refusals: &mut Refusals) {
    let Some(at) = at else { return };
    if at.node.as_int().is_some_and(|mode| !(0..=0o777).contains(&mode)) {
        let server = "must be a number between 0 and 0777 (octal), both inclusive";
        refusals.add(&at, "has to be from 0 to 0777", server);
    }
}
