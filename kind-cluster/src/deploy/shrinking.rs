//! StatefulSets that get fewer pods, and whose claims go with them.

use std::ops::Range;

use common::stop::Stop;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::object::{Key, list, name, number, replicas, text};
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
        if !deletes(&then) || replicas(&then) >= replicas(&now) {
            continue;
        }
        let claims = cluster.list("v1", "PersistentVolumeClaim", &key.namespace).await?;
        let start = number(&then, "/spec/ordinals/start");
        let gone = claims_of(&now, start + replicas(&then)..start + replicas(&now));
        let lost: Vec<&str> =
            claims.iter().map(name).filter(|claim| gone.iter().any(|gone| gone == claim)).collect();
        if lost.is_empty() {
            continue;
        }
        let detail = format!(
            "has {} replicas instead of {}, and `whenScaled: Delete` deletes the data of the claims {}",
            replicas(&then),
            replicas(&now),
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

/// The claims of a StatefulSet's pods.
fn claims_of(set: &Value, pods: Range<i64>) -> Vec<String> {
    let templates = list(set, "/spec/volumeClaimTemplates");
    let claims = |pod: i64| {
        templates.iter().map(move |template| format!("{}-{}-{pod}", name(template), name(set)))
    };
    pods.flat_map(claims).collect()
}
