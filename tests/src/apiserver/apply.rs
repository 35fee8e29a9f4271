//! Server-side apply: the owners of fields, conflicts, and the removal of fields that nobody owns.
//!
//! A path's steps are written as in `fieldsV1`: `f:name` for a field, `k:{"name":"x"}` for an item
//! of a list that has keys. Lists without known keys are owned whole.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

type Path = Vec<String>;

/// A manager's name and `Apply` or `Update`.
type Manager = (String, String);

#[derive(Clone, Debug, Default)]
pub(super) struct Owners {
    fields: BTreeMap<Manager, BTreeSet<Path>>,
}

/// A field that somebody else owns with another value.
pub(super) struct Conflict {
    pub(super) manager: String,
    pub(super) field: String,
}

impl Owners {
    pub(super) fn managed_fields(&self, version: &str) -> Value {
        let entries = self.fields.iter().filter(|(_, paths)| !paths.is_empty());
        let entries: Vec<Value> = entries
            .map(|((manager, operation), paths)| {
                let mut tree = json!({});
                for path in paths {
                    let mut at = &mut tree;
                    for step in path {
                        at = at.as_object_mut().unwrap().entry(step.clone()).or_insert(json!({}));
                    }
                }
                json!({"manager": manager, "operation": operation, "apiVersion": version,
                       "fieldsType": "FieldsV1", "fieldsV1": tree, "time": super::clock::now()})
            })
            .collect();
        Value::Array(entries)
    }

    /// Fields that `manager` applied become part of `live`. The conflicts are the answer when there are any
    /// and `force` is not given; nothing has changed then.
    pub(super) fn apply(
        &mut self,
        live: &mut Value,
        applied: &Value,
        manager: &str,
        force: bool,
    ) -> Result<(), Vec<Conflict>> {
        let me = (manager.to_owned(), "Apply".to_owned());
        let mut wanted = BTreeSet::new();
        paths(applied, &mut Vec::new(), &mut wanted);
        let mut conflicts = Vec::new();
        for (other, owned) in &self.fields {
            for path in owned.intersection(&wanted) {
                if *other != me && look(live, path) != look(applied, path) {
                    let field = shown(path);
                    conflicts.push((path.clone(), Conflict { manager: other.0.clone(), field }));
                }
            }
        }
        if !conflicts.is_empty() && !force {
            return Err(conflicts.into_iter().map(|(_, conflict)| conflict).collect());
        }
        let lost: BTreeSet<Path> = conflicts.into_iter().map(|(path, _)| path).collect();
        for (other, owned) in &mut self.fields {
            if *other != me {
                owned.retain(|path| !lost.contains(path));
            }
        }
        let before = self.fields.insert(me.clone(), wanted.clone()).unwrap_or_default();
        for path in before.difference(&wanted) {
            let others =
                self.fields.iter().any(|(other, owned)| *other != me && owned.contains(path));
            if !others {
                remove(live, path);
            }
        }
        merge(live, applied, "");
        Ok(())
    }

    /// Fields that a plain write changed belong to the writer.
    pub(super) fn update(&mut self, before: &Value, after: &Value, manager: &str) {
        let me = (manager.to_owned(), "Update".to_owned());
        let mut all = BTreeSet::new();
        paths(after, &mut Vec::new(), &mut all);
        let changed: BTreeSet<Path> =
            all.into_iter().filter(|path| look(before, path) != look(after, path)).collect();
        for owned in self.fields.values_mut() {
            owned.retain(|path| !changed.contains(path));
        }
        self.fields.entry(me).or_default().extend(changed);
    }
}

/// The keys of a list's items, by the field that holds the list.
fn keys(field: &str, item: &Value) -> Option<&'static [&'static str]> {
    let keys: &[&str] = match field {
        "containers" | "initContainers" | "volumes" | "env" | "imagePullSecrets" | "listeners"
        | "versions" => &["name"],
        "ports" if item.get("containerPort").is_some() => &["containerPort", "protocol"],
        "ports" if item.get("port").is_some() => &["port", "protocol"],
        "volumeMounts" => &["mountPath"],
        "conditions" => &["type"],
        "ownerReferences" => &["uid"],
        _ => return None,
    };
    item.is_object().then_some(keys)
}

