//! Objects that should be in the cluster and are missing: an empty cluster has nothing that could be unready.
//!
//! The records of a deployment and of the components count. Where no deployment has recorded anything, or the
//! command line names profiles, the overlay counts, too.

use std::collections::{BTreeMap, BTreeSet};

use common::stop::Stop;
use futures::future::join_all;
use serde_json::Value;

use crate::cli::Shared;
use crate::cluster::{self, Cluster};
use crate::deploy::inventory::{Inventory, Origin, Record};
use crate::object::{Key, Objects, text};
use crate::readiness::{Rule, State, World, assess};
use crate::render;
use crate::report::{self, Check};

/// The group in the report.
pub(super) const GROUP: &str = "objects";
const HINT: &str =
    "`kind-cluster create` installs the components, `kind-cluster deploy` the overlay";

/// The objects of one kind, as far as the API server says.
enum Found {
    There(Objects),
    NotServed,
    Unknown(Stop),
}

/// A check for each object that should be there, and for each kind that nobody serves.
pub(super) async fn checks(shared: &Shared, cluster: &Cluster) -> Vec<Check> {
    let mut checks = Vec::new();
    let (mut wanted, deployed) = recorded(cluster).await.unwrap_or_else(|stop| {
        checks.extend(report::stopped(GROUP, &stop));
        (Inventory::new(), false)
    });
    let mut overlay = Vec::new();
    if !deployed || !shared.profile.is_empty() {
        match render::overlay(shared).await {
            // Objects that are not placed would be looked for in no namespace.
            Ok(mut rendered) => match rendered.place(cluster).await {
                Ok(()) => overlay = rendered.selected,
                Err(stop) => checks.extend(report::stopped("overlay", &stop)),
            },
            Err(stop) => checks.extend(report::stopped("overlay", &stop)),
        }
    }
    let of_overlay = || overlay.iter().map(|o| (Key::of(o), text(o, "/apiVersion").to_owned()));
    wanted.extend(of_overlay());
    let found = look(cluster, &wanted).await;
    let is_there =
        |(key, version): (&Key, &String)| match &found[&(version.clone(), key.kind.clone())] {
            Found::There(objects) => Some(objects.get(key)),
            Found::NotServed | Found::Unknown(_) => None,
        };
    let untouched =
        of_overlay().all(|(key, version)| !matches!(is_there((&key, &version)), Some(Some(_))));
    if !deployed && !overlay.is_empty() && untouched {
        checks.push(
            Check::failed(GROUP, "overlay", "nothing-deployed", "no object of the overlay exists")
                .hint("`kind-cluster deploy` applies it"),
        );
        for (key, _) in of_overlay() {
            wanted.remove(&key);
        }
    }
    let kinds: BTreeSet<(&String, &String)> =
        wanted.iter().map(|(key, version)| (version, &key.kind)).collect();
    for ((version, kind), found) in &found {
        match found {
            Found::NotServed if kinds.contains(&(version, kind)) => {
                let detail = format!("the API server does not serve {kind} of {version}");
                checks.push(Check::failed(GROUP, kind, "not-served", detail).hint(HINT));
            }
            Found::Unknown(stop) => checks.extend(report::stopped(GROUP, stop)),
            _ => {}
        }
    }
    for (key, version) in &wanted {
        match is_there((key, version)) {
            Some(Some(object)) => checks.push(state(key, object)),
            Some(None) => checks.push(missing(key, &overlay)),
            None => {}
        }
    }
    checks
}

/// The applied objects, and whether a deployment was among the programs that applied them.
async fn recorded(cluster: &Cluster) -> Result<(Inventory, bool), Stop> {
    let maps = cluster.list("v1", "ConfigMap", "").await?;
    let records: Vec<Record> = maps.iter().filter_map(Record::of).collect();
    let deployed = records.iter().any(|record| record.origin != Origin::Component);
    Ok((records.into_iter().flat_map(|record| record.objects).collect(), deployed))
}

async fn look(cluster: &Cluster, wanted: &Inventory) -> BTreeMap<(String, String), Found> {
    let kinds: BTreeSet<(String, String)> =
        wanted.iter().map(|(key, version)| (version.clone(), key.kind.clone())).collect();
    let found = join_all(kinds.iter().map(async |(version, kind)| {
        match cluster.kind(version, kind).await {
            Ok(None) => return Found::NotServed,
            Ok(Some(_)) => {}
            Err(error) => {
                return Found::Unknown(cluster::stop(&format!("cannot look for {kind}"), &error));
            }
        }
        match cluster.list(version, kind, "").await {
            Ok(objects) => Found::There(objects.into_iter().map(|o| (Key::of(&o), o)).collect()),
            Err(stop) => Found::Unknown(stop),
        }
    }))
    .await;
    kinds.into_iter().zip(found).collect()
}

/// The state of an object that is there. The other groups of the report have the kinds whose rules
/// look around; a custom resource says itself whether it is ready.
fn state(key: &Key, object: &Value) -> Check {
    let alone = matches!(Rule::of(object), Rule::Unknown | Rule::GatewayClass);
    match assess(object, &World::default()) {
        State::InProgress(reason) if alone => {
            Check::failed(GROUP, key.placed(), "not-ready", reason)
        }
        State::Failed(failure) if alone => {
            Check::failed(GROUP, key.placed(), "failed", failure.reason)
        }
        _ => Check::ok(GROUP, key.placed(), "there"),
    }
}

/// A Job that is done may be gone: one of the overlay if it says so, and a recorded one perhaps.
fn missing(key: &Key, overlay: &[Value]) -> Check {
    let declared = overlay.iter().find(|object| Key::of(object) == *key);
    let stays = declared.is_some_and(|job| job.pointer("/spec/ttlSecondsAfterFinished").is_none());
    if key.kind == "Job" && !stays {
        return Check::skipped(GROUP, key.placed(), "deleted, as a finished Job may be");
    }
    Check::failed(GROUP, key.placed(), "missing", "it is missing").hint(HINT)
}
