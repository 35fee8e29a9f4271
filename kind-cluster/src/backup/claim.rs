//! The part of a claim that an archive keeps, and that a restore may ask a cluster for: a claim, and no other
//! object.

use serde_json::{Map, Value, json};

use crate::object::{name, text};

/// The parts of a claim that make the same claim again, of a live one or of an archive's.
pub(super) fn essence(claim: &Value) -> Value {
    let mut metadata = json!({"name": claim["metadata"]["name"],
                              "namespace": claim["metadata"]["namespace"]});
    let labels: Map<String, Value> = claim["metadata"]["labels"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| value.is_string())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !labels.is_empty() {
        metadata["labels"] = Value::Object(labels);
    }
    let mut spec = json!({"accessModes": claim["spec"]["accessModes"],
        "resources": {"requests": {"storage": claim["spec"]["resources"]["requests"]["storage"]}}});
    for field in ["storageClassName", "volumeMode"] {
        if claim["spec"][field].is_string() {
            spec[field] = claim["spec"][field].clone();
        }
    }
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec})
}

/// The claim of an archive's volume, of which nothing else is taken over.
pub(super) fn of(object: &Value, namespace: &str, claim: &str) -> Result<Value, String> {
    for part in [namespace, claim] {
        if !is_name(part) {
            return Err(format!("its manifest has the name {part:?}, which no object can have"));
        }
    }
    let said = (
        text(object, "/apiVersion"),
        text(object, "/kind"),
        text(object, "/metadata/namespace"),
        name(object),
    );
    if said != ("v1", "PersistentVolumeClaim", namespace, claim) {
        let (_, kind, of, named) = said;
        return Err(format!(
            "its manifest has {kind}/{named} ({of}) where the claim {claim} ({namespace}) belongs"
        ));
    }
    let whole = object["spec"]["accessModes"].is_array()
        && object["spec"]["resources"]["requests"]["storage"].is_string();
    if !whole {
        return Err(format!("its claim {claim} says no size or no access mode"));
    }
    Ok(essence(object))
}

/// The form that Kubernetes allows, so that the name also is one part of a path.
fn is_name(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= 253
        && text.chars().all(inner)
        && end(text.chars().next())
        && end(text.chars().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> Value {
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": "c", "namespace": "n", "labels": {"app": "x"},
                         "annotations": {"a": "b"}, "finalizers": ["keep"],
                         "ownerReferences": [{"name": "y"}]},
            "spec": {"accessModes": ["ReadWriteOnce"], "volumeName": "another",
                     "storageClassName": "standard", "dataSource": {"kind": "VolumeSnapshot"},
                     "resources": {"requests": {"storage": "1Gi", "x": "y"}}}})
    }

    #[test]
    fn only_what_makes_the_same_claim_is_taken_over() {
        let made = of(&claim(), "n", "c").unwrap();
        assert_eq!(
            made,
            json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "metadata": {"name": "c", "namespace": "n", "labels": {"app": "x"}},
                "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "standard",
                         "resources": {"requests": {"storage": "1Gi"}}}})
        );
    }

    #[test]
    fn other_objects_and_names_that_are_paths_are_refused() {
        let changes = [
            ("/kind", "ClusterRoleBinding"),
            ("/apiVersion", "v2"),
            ("/metadata/name", "d"),
            ("/metadata/namespace", "kube-system"),
        ];
        for (place, value) in changes {
            let mut object = claim();
            *object.pointer_mut(place).unwrap() = json!(value);
            of(&object, "n", "c").unwrap_err();
        }
        for name in ["", "../secrets/x", "a?b", "A", "-a"] {
            let mut object = claim();
            object["metadata"]["name"] = json!(name);
            of(&object, "n", name).unwrap_err();
        }
    }
}
