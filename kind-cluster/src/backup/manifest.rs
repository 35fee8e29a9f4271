//! The contents of an archive, and its origin.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of this form. A reader refuses others.
pub(super) const SCHEMA: u32 = 1;

/// The archive's last word about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// [`SCHEMA`].
    pub(super) schema: u32,
    /// The cluster's name.
    pub(super) cluster: String,
    pub(super) volumes: Vec<Volume>,
    pub(super) dumps: Vec<Dump>,
    /// Volumes that were not backed up, and why.
    pub(super) scratch: Vec<Scratch>,
    /// The workloads that used the volumes, and with how many pods.
    pub(super) workloads: Vec<Workload>,
    /// Every image of those, as their pods named it.
    pub(super) images: Vec<String>,
}

/// A volume's files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Volume {
    pub(super) namespace: String,
    pub(super) claim: String,
    /// The claim itself, for a cluster that does not have it.
    pub(super) object: Value,
    /// The member of the archive.
    pub(super) member: String,
    pub(super) node: String,
    pub(super) path: String,
    pub(super) method: String,
    pub(super) consistency: String,
    /// Files, folders and links.
    pub(super) entries: u64,
    /// Bytes in all files together.
    pub(super) bytes: u64,
    /// Of the member.
    pub(super) sha256: String,
}

/// A database's own dump.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dump {
    pub(super) namespace: String,
    pub(super) workload: String,
    pub(super) member: String,
    pub(super) method: String,
    pub(super) consistency: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// A volume that is not backed up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scratch {
    pub(super) namespace: String,
    pub(super) owner: String,
    pub(super) volume: String,
    pub(super) reason: String,
}

/// A workload that uses volumes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Workload {
    pub(super) namespace: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) replicas: i64,
}
