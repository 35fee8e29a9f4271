//! The objects that were applied, kept in the cluster itself, so that those that leave an overlay
//! can be found.
//!
//! A record belongs to one overlay, whatever its namespace is, as the inventory of cli-utils does.
//! An object in the records of two overlays is never deleted for one of them.

pub(crate) mod identity;
mod moved;
mod prune;
mod shared;

use std::collections::{BTreeMap, BTreeSet};

use common::fault;
use common::stop::Stop;
use serde_json::{Value, json};

use crate::cluster::{Cluster, OWNER, stop};
use crate::object::{Key, meta, name, text};
use crate::render::Rendered;
pub(crate) use identity::Identity;
use identity::is_derived;

/// The name of a component's record, with the component's behind it. An earlier version gave it to
/// the record of a namespace, too.
const NAME: &str = "kind-cluster-inventory";
/// The name of an overlay's record, with its identity behind it.
const OF_OVERLAY: &str = "kind-cluster-overlay";
/// Records are here, because an overlay's namespace may change or go.
const HOME: &str = "kube-system";
/// The label of an overlay's record, by the name that cli-utils gives it.
const LABEL: &str = "cli-utils.sigs.k8s.io/inventory-id";
/// How the record of an earlier version is called for `--adopt`, with its namespace behind it.
const OF_NAMESPACE: &str = "namespace.";

/// Objects that were applied once, with the version they were applied in.
pub(crate) type Inventory = BTreeMap<Key, String>;

/// The origin of a record's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Overlay,
    Component,
    /// An earlier version of this tool, which kept one record for all overlays of a namespace.
    Namespace,
}

/// Objects that were applied together.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) origin: Origin,
    /// Its identity.
    pub(crate) id: String,
    /// Where the overlay was when it was deployed last.
    folder: String,
    /// Whether somebody gave the identity.
    is_given: bool,
    /// The records that have become this one.
    adopted: BTreeSet<String>,
    pub(crate) objects: Inventory,
    namespace: String,
    name: String,
}

