//! The applied objects, recorded in the cluster itself, so that objects that leave the overlay are found.

use std::collections::BTreeMap;

use common::stop::Stop;
use serde_json::{Value, json};

use super::roll_out::is_ours;
use crate::cluster::{Cluster, stop};
use crate::object::{Key, text};
use crate::order;
use crate::render::Rendered;
use crate::report::Check;

/// The record of a deployment, in the overlay's namespace; a component's has its name behind it.
pub(crate) const NAME: &str = "kind-cluster-inventory";
/// Where the records of components are.
const OF_COMPONENTS: &str = "kube-system";

/// Deleting these deletes data, or objects that nobody has listed.
const KEPT: [&str; 4] =
    ["PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition"];

/// Objects that were applied once, with the version they were applied in.
pub(crate) type Inventory = BTreeMap<Key, String>;

/// Objects with a mark on each, by the name that other tools give it: the API server keeps no
/// owner of an object that says nothing but its name.
pub(super) fn marked(objects: &[Value]) -> Vec<Value> {
    let mark = |object: &Value| {
        let mut object = object.clone();
        object["metadata"]["annotations"]["config.k8s.io/owning-inventory"] = NAME.into();
        object
    };
    objects.iter().map(mark).collect()
}

/// Objects that were applied before and are in no profile of the overlay any more.
pub(super) async fn left(cluster: &Cluster, rendered: &Rendered) -> Result<Inventory, Stop> {
    let mut known = read(cluster, rendered.namespace()).await?;
    for object in &rendered.all {
        known.remove(&Key::of(object));
    }
    Ok(known)
}

/// Everything that was ever applied, as the last deployment recorded it.
pub(crate) async fn read(cluster: &Cluster, namespace: &str) -> Result<Inventory, Stop> {
    let found = cluster.get("v1", "ConfigMap", namespace, NAME).await?;
    Ok(found.as_ref().map(entries).unwrap_or_default())
}

/// Whether a ConfigMap of this name is a record.
pub(crate) fn is_record(name: &str) -> bool {
    name.strip_prefix(NAME).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The objects of one record.
pub(crate) fn entries(map: &Value) -> Inventory {
    let entry = |line: &str| {
        let value: Value = serde_json::from_str(line).ok()?;
        Some((Key::of(&value), text(&value, "/apiVersion").to_owned()))
    };
    text(map, "/data/objects").lines().filter_map(entry).collect()
}

/// Records what a component is made of.
pub(crate) async fn record_component(
    cluster: &Cluster,
    component: &str,
    objects: &[Value],
) -> Result<(), Stop> {
    let version = |object: &Value| text(object, "/apiVersion").to_owned();
    let known = objects.iter().map(|object| (Key::of(object), version(object))).collect();
    write(cluster, OF_COMPONENTS, &format!("{NAME}-{component}"), &known).await
}

/// Workloads of earlier deployments that run on beside what is deployed now, all or all but some.
pub(super) async fn beside(
    cluster: &Cluster,
    rendered: &Rendered,
    without: Option<&Inventory>,
) -> Result<Vec<Value>, Stop> {
    let mut known = read(cluster, rendered.namespace()).await?;
    for key in without.into_iter().flat_map(BTreeMap::keys) {
        known.remove(key);
    }
    for object in &rendered.selected {
        known.remove(&Key::of(object));
    }
    let mut running = Vec::new();
    for (key, version) in known {
        // A Job has ended, or is about to.
        if !["Deployment", "StatefulSet", "DaemonSet"].contains(&key.kind.as_str()) {
            continue;
        }
        let found = cluster.get(&version, &key.kind, &key.namespace, &key.name).await?;
        running.extend(found);
    }
    Ok(running)
}

/// Records what is about to be applied, beside what an earlier deployment has.
pub(super) async fn record(
    cluster: &Cluster,
    rendered: &Rendered,
    left: &Inventory,
) -> Result<(), Stop> {
    let namespace = rendered.namespace();
    let mut known = read(cluster, namespace).await?;
    known.extend(left.clone());
    for object in &rendered.selected {
        known.insert(Key::of(object), text(object, "/apiVersion").to_owned());
    }
    // The record is kept in the namespace, which may not be there yet.
    let made = rendered.selected.iter().find(|object| {
        text(object, "/kind") == "Namespace" && text(object, "/metadata/name") == namespace
    });
    if let Some(made) = made {
        cluster
            .apply(&marked(std::slice::from_ref(made))[0], true)
            .await
            .map_err(|e| stop("cannot make the namespace", &e))?;
    }
    write(cluster, namespace, NAME, &known).await
}

async fn write(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    known: &Inventory,
) -> Result<(), Stop> {
    let line = |(key, version): (&Key, &String)| {
        let entry = json!({"apiVersion": version, "kind": key.kind,
                           "metadata": {"namespace": key.namespace, "name": key.name}});
        format!("{entry}\n")
    };
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": {"objects": known.iter().map(line).collect::<String>()}});
    cluster.apply(&map, true).await.map_err(|e| stop("cannot record what is applied", &e))?;
    Ok(())
}

/// Whether data would go with an object: its own, or that of the claims which go with it.
fn holds_data(key: &Key, object: &Value) -> bool {
    KEPT.contains(&key.kind.as_str())
        || text(object, "/spec/persistentVolumeClaimRetentionPolicy/whenDeleted") == "Delete"
}

async fn is_served(cluster: &Cluster, version: &str, key: &Key) -> Result<bool, Stop> {
    let found = cluster.kind(version, &key.kind).await;
    Ok(found.map_err(|error| stop("cannot look for a kind", &error))?.is_some())
}

/// Deletes what has left the overlay, in the reverse order of applying; without `really`, says
/// what would go.
pub(super) async fn prune(
    cluster: &Cluster,
    rendered: &Rendered,
    left: &Inventory,
    really: bool,
) -> Result<Vec<Check>, Stop> {
    let mut there = Vec::new();
    let mut gone = Vec::new();
    let mut checks = Vec::new();
    let stays = |key: &Key, why: &str| {
        let detail = format!("has left the overlay{why}");
        Check::warning("prune", key.to_string(), "left-overlay", detail)
    };
    for (key, version) in left {
        match cluster.get(version, &key.kind, &key.namespace, &key.name).await? {
            None if is_served(cluster, version, key).await? => gone.push(key.clone()),
            None => {
                let why = format!("; {version} is not served any more, so that it cannot be found");
                checks.push(stays(key, &why));
            }
            Some(object) if holds_data(key, &object) => {
                checks.push(stays(key, "; it is never pruned, because data would go with it"));
            }
            Some(object) if !is_ours(&object) => {
                gone.push(key.clone());
                let detail = "belongs to somebody else now";
                checks.push(Check::skipped("prune", key.to_string(), detail));
            }
            Some(object) => there.push(object),
        }
    }
    for object in &order::for_deletion(there) {
        let key = Key::of(object);
        if really {
            cluster
                .delete(text(object, "/apiVersion"), &key.kind, &key.namespace, &key.name)
                .await?;
            checks.push(Check::ok("prune", key.to_string(), "deleted"));
            gone.push(key);
        } else {
            checks.push(stays(&key, "").hint("`kind-cluster deploy --prune` deletes it"));
        }
    }
    if !gone.is_empty() {
        let mut known = read(cluster, rendered.namespace()).await?;
        known.retain(|key, _| !gone.contains(key));
        write(cluster, rendered.namespace(), NAME, &known).await?;
    }
    Ok(checks)
}
