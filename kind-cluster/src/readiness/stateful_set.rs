//! StatefulSet: replicas and ready at spec, and every pod above the partition of the newest
//! revision. `OnDelete` is held to the same: otherwise its pods would not run the applied template.

use serde_json::Value;

use super::state::{State, short_of, surplus};
use crate::object::{number, replicas, text};

pub(super) fn state(object: &Value) -> State {
    let want = replicas(object);
    let counts = [("replicas", "created"), ("readyReplicas", "ready")];
    if let Some(state) = short_of(object, want, &counts).or_else(|| surplus(object, want)) {
        return state;
    }
    let partition = number(object, "/spec/updateStrategy/rollingUpdate/partition");
    if partition > 0 {
        let above = (want - partition).max(0);
        return short_of(object, above, &[("updatedReplicas", "updated")]).unwrap_or(State::Ready);
    }
    let (current, update) =
        (text(object, "/status/currentRevision"), text(object, "/status/updateRevision"));
    if current == update {
        return State::Ready;
    }
    let updated = number(object, "/status/updatedReplicas");
    if text(object, "/spec/updateStrategy/type") == "OnDelete" {
        // Its controller leaves the current revision as it was.
        if updated >= want {
            return State::Ready;
        }
        return State::InProgress(
            "pods of an older revision; with OnDelete they change when they are deleted".into(),
        );
    }
    State::InProgress(format!("{updated} of {want} updated"))
}
