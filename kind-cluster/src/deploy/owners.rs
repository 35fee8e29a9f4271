//! The objects whose deletion deletes claims: the garbage collector removes a claim together with its
//! owner. Operators make their resources the owners of the claims of a database.

use std::collections::BTreeSet;

use common::stop::Stop;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::object::{list, text};

/// The `uid` of every owner of a claim, and of the owners of those.
///
/// A pod does not count: a claim that a pod owns is scratch (`ephemeral`), or condemned already.
pub(super) async fn of_claims(cluster: &Cluster) -> Result<BTreeSet<String>, Stop> {
    let mut found = BTreeSet::new();
    let mut owned = cluster.list("v1", "PersistentVolumeClaim", "").await?;
    while let Some(object) = owned.pop() {
        let namespace = text(&object, "/metadata/namespace");
        for owner in list(&object, "/metadata/ownerReferences") {
            let [version, kind, name, uid] =
                ["/apiVersion", "/kind", "/name", "/uid"].map(|field| text(owner, field));
            if kind == "Pod" || !found.insert(uid.to_owned()) {
                continue;
            }
            let next = cluster.get(version, kind, namespace, name).await?;
            owned.extend(next.filter(|next| text(next, "/metadata/uid") == uid));
        }
    }
    Ok(found)
}

/// Whether an object is one of these owners.
pub(super) fn has(owners: &BTreeSet<String>, object: &Value) -> bool {
    owners.contains(text(object, "/metadata/uid"))
}
