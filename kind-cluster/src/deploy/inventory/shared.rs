//! Objects that two overlays have: they may share one that both write in the same way, and neither
//! may change the other's.

use common::diagnostic::{Diagnostic, Report};
use common::stop::Stop;
use serde_json::Value;

use super::{Origin, Records};
use crate::cluster::{Cluster, OWNER};
use crate::object::{Key, text};

/// Kinds that many overlays bring along, and of which each sets only a part.
const COMMON: [&str; 2] = ["Namespace", "CustomResourceDefinition"];

impl Records {
    /// Refuses to change the objects of another overlay.
    pub(in crate::deploy) async fn check_shared(
        &self,
        cluster: &Cluster,
        objects: &[Value],
    ) -> Result<(), Stop> {
        let mut report = Report::default();
        for object in objects {
            let key = Key::of(object);
            let Some(other) = self.other_of(&key).filter(|record| record.origin == Origin::Overlay)
            else {
                continue;
            };
            if COMMON.contains(&key.kind.as_str()) || !would_change(cluster, object, &key).await? {
                continue;
            }
            let message =
                format!("{} belongs to {}, and would change", key.placed(), other.shown());
            report.push(Diagnostic::error("owned-by-another", message).hint(format!(
                "rename one of the two. If it is the same overlay in another folder, `--adopt {}` \
                 makes its objects this overlay's",
                other.id
            )));
        }
        Stop::check(report)
    }
}

/// Whether applying an object would change the existing object. An answer that is no object
/// counts as a change.
async fn would_change(cluster: &Cluster, object: &Value, key: &Key) -> Result<bool, Stop> {
    let version = text(object, "/apiVersion");
    let Some(now) = cluster.get(version, &key.kind, &key.namespace, &key.name).await? else {
        return Ok(false);
    };
    Ok(match cluster.rehearse(object, true).await {
        Ok(then) => lasting(&now) != lasting(&then),
        Err(_) => true,
    })
}

/// An object without the parts that every write changes.
fn lasting(object: &Value) -> Value {
    let mut object = object.clone();
    for part in ["status", "apiVersion", "kind"] {
        if let Some(object) = object.as_object_mut() {
            object.remove(part);
        }
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|field, _| {
            !["managedFields", "resourceVersion", "generation"].contains(&field.as_str())
        });
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(OWNER);
        }
    }
    object
}
