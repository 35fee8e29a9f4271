//! Lists and watches of one type, with selectors.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::shared::Shared;
use super::store::{Change, Store};
use super::types::Type;

/// The selection of a list or watch.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    pub(super) namespace: Option<String>,
    /// `key=value` pairs of labels.
    pub(super) labels: Vec<(String, String)>,
    /// `path=value` pairs of fields.
    pub(super) fields: Vec<(String, String)>,
}

impl Selection {
    fn takes(&self, object: &Value) -> bool {
        let namespace = object["metadata"]["namespace"].as_str();
        let labels = &object["metadata"]["labels"];
        self.namespace.as_deref().is_none_or(|wanted| namespace == Some(wanted))
            && self.labels.iter().all(|(key, value)| labels[key.as_str()] == json!(value))
            && self.fields.iter().all(|(path, value)| {
                let pointer = format!("/{}", path.replace('.', "/"));
                object.pointer(&pointer).and_then(Value::as_str).unwrap_or_default() == value
            })
    }
}

pub(super) fn list(store: &Store, found: &Type, selection: &Selection) -> Value {
    let items: Vec<&Value> = store
        .objects
        .iter()
        .filter(|(id, _)| id.0 == found.group && id.1 == found.plural)
        .map(|(_, kept)| &kept.object)
        .filter(|object| selection.takes(object))
        .collect();
    let version = if found.group.is_empty() {
        found.version.clone()
    } else {
        format!("{}/{}", found.group, found.version)
    };
    json!({"kind": format!("{}List", found.kind), "apiVersion": version,
           "metadata": {"resourceVersion": store.version.to_string()}, "items": items})
}

pub(super) struct Watch {
    pub(super) found: Type,
    pub(super) selection: Selection,
    /// The last version that the client has seen; `None` for all there is.
    pub(super) from: Option<u64>,
    pub(super) bookmarks: bool,
    pub(super) timeout: Duration,
}

/// Sends lines until the client goes, time is up or the history is gone.
pub(super) async fn run(shared: Arc<Shared>, watch: Watch, lines: mpsc::Sender<String>) {
    let mut changed = shared.changed.subscribe();
    let mut expired = shared.expired.subscribe();
    shared.watches.lock().unwrap().push(watch.found.plural.clone());
    let end = tokio::time::Instant::now() + watch.timeout;
    let mut seen = watch.from;
    loop {
        let batch = {
            let store = shared.store.lock().unwrap();
            pending(&store, &watch, &mut seen)
        };
        let Some(batch) = batch else {
            let _ = lines.send(gone()).await;
            return;
        };
        for line in batch {
            if lines.send(line).await.is_err() {
                return;
            }
        }
        tokio::select! {
            _ = changed.changed() => {}
            _ = expired.changed() => {
                let _ = lines.send(gone()).await;
                return;
            }
            () = tokio::time::sleep(Duration::from_millis(300)) => {
                if watch.bookmarks && lines.send(bookmark(&watch, seen)).await.is_err() {
                    return;
                }
            }
            () = lines.closed() => return,
            () = tokio::time::sleep_until(end) => return,
        }
    }
}

/// The events since `seen`; `None` when that has been forgotten.
fn pending(store: &Store, watch: &Watch, seen: &mut Option<u64>) -> Option<Vec<String>> {
    let line =
        |kind: &str, object: &Value| json!({"type": kind, "object": object}).to_string() + "\n";
    let Some(from) = *seen else {
        *seen = Some(store.version);
        let all = list(store, &watch.found, &watch.selection);
        let items = all["items"].as_array().into_iter().flatten();
        return Some(items.map(|object| line("ADDED", object)).collect());
    };
    if from < store.compacted {
        return None;
    }
    *seen = Some(store.version);
    let new = store.log.iter().filter(|(version, _, group, plural, object)| {
        *version > from
            && *group == watch.found.group
            && *plural == watch.found.plural
            && watch.selection.takes(object)
    });
    Some(
        new.map(|(_, change, _, _, object)| {
            let kind = match change {
                Change::Added => "ADDED",
                Change::Modified => "MODIFIED",
                Change::Deleted => "DELETED",
            };
            line(kind, object)
        })
        .collect(),
    )
}

fn bookmark(watch: &Watch, seen: Option<u64>) -> String {
    let Type { group, version, kind, .. } = &watch.found;
    let version = if group.is_empty() { version.clone() } else { format!("{group}/{version}") };
    let at = seen.unwrap_or_default().to_string();
    let object = json!({"kind": kind, "apiVersion": version,
                        "metadata": {"resourceVersion": at, "creationTimestamp": null}});
    json!({"type": "BOOKMARK", "object": object}).to_string() + "\n"
}

fn gone() -> String {
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "too old resource version", "reason": "Expired", "code": 410});
    json!({"type": "ERROR", "object": status}).to_string() + "\n"
}