impl Record {
    /// The record that a ConfigMap is; `None` for any other ConfigMap.
    pub(crate) fn of(map: &Value) -> Option<Self> {
        let (home, name) = (text(map, "/metadata/namespace"), name(map));
        let (origin, id) = match (meta(map, "labels", LABEL), name.strip_prefix(NAME)) {
            (Some(id), _) if name.starts_with(OF_OVERLAY) => (Origin::Overlay, id.to_owned()),
            (_, Some("")) => (Origin::Namespace, format!("{OF_NAMESPACE}{home}")),
            (_, Some(rest)) => (Origin::Component, rest.strip_prefix('-')?.to_owned()),
            _ => return None,
        };
        let is_given = text(map, "/data/given") == "true" || !is_derived(&id);
        Some(Record {
            origin,
            is_given,
            id,
            folder: text(map, "/data/overlay").to_owned(),
            adopted: text(map, "/data/adopted").split_whitespace().map(str::to_owned).collect(),
            objects: entries(map),
            namespace: home.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The owner, for people.
    fn shown(&self) -> String {
        match self.origin {
            Origin::Overlay => format!("the overlay {} ({})", self.folder, self.id),
            Origin::Component => format!("the component {}", self.id),
            Origin::Namespace => {
                format!("an earlier deployment to the namespace {}", self.namespace)
            }
        }
    }
}

/// The objects of one record.
fn entries(map: &Value) -> Inventory {
    let entry = |line: &str| {
        let value: Value = serde_json::from_str(line).ok()?;
        Some((Key::of(&value), text(&value, "/apiVersion").to_owned()))
    };
    text(map, "/data/objects").lines().filter_map(entry).collect()
}

/// The cluster's records of an overlay, and of other overlays.
pub(crate) struct Records {
    identity: Identity,
    /// The objects of this overlay, as earlier deployments recorded them.
    objects: Inventory,
    /// The records of others.
    others: Vec<Record>,
    /// Records that have become this overlay's, to be deleted once the overlay's record is written.
    adopted: Vec<Record>,
    /// The identities of records that earlier runs have made this overlay's: a run that was killed after
    /// their deletion can be repeated.
    adopted_before: BTreeSet<String>,
}

impl Records {
    /// Reads the records, and makes those of `adopt` the overlay's.
    pub(crate) async fn read(
        cluster: &Cluster,
        rendered: &Rendered,
        identity: Identity,
        adopt: &[String],
    ) -> Result<Self, Stop> {
        let maps = cluster.list("v1", "ConfigMap", HOME).await?;
        let mut all: Vec<Record> = maps.iter().filter_map(Record::of).collect();
        let spaces: BTreeSet<&str> = rendered.namespaces();
        let named = adopt.iter().filter_map(|id| id.strip_prefix(OF_NAMESPACE));
        for space in spaces.into_iter().chain(named).collect::<BTreeSet<&str>>() {
            let earlier = cluster.get("v1", "ConfigMap", space, NAME).await?;
            all.extend(earlier.as_ref().and_then(Record::of));
        }
        let mut records = Records {
            identity,
            objects: Inventory::new(),
            others: Vec::new(),
            adopted: Vec::new(),
            adopted_before: BTreeSet::new(),
        };
        let known: BTreeSet<Key> = rendered.all.iter().map(Key::of).collect();
        for mut record in all {
            if record.origin == Origin::Overlay && record.id == records.identity.id {
                records.objects.extend(record.objects);
                records.adopted_before.extend(record.adopted);
                continue;
            }
            if adopt.contains(&record.id) && record.origin != Origin::Component {
                records.objects.extend(record.objects.clone());
                records.adopted.push(record);
                continue;
            }
            if record.origin == Origin::Namespace {
                // The overlay's objects certainly belong to it; the owner of the rest is unknown.
                let ours = record.objects.extract_if(.., |key, _| known.contains(key));
                records.objects.extend(ours);
                if record.objects.is_empty() {
                    records.adopted.push(record);
                    continue;
                }
            }
            records.others.push(record);
        }
        let is_unknown = |id: &&String| {
            !records.adopted.iter().any(|record| record.id == **id)
                && !records.adopted_before.contains(*id)
        };
        let unknown: Vec<&str> = adopt.iter().filter(is_unknown).map(String::as_str).collect();
        if unknown.is_empty() {
            return Ok(records);
        }
        let overlays = records.others.iter().filter(|record| record.origin != Origin::Component);
        let ids: Vec<&str> = overlays.map(|record| record.id.as_str()).collect();
        let message = format!("there is no inventory {} in the cluster", unknown.join(", "));
        let hint = match (unknown.as_slice(), ids.is_empty()) {
            (_, true) => "no other overlay is deployed".to_owned(),
            ([id], false) => fault::available(id, ids),
            (_, false) => fault::all(ids),
        };
        Err(Stop::bad("no-such-inventory", message).hint(hint))
    }

    /// Objects with the identity of their overlay on each: the API server keeps no owner of an object
    /// that says nothing but its name. An object of several overlays keeps the first one's.
    pub(crate) fn marked(&self, objects: &[Value]) -> Vec<Value> {
        let mark = |object: &Value| {
            let owner = self.other_of(&Key::of(object)).map_or(&self.identity.id, |r| &r.id);
            let mut object = object.clone();
            object["metadata"]["annotations"][OWNER] = owner.as_str().into();
            object
        };
        objects.iter().map(mark).collect()
    }

    /// Another overlay or component that has applied an object, too.
    fn other_of(&self, key: &Key) -> Option<&Record> {
        let known = |record: &&Record| {
            record.origin != Origin::Namespace && record.objects.contains_key(key)
        };
        self.others.iter().find(known)
    }

    /// The objects that were applied before and are in no profile of the overlay any more.
    pub(crate) fn left(&self, rendered: &Rendered) -> Inventory {
        let mut left = self.objects.clone();
        for object in &rendered.all {
            left.remove(&Key::of(object));
        }
        left
    }

    /// Workloads of earlier deployments, of any overlay, that run on beside what is deployed now;
    /// all, or all but some.
    pub(super) async fn beside(
        &self,
        cluster: &Cluster,
        rendered: &Rendered,
        without: Option<&Inventory>,
    ) -> Result<Vec<Value>, Stop> {
        let of_overlays = |record: &&Record| record.origin != Origin::Component;
        let others = self.others.iter().filter(of_overlays).flat_map(|record| &record.objects);
        let mut known: BTreeMap<&Key, &String> = self.objects.iter().chain(others).collect();
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
            let found = cluster.get(version, &key.kind, &key.namespace, &key.name).await?;
            running.extend(found);
        }
        Ok(running)
    }

    /// Records the objects that are about to be applied, beside those of earlier deployments. Only
    /// then the records go that have become this overlay's.
    pub(super) async fn record(
        &mut self,
        cluster: &Cluster,
        rendered: &Rendered,
    ) -> Result<(), Stop> {
        for object in &rendered.selected {
            self.objects.insert(Key::of(object), text(object, "/apiVersion").to_owned());
        }
        self.write(cluster).await?;
        for record in &self.adopted {
            cluster.delete("v1", "ConfigMap", &record.namespace, &record.name).await?;
        }
        Ok(())
    }

    /// Takes objects out of the record that are not there any more, or not this overlay's.
    async fn forget(&mut self, cluster: &Cluster, gone: &[Key]) -> Result<(), Stop> {
        let before = self.objects.len();
        self.objects.retain(|key, _| !gone.contains(key));
        if self.objects.len() == before {
            return Ok(());
        }
        self.write(cluster).await
    }

    async fn write(&self, cluster: &Cluster) -> Result<(), Stop> {
        let name = format!("{OF_OVERLAY}-{}", self.identity.id);
        let mut map = map(&name, &self.objects);
        map["metadata"]["labels"][LABEL] = self.identity.id.as_str().into();
        map["data"]["overlay"] = self.identity.folder.as_str().into();
        if self.identity.is_given {
            map["data"]["given"] = "true".into();
        }
        let adopted = self.adopted.iter().map(|record| record.id.as_str());
        let adopted: BTreeSet<&str> =
            adopted.chain(self.adopted_before.iter().map(String::as_str)).collect();
        if !adopted.is_empty() {
            map["data"]["adopted"] = Vec::from_iter(adopted).join(" ").into();
        }
        write(cluster, &map).await
    }
}

/// Records the objects of a component.
pub(crate) async fn record_component(
    cluster: &Cluster,
    component: &str,
    objects: &[Value],
) -> Result<(), Stop> {
    let version = |object: &Value| text(object, "/apiVersion").to_owned();
    let known = objects.iter().map(|object| (Key::of(object), version(object))).collect();
    write(cluster, &map(&format!("{NAME}-{component}"), &known)).await
}

fn map(name: &str, known: &Inventory) -> Value {
    let line = |(key, version): (&Key, &String)| {
        let entry = json!({"apiVersion": version, "kind": key.kind,
                           "metadata": {"namespace": key.namespace, "name": key.name}});
        format!("{entry}\n")
    };
    json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": HOME},
        "data": {"objects": known.iter().map(line).collect::<String>()}})
}

async fn write(cluster: &Cluster, map: &Value) -> Result<(), Stop> {
    cluster.apply(map, true).await.map_err(|e| stop("cannot record what is applied", &e))?;
    Ok(())
}
