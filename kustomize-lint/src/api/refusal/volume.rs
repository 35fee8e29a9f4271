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

/// The names of a pod's volumes.
#[derive(Debug, Default)]
pub(super) struct Volumes {
    all: HashSet<String>,
    /// Volumes of claims, which may be block devices.
    claims: HashSet<String>,
}

impl Volumes {
    /// Adds the claims that a StatefulSet makes.
    pub(super) fn add_claims(&mut self, names: &[&str]) {
        self.all.extend(names.iter().map(|name| (*name).to_owned()));
        self.claims.extend(names.iter().map(|name| (*name).to_owned()));
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.all.contains(name)
    }

    pub(super) fn is_claim(&self, name: &str) -> bool {
        self.claims.contains(name)
    }
}

/// Checks the volumes; their names.
pub(super) fn check(spec: &At<'_>, refusals: &mut Refusals) -> Volumes {
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
    let names = |one: &At<'_>| one.text("name").map(str::to_owned);
    let claims =
        volumes.iter().filter(|one| one.has("persistentVolumeClaim") || one.has("ephemeral"));
    Volumes {
        all: volumes.iter().filter_map(names).collect(),
        claims: claims.filter_map(names).collect(),
    }
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
        let paths: Vec<At<'_>> = projected.list("sources").iter().flat_map(paths).collect();
        for (at, path) in paths.iter().enumerate() {
            if paths[..at].iter().any(|other| other.word() == path.word()) {
                refusals.add(
                    path,
                    "is the path of another file, too",
                    "conflicting duplicate paths",
                );
            }
        }
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
            if let Some(bundle) = source.get("clusterTrustBundle")
                && bundle.text("name").is_none()
                && bundle.text("signerName").is_none()
            {
                let server = "either name or signerName must be specified";
                refusals.add(&bundle, "needs `name` or `signerName`", server);
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
    let metadata = volume.at(&["ephemeral", "volumeClaimTemplate", "metadata"]);
    for (entry, at) in metadata.iter().flat_map(|metadata| metadata.own_pairs()) {
        if !matches!(entry.key.as_str(), "labels" | "annotations") && !at.node.is_null() {
            refusals.key(&at, entry, "is not for the template of a volume", "cannot be set");
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
                Some(field) => {
                    if let Some(path) = refusals.required(&field, "fieldPath")
                        && path.word().is_some_and(|text| !super::downward::is_file_field(text))
                    {
                        refusals.add(
                            &path,
                            "is not a field that a file can have",
                            "field label not supported",
                        );
                    }
                }
                None if item.has("resourceFieldRef") => {
                    if let Some(resource) = item.get("resourceFieldRef") {
                        super::downward::divisor(&resource, refusals);
                    }
                }
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

/// The paths of the files that a source of a projected volume names.
fn paths<'a>(source: &At<'a>) -> Vec<At<'a>> {
    let mut found = Vec::new();
    for key in ["configMap", "downwardAPI", "secret"] {
        let items = source.get(key).map(|at| at.list("items")).unwrap_or_default();
        found.extend(items.iter().filter_map(|item| item.get("path")));
    }
    found.extend(source.at(&["clusterTrustBundle", "path"]));
    found
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
