//! Deletion of the objects that have left the overlay.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use common::retry::poll;
use common::stop::Stop;
use serde_json::Value;

use super::{Inventory, Origin, Records};
use crate::cluster::{Cluster, OWNER, stop};
use crate::deploy::owners;
use crate::deploy::rehearsal::is_ours;
use crate::object::{Key, meta, text};
use crate::order;
use crate::readiness::holder;
use crate::report::Check;

/// How long a deletion may take. A finalizer may hold an object for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// Deleting these deletes data, or objects that nobody has listed.
const KEPT: [&str; 4] =
    ["PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition"];

/// How data is saved before an object that holds it is deleted by hand.
const BACKUP: &str =
    "deleting it by hand deletes its data: first `kind-cluster backup --backup-dir DIR`";

/// Whether data would go with an object: the object's data, or that of the claims which go with it.
fn holds_data(key: &Key, object: &Value, owners: &BTreeSet<String>) -> bool {
    KEPT.contains(&key.kind.as_str())
        || text(object, "/spec/persistentVolumeClaimRetentionPolicy/whenDeleted") == "Delete"
        || owners::has(owners, object)
}

async fn is_served(cluster: &Cluster, version: &str, key: &Key) -> Result<bool, Stop> {
    let found = cluster.kind(version, &key.kind).await;
    Ok(found.map_err(|error| stop("cannot look for a kind", &error))?.is_some())
}

impl Records {
    /// Says which objects have left the overlay.
    pub(in crate::deploy) async fn report_left(
        &mut self,
        cluster: &Cluster,
        left: &Inventory,
    ) -> Result<Vec<Check>, Stop> {
        let (there, mut checks) = self.sort(cluster, left).await?;
        for object in &there {
            let check = stays(&Key::of(object), "");
            checks.push(check.hint("`kind-cluster deploy --prune` deletes it"));
        }
        for record in self.others.iter().filter(|record| record.origin == Origin::Namespace) {
            let names: Vec<String> = record.objects.keys().map(Key::placed).collect();
            let detail = format!(
                "{} recorded objects that are in no overlay known here: {}",
                record.shown(),
                names.join(", ")
            );
            let check = Check::warning("prune", &record.id, "left-overlay", detail);
            checks.push(check.hint(format!(
                "if they were this overlay's, `kind-cluster deploy --adopt {} --prune` deletes \
                 them, except claims",
                record.id
            )));
        }
        Ok(checks)
    }

    /// Deletes the objects that have left the overlay, in the reverse order of applying, and waits
    /// until they are gone.
    pub(in crate::deploy) async fn prune(
        &mut self,
        cluster: &Cluster,
        left: &Inventory,
        deadline: Instant,
    ) -> Result<Vec<Check>, Stop> {
        let (there, mut checks) = self.sort(cluster, left).await?;
        let there = order::for_deletion(there);
        for object in &there {
            let key = Key::of(object);
            let version = text(object, "/apiVersion");
            cluster.delete(version, &key.kind, &key.namespace, &key.name).await?;
        }
        let deadline = deadline.min(Instant::now() + PATIENCE);
        let mut gone = Vec::new();
        for object in &there {
            let key = Key::of(object);
            match left_of(cluster, object, deadline).await? {
                None => {
                    checks.push(Check::ok("prune", key.to_string(), "deleted"));
                    gone.push(key);
                }
                Some(still) => {
                    let detail =
                        format!("its deletion has begun and is not finished: {}", holder(&still));
                    let hint = "it stays in the inventory; the next --prune looks again";
                    let check = Check::failed("prune", key.to_string(), "terminating", detail);
                    checks.push(check.hint(hint));
                }
            }
        }
        self.forget(cluster, &gone).await?;
        Ok(checks)
    }

    /// The objects that are this overlay's to delete, and a check for each other one.
    async fn sort(
        &mut self,
        cluster: &Cluster,
        left: &Inventory,
    ) -> Result<(Vec<Value>, Vec<Check>), Stop> {
        let (mut there, mut gone, mut checks) = (Vec::new(), Vec::new(), Vec::new());
        let owners = match left.is_empty() {
            true => BTreeSet::new(),
            false => owners::of_claims(cluster).await?,
        };
        for (key, version) in left {
            if let Some(other) = self.other_of(key) {
                gone.push(key.clone());
                let detail = format!("has left this overlay, and is {}'s", other.shown());
                checks.push(Check::skipped("prune", key.to_string(), detail));
                continue;
            }
            match cluster.get(version, &key.kind, &key.namespace, &key.name).await? {
                None if is_served(cluster, version, key).await? => gone.push(key.clone()),
                None => {
                    let why =
                        format!("; {version} is not served any more, so that it cannot be found");
                    checks.push(stays(key, &why));
                }
                Some(object) if !is_ours(&object) || self.is_of_another(&object) => {
                    gone.push(key.clone());
                    let detail = "belongs to another owner now";
                    checks.push(Check::skipped("prune", key.to_string(), detail));
                }
                Some(object) if holds_data(key, &object, &owners) => {
                    let why = "; it is never pruned, because data would go with it";
                    checks.push(stays(key, why).hint(BACKUP));
                }
                Some(object) => there.push(object),
            }
        }
        self.forget(cluster, &gone).await?;
        Ok((there, checks))
    }

    /// Whether an object carries the identity of an overlay that is deployed beside this one.
    fn is_of_another(&self, object: &Value) -> bool {
        let owner = meta(object, "annotations", OWNER);
        self.others.iter().any(|other| Some(other.id.as_str()) == owner)
    }
}

/// An object that is to be gone, if it is still there at the deadline. A new one of the same name is
/// somebody else's.
async fn left_of(
    cluster: &Cluster,
    object: &Value,
    deadline: Instant,
) -> Result<Option<Value>, Stop> {
    let key = Key::of(object);
    let is_there = |answer: &Result<Option<Value>, Stop>| matches!(answer, Ok(Some(_)));
    poll(deadline, is_there, async || {
        let version = text(object, "/apiVersion");
        let found = cluster.get(version, &key.kind, &key.namespace, &key.name).await?;
        Ok(found.filter(|now| now["metadata"]["uid"] == object["metadata"]["uid"]))
    })
    .await
}

fn stays(key: &Key, why: &str) -> Check {
    let place = match key.namespace.as_str() {
        "" => String::new(),
        namespace => format!(" (namespace {namespace})"),
    };
    let detail = format!("has left the overlay{place}{why}");
    Check::warning("prune", key.to_string(), "left-overlay", detail)
}