fn step_of(field: &str, item: &Value) -> Option<String> {
    let mut step = Map::new();
    for key in keys(field, item)? {
        let value = match item.get(*key) {
            Some(value) => value.clone(),
            None if *key == "protocol" => json!("TCP"),
            None => return None,
        };
        step.insert((*key).to_owned(), value);
    }
    Some(format!("k:{}", Value::Object(step)))
}

/// Identity and what the server itself writes belong to nobody.
fn skipped(path: &[String], key: &str) -> bool {
    match path {
        [] => ["apiVersion", "kind", "status"].contains(&key),
        [only] if only == "f:metadata" => [
            "name",
            "namespace",
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "managedFields",
        ]
        .contains(&key),
        _ => false,
    }
}

fn paths(value: &Value, path: &mut Path, found: &mut BTreeSet<Path>) {
    let field = path.last().and_then(|step| step.strip_prefix("f:")).unwrap_or_default().to_owned();
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                if !skipped(path, key) {
                    path.push(format!("f:{key}"));
                    paths(value, path, found);
                    path.pop();
                }
            }
        }
        Value::Array(items)
            if items.iter().all(|item| step_of(&field, item).is_some()) && !items.is_empty() =>
        {
            for item in items {
                path.push(step_of(&field, item).unwrap());
                paths(item, path, found);
                path.pop();
            }
        }
        _ => {
            found.insert(path.clone());
        }
    }
}

fn look<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    let mut at = value;
    let mut field = "";
    for step in path {
        if let Some(key) = step.strip_prefix("f:") {
            at = at.get(key)?;
            field = key;
        } else {
            at = at.as_array()?.iter().find(|i| step_of(field, i).as_ref() == Some(step))?;
        }
    }
    Some(at)
}

fn remove(value: &mut Value, path: &[String]) {
    let Some((last, before)) = path.split_last() else { return };
    let mut at = value;
    let mut field = String::new();
    for step in before {
        let next = match step.strip_prefix("f:") {
            Some(key) => {
                field = key.to_owned();
                at.get_mut(key)
            }
            None => at.as_array_mut().and_then(|items| {
                items.iter_mut().find(|i| step_of(&field, i).as_ref() == Some(step))
            }),
        };
        let Some(next) = next else { return };
        at = next;
    }
    if let (Some(key), Some(map)) = (last.strip_prefix("f:"), at.as_object_mut()) {
        map.remove(key);
    }
}

fn merge(live: &mut Value, applied: &Value, field: &str) {
    match (live, applied) {
        (Value::Object(live), Value::Object(applied)) => {
            for (key, value) in applied {
                match live.get_mut(key) {
                    Some(old) => merge(old, value, key),
                    None => {
                        live.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(live), Value::Array(applied))
            if applied.iter().all(|item| step_of(field, item).is_some()) && !applied.is_empty() =>
        {
            for item in applied {
                let step = step_of(field, item);
                match live.iter_mut().find(|old| step_of(field, old) == step) {
                    Some(old) => merge(old, item, ""),
                    None => live.push(item.clone()),
                }
            }
        }
        (live, applied) => *live = applied.clone(),
    }
}

/// `.spec.template.spec.containers[name="x"].image`, as the real server writes it.
fn shown(path: &[String]) -> String {
    path.iter()
        .map(|step| match step.strip_prefix("f:") {
            Some(key) => format!(".{key}"),
            None => {
                let keys: Map<String, Value> = serde_json::from_str(&step[2..]).unwrap_or_default();
                let keys: Vec<String> = keys.iter().map(|(k, v)| format!("{k}={v}")).collect();
                format!("[{}]", keys.join(","))
            }
        })
        .collect()
}
