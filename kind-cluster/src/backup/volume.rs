//! A claim's volume: where it is, and who uses it.

use serde_json::Value;

use super::claim;
use crate::object::{list, mounts, name, ordinal, text};

/// A volume on a node.
#[derive(Clone, Debug)]
pub(super) struct Volume {
    pub(super) namespace: String,
    pub(super) claim: String,
    /// The data that a cluster without the claim needs to make it again.
    pub(super) object: Value,
    pub(super) node: String,
    pub(super) path: String,
}

/// Whether a workload's pods mount a claim: by name, or as one of its templates.
pub(super) fn claims_of(workload: &Value, claim: &Value) -> bool {
    if text(workload, "/metadata/namespace") != text(claim, "/metadata/namespace") {
        return false;
    }
    mounts(workload, name(claim)) || ordinal(workload, name(claim)).is_some()
}

/// Where a claim's volume is.
pub(super) fn of(claim: &Value, volumes: &[Value]) -> Result<Volume, String> {
    let wanted = text(claim, "/spec/volumeName");
    let volume = volumes.iter().find(|volume| name(volume) == wanted);
    let volume = volume.ok_or_else(|| format!("its volume {wanted} does not exist"))?;
    let path = match (text(volume, "/spec/hostPath/path"), text(volume, "/spec/local/path")) {
        ("", "") => return Err("its volume is not a folder of a node".into()),
        ("", path) | (path, _) => path,
    };
    let plain = path.starts_with('/') && path.split('/').all(|part| part != "..");
    // A path that is replaced whole must not be a folder of the system.
    if !plain || path.split('/').filter(|part| !part.is_empty()).count() < 2 {
        return Err(format!("its volume is at {path}"));
    }
    let terms = list(volume, "/spec/nodeAffinity/required/nodeSelectorTerms");
    let node = terms
        .iter()
        .flat_map(|term| list(term, "/matchExpressions"))
        .find(|wanted| text(wanted, "/key") == "kubernetes.io/hostname")
        .map(|wanted| text(wanted, "/values/0"))
        .filter(|node| !node.is_empty())
        .ok_or("its volume says no node")?;
    Ok(Volume {
        namespace: text(claim, "/metadata/namespace").to_owned(),
        claim: name(claim).to_owned(),
        object: claim::essence(claim),
        node: node.to_owned(),
        path: path.trim_end_matches('/').to_owned(),
    })
}
