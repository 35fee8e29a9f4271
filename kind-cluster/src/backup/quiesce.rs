//! Workloads at 0 replicas for a while.
//!
//! The number that a workload had is kept on the workload itself, written together with the 0: a
//! run that is killed in between leaves nothing that the next run could not put back.
//!
//! A StatefulSet with `whenScaled: Delete` would lose its claims with the pods. The same write makes
//! that policy `Retain`, and the write that puts the number back restores the policy, too.

use std::time::Instant;

use common::fault;
use common::retry::poll;
use common::stop::Stop;
use serde_json::{Value, json};

use super::volume::{self, Volume};
use crate::cluster::{Cluster, stop as api_stop};
use crate::deploy::display;
use crate::interrupt::Interrupt;
use crate::object::{Key, meta, name, replicas, text, uses};

const BEFORE: &str = "kind-cluster/replicas-before-backup";
/// On a StatefulSet whose claims would go with its pods: the policy to restore.
const RETENTION: &str = "kind-cluster/when-scaled-before-backup";
const WHEN_SCALED: &str = "/spec/persistentVolumeClaimRetentionPolicy/whenScaled";

/// Scales workloads to 0.
///
/// A request that is under way is waited for when a signal comes: given up, it could still be
/// obeyed after [`resume`] has looked.
pub(super) async fn stop(
    cluster: &Cluster,
    workloads: &[(Key, i64)],
    interrupt: &Interrupt,
) -> Result<(), Stop> {
    for (key, replicas) in workloads.iter().filter(|(_, replicas)| *replicas > 0) {
        interrupt.check()?;
        let merge = async {
            let address = address(key);
            let version = text(&address, "/apiVersion");
            let live = cluster.get(version, &key.kind, &key.namespace, &key.name).await?;
            let patch = stopped(&live.unwrap_or_default(), *replicas);
            let merged = cluster.merge(&address, &patch).await;
            merged.map_err(|error| api_stop(&format!("cannot stop {key}"), &error))
        };
        interrupt.cleanup(merge).await?;
    }
    Ok(())
}

/// Waits until no pod mounts any of the volumes.
pub(super) async fn wait_until_unused(
    cluster: &Cluster,
    volumes: &[Volume],
    deadline: Instant,
) -> Result<(), Stop> {
    let in_use = |users: &Result<Vec<String>, Stop>| users.as_ref().is_ok_and(|u| !u.is_empty());
    let left = poll(deadline, in_use, async || users_of(cluster, volumes).await).await?;
    if left.is_empty() {
        return Ok(());
    }
    let message = format!("pods did not end before the deadline: {}", left.join(", "));
    Err(Stop::unfinished("timeout", message).hint(fault::MORE_TIME))
}

/// Refuses to go on where somebody has started a pod in the meantime.
pub(super) async fn still_unused(cluster: &Cluster, volumes: &[Volume]) -> Result<(), Stop> {
    let users = users_of(cluster, volumes).await?;
    if users.is_empty() {
        return Ok(());
    }
    let message = format!("volumes have come into use meanwhile, by pod {}", users.join(", "));
    Err(Stop::unfinished("volume-in-use", message)
        .hint("nothing was changed; run it again when nobody else starts what was stopped"))
}

async fn users_of(cluster: &Cluster, volumes: &[Volume]) -> Result<Vec<String>, Stop> {
    let pods = cluster.list("v1", "Pod", "").await?;
    let used =
        |pod: &&Value| volumes.iter().any(|volume| uses(pod, &volume.namespace, &volume.claim));
    Ok(pods.iter().filter(used).map(|pod| name(pod).to_owned()).collect())
}

/// Workloads that a backup or restore has stopped and not started again, with their number.
pub(crate) async fn interrupted(cluster: &Cluster) -> Result<Vec<(Key, i64)>, Stop> {
    let all = cluster.scalable().await?;
    Ok(all.iter().filter_map(|object| Some((Key::of(object), before(object)?))).collect())
}

/// The number of a stopped workload.
fn before(object: &Value) -> Option<i64> {
    meta(object, "annotations", BEFORE)?.parse().ok()
}

/// Gives every stopped workload its number back.
pub(crate) async fn resume(cluster: &Cluster) -> Result<(), Stop> {
    for object in cluster.scalable().await? {
        let Some(replicas) = before(&object) else { continue };
        let key = Key::of(&object);
        let merged = cluster.merge(&address(&key), &resumed(&object, replicas)).await;
        merged.map_err(|error| api_stop(&format!("cannot start {key} again"), &error))?;
        display::line(&format!("{key} is back at {replicas}"));
    }
    Ok(())
}

/// The patch that stops a workload.
fn stopped(live: &Value, replicas: i64) -> Value {
    let mut patch = json!({"metadata": {"annotations": {BEFORE: replicas.to_string()}},
                           "spec": {"replicas": 0}});
    let policy = text(live, WHEN_SCALED);
    if policy == "Delete" {
        patch["metadata"]["annotations"][RETENTION] = policy.into();
        patch["spec"]["persistentVolumeClaimRetentionPolicy"] = json!({"whenScaled": "Retain"});
    }
    patch
}

/// The patch that starts a stopped workload.
fn resumed(live: &Value, replicas: i64) -> Value {
    let mut patch = json!({"metadata": {"annotations": {BEFORE: null}},
                           "spec": {"replicas": replicas}});
    if let Some(policy) = meta(live, "annotations", RETENTION) {
        patch["metadata"]["annotations"][RETENTION] = Value::Null;
        patch["spec"]["persistentVolumeClaimRetentionPolicy"] = json!({"whenScaled": policy});
    }
    patch
}

/// Enough of an object to address it.
fn address(key: &Key) -> Value {
    json!({"apiVersion": format!("{}/v1", key.group), "kind": key.kind,
           "metadata": {"name": key.name, "namespace": key.namespace}})
}

/// The workloads of some claims, with their replicas.
pub(super) async fn users(cluster: &Cluster, claims: &[Value]) -> Result<Vec<(Key, i64)>, Stop> {
    let all = cluster.scalable().await?;
    let uses = |workload: &&Value| claims.iter().any(|c| volume::claims_of(workload, c));
    Ok(all.iter().filter(uses).map(|found| (Key::of(found), replicas(found))).collect())
}
