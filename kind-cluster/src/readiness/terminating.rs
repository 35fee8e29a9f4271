//! An object that is being deleted: who keeps it.

use serde_json::Value;

use crate::object::{condition, list, text};

/// The conditions of a namespace that say why it is not gone.
const CONTENT: [&str; 5] = [
    "NamespaceFinalizersRemaining",
    "NamespaceContentRemaining",
    "NamespaceDeletionContentFailure",
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
];

/// `terminating`, and the finalizers or the content that it waits for.
pub(crate) fn holder(object: &Value) -> String {
    let finalizers: Vec<&str> = list(object, "/metadata/finalizers")
        .iter()
        .chain(list(object, "/spec/finalizers").iter().filter(|name| *name != "kubernetes"))
        .filter_map(Value::as_str)
        .collect();
    let mut text_of = "terminating".to_owned();
    if !finalizers.is_empty() {
        text_of.push_str(&format!(
            ", held by {} {}",
            if finalizers.len() == 1 { "the finalizer" } else { "the finalizers" },
            finalizers.join(", ")
        ));
    }
    let content: Vec<&str> = CONTENT
        .into_iter()
        .filter_map(|kind| condition(object, kind))
        .filter(|condition| text(condition, "/status") == "True")
        .map(|condition| text(condition, "/message"))
        .collect();
    if !content.is_empty() {
        text_of.push_str(&format!(": {}", content.join("; ")));
    }
    text_of
}
