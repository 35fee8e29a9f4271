//! The strategic merge patch that leads from the base's object to an environment's.

use serde_json::{Map, Value, json};

/// Lists that Kubernetes merges, and the key their items are merged by.
const MERGED: [(&str, &str); 7] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("env", "name"),
    ("volumes", "name"),
    ("volumeMounts", "mountPath"),
    ("imagePullSecrets", "name"),
    ("hostAliases", "ip"),
];

/// The patch, or nothing when the two are the same.
pub(super) fn between(base: &Value, wanted: &Value) -> Option<Value> {
    let mut patch = object(base, wanted)?;
    for key in ["apiVersion", "kind"] {
        patch[key] = base[key].clone();
    }
    patch["metadata"]["name"] = base["metadata"]["name"].clone();
    Some(patch)
}

fn object(base: &Value, wanted: &Value) -> Option<Value> {
    let (Value::Object(base), Value::Object(wanted)) = (base, wanted) else {
        return (base != wanted).then(|| wanted.clone());
    };
    let mut patch = Map::new();
    for key in base.keys().filter(|key| !wanted.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    for (key, value) in wanted {
        let Some(before) = base.get(key) else {
            patch.insert(key.clone(), value.clone());
            continue;
        };
        let merged = MERGED.iter().find(|(list, _)| list == key);
        let difference = match (before, value, merged) {
            (Value::Array(before), Value::Array(value), Some((_, by))) => list(before, value, by),
            (Value::Object(_), Value::Object(_), _) => object(before, value),
            _ => (before != value).then(|| value.clone()),
        };
        patch.extend(difference.map(|difference| (key.clone(), difference)));
    }
    (!patch.is_empty()).then_some(Value::Object(patch))
}

fn list(base: &[Value], wanted: &[Value], by: &str) -> Option<Value> {
    let find = |all: &[Value], key: &Value| all.iter().find(|item| item[by] == *key).cloned();
    let mut items = Vec::new();
    for item in wanted {
        match find(base, &item[by]) {
            None => items.push(item.clone()),
            Some(before) => {
                if let Some(mut difference) = object(&before, item) {
                    difference[by] = item[by].clone();
                    items.push(difference);
                }
            }
        }
    }
    for item in base.iter().filter(|item| find(wanted, &item[by]).is_none()) {
        items.push(json!({by: item[by], "$patch": "delete"}));
    }
    (!items.is_empty()).then_some(Value::Array(items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_said() {
        let base = json!({"apiVersion": "v1", "kind": "K", "metadata": {"name": "n"}, "spec": {
            "gone": 1, "same": 2,
            "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"x": 1}}, {"name": "C"}]}});
        let wanted = json!({"apiVersion": "v1", "kind": "K", "metadata": {"name": "n"}, "spec": {
            "same": 2, "new": 3,
            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}});
        let patch = json!({"apiVersion": "v1", "kind": "K", "metadata": {"name": "n"}, "spec": {
            "gone": null, "new": 3,
            "env": [{"name": "B", "value": "2", "valueFrom": null}, {"name": "C", "$patch": "delete"}]}});
        assert_eq!(between(&base, &wanted), Some(patch));
        assert_eq!(between(&base, &base), None);
    }
}
