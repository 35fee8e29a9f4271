//! StatefulSets that get fewer pods, and whose claims go with them.

use std::ops::Range;

use common::stop::Stop;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::object::{Key, name, number, ordinal, replicas, text};
use crate::report::Check;

/// A warning for each StatefulSet whose change deletes claims.
pub(crate) async fn losses(cluster: &Cluster, objects: &[Value]) -> Result<Vec<Check>, Stop> {
    let mut checks = Vec::new();
    for object in objects.iter().filter(|object| text(object, "/kind") == "StatefulSet") {
        let key = Key::of(object);
        let version = text(object, "/apiVersion");
        let found = cluster.get(version, &key.kind, &key.namespace, &key.name).await?;
        let Some(now) = found.filter(|now| deletes(now) || deletes(object)) else { continue };
        // A refusal is told elsewhere, and changes nothing.
        let Ok(then) = cluster.rehearse(object, true).await else { continue };
        if !deletes(&then) {
            continue;
        }
        let claims = cluster.list("v1", "PersistentVolumeClaim", &key.namespace).await?;
        let lost = lost(&now, &then, claims.iter().map(name));
        if lost.is_empty() {
            continue;
        }
        let detail = format!(
            "has {} instead of {}, and `whenScaled: Delete` deletes the data of the claims {}",
            shown(&then),
            shown(&now),
            lost.join(", ")
        );
        let check = Check::warning("data", key.to_string(), "claims-deleted", detail);
        checks.push(check.hint(
            "first `kind-cluster backup --backup-dir DIR`, or keep them with `whenScaled: Retain`",
        ));
    }
    Ok(checks)
}

fn deletes(set: &Value) -> bool {
    text(set, "/spec/persistentVolumeClaimRetentionPolicy/whenScaled") == "Delete"
}

/// The claims of pods that a StatefulSet has now and not then.
fn lost<'a>(now: &Value, then: &Value, claims: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let has =
        |set: &Value, claim: &str| ordinal(set, claim).is_some_and(|n| pods(set).contains(&n));
    claims.filter(|claim| has(now, claim) && !has(then, claim)).collect()
}

/// The numbers of a StatefulSet's pods.
fn pods(set: &Value) -> Range<i64> {
    let start = number(set, "/spec/ordinals/start");
    start..start + replicas(set)
}

fn shown(set: &Value) -> String {
    match pods(set).start {
        0 => format!("{} replicas", replicas(set)),
        start => format!("{} replicas from number {start}", replicas(set)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn claims_are_lost_at_both_ends() {
        let set = |start: i64, replicas: i64| {
            json!({"metadata": {"name": "store"},
                "spec": {"replicas": replicas, "ordinals": {"start": start},
                    "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}})
        };
        let claims =
            ["data-store-0", "data-store-1", "data-store-2", "data-store-x", "data-more-0"];
        let lost = |now: &Value, then: &Value| lost(now, then, claims.into_iter()).join(" ");
        assert_eq!(lost(&set(0, 3), &set(0, 1)), "data-store-1 data-store-2");
        assert_eq!(lost(&set(0, 3), &set(1, 3)), "data-store-0");
        assert_eq!(lost(&set(1, 2), &set(0, 2)), "data-store-2");
        assert_eq!(lost(&set(0, 2), &set(0, 3)), "");
    }
}
