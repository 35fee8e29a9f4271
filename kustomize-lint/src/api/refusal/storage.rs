//! Volumes of the cluster, claims, classes.

use common::quantity::Quantity;

use super::at::{At, Refusals};
use super::quantity;
use super::syntax;

/// The sources of a PersistentVolume.
const SOURCES: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
];

pub(super) fn check(object: &At<'_>, kind: &str, refusals: &mut Refusals) {
    if kind == "StorageClass" {
        if let Some(at) = refusals.required(object, "provisioner")
            && at.word().is_some_and(|text| !syntax::is_qualified(&text.to_ascii_lowercase()))
        {
            let server = "name part must consist of alphanumeric characters, '-', '_' or '.'";
            refusals.add(&at, "is not a valid name of a provisioner", server);
        }
        for (entry, value) in object.pairs("parameters") {
            if entry.key.is_empty() {
                refusals.key(&value, entry, "may not be empty", "field can not be empty");
            }
        }
        refusals.filled(object, "volumeBindingMode");
        topologies(object, refusals);
        return;
    }
    let Some(spec) = object.get("spec") else { return refusals.missing(object, "spec") };
    if kind == "PersistentVolumeClaim" {
        claim(&spec, refusals);
    } else {
        volume(&spec, refusals);
    }
}

/// The terms of a class's topologies. For the server, a term without expressions is a copy of each one behind it,
/// also where none is.
fn topologies(class: &At<'_>, refusals: &mut Refusals) {
    for term in class.list("allowedTopologies") {
        if term.list("matchLabelExpressions").is_empty() {
            let server = "matchLabelExpressions: Duplicate value: \"\"";
            refusals.add(&term, "needs `matchLabelExpressions`", server);
        }
    }
}

/// The specification of a claim.
pub(super) fn claim(spec: &At<'_>, refusals: &mut Refusals) {
    modes(spec, refusals);
    let storage = spec.at(&["resources", "requests", "storage"]);
    match &storage {
        None => {
            let server = "Required value: spec.resources[storage]";
            refusals.add(spec, "needs `resources.requests.storage`", server);
        }
        Some(at) => size(at, refusals),
    }
    syntax::subdomain(spec.get("storageClassName"), refusals);
    syntax::selector(spec.get("selector"), refusals);
    // The server drops a `dataSource` of any other kind, and looks at `dataSourceRef`.
    const KEPT: [(Option<&str>, &str); 2] =
        [(None, "PersistentVolumeClaim"), (Some("snapshot.storage.k8s.io"), "VolumeSnapshot")];
    if let Some(source) = spec.get("dataSource") {
        let group = source.text("apiGroup").filter(|group| !group.is_empty());
        if KEPT.contains(&(group, source.text("kind").unwrap_or_default())) {
            refusals.required(&source, "name");
        }
    }
    if let Some(source) = spec.get("dataSourceRef") {
        refusals.required(&source, "name");
        refusals.required(&source, "kind");
        let kind = source.text("kind");
        if source.text("apiGroup").is_none()
            && kind.is_some_and(|kind| kind != "PersistentVolumeClaim")
        {
            let server = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
            refusals.add(&source, "needs `apiGroup` for this kind", server);
        }
    }
}

fn volume(spec: &At<'_>, refusals: &mut Refusals) {
    modes(spec, refusals);
    match spec.at(&["capacity", "storage"]) {
        None => refusals.add(spec, "needs `capacity.storage`", "Required value: spec.capacity"),
        Some(at) => size(&at, refusals),
    }
    if let (true, Some(at)) = (spec.pairs("capacity").len() > 1, spec.get("capacity")) {
        let server = "Unsupported value: supported values: \"storage\"";
        refusals.add(&at, "may have `storage` only", server);
    }
    if let Some(path) = spec.at(&["nfs", "path"])
        && path.word().is_some_and(|text| !text.starts_with('/'))
    {
        refusals.add(&path, "has to begin with `/`", "must be an absolute path");
    }
    if spec.text("persistentVolumeReclaimPolicy") == Some("Recycle")
        && let Some(path) = spec.at(&["hostPath", "path"]).filter(|path| path.word() == Some("/"))
    {
        let server = "may not be 'recycle' for a hostPath mount of '/'";
        refusals.add(&path, "may not be `/` for `Recycle`", server);
    }
    match SOURCES.iter().filter(|source| spec.has(source)).count() {
        0 => refusals.add(spec, "needs a source", "must specify a volume type"),
        1 => {}
        _ => {
            let server = "may not specify more than 1 volume type";
            refusals.add(spec, "has more than one source", server);
        }
    }
    for (source, field) in [
        ("hostPath", "path"),
        ("local", "path"),
        ("nfs", "server"),
        ("nfs", "path"),
        ("csi", "driver"),
        ("csi", "volumeHandle"),
    ] {
        if let Some(at) = spec.get(source) {
            refusals.required(&at, field);
        }
    }
    if spec.has("local") && !spec.has("nodeAffinity") {
        refusals.add(
            spec,
            "needs `nodeAffinity` for a local volume",
            "Required value: Local volume requires node affinity",
        );
    }
    let terms = spec.at(&["nodeAffinity", "required"]);
    for term in terms.iter().flat_map(|required| required.list("nodeSelectorTerms")) {
        super::node::term(&term, refusals);
    }
    syntax::subdomain(spec.get("storageClassName"), refusals);
}

fn modes(spec: &At<'_>, refusals: &mut Refusals) {
    let modes = spec.list("accessModes");
    if modes.is_empty() {
        let server = "at least 1 access mode is required";
        refusals.add(spec, "needs `accessModes`", server);
    }
    for mode in modes.iter().filter(|mode| mode.word() == Some("")) {
        refusals.add(mode, "may not be empty", "Unsupported value: \"\"");
    }
    let alone = modes.iter().any(|mode| mode.word() == Some("ReadWriteOncePod"));
    if let (true, Some(at)) = (alone && modes.len() > 1, spec.get("accessModes")) {
        let server = "may not use ReadWriteOncePod with other access modes";
        refusals.add(&at, "may have `ReadWriteOncePod` only alone", server);
    }
}

fn size(at: &At<'_>, refusals: &mut Refusals) {
    quantity::one(at, refusals);
    if quantity::value(at) == Some(Quantity::ZERO) {
        refusals.add(at, "has to be more than 0", "must be greater than zero");
    }
}
