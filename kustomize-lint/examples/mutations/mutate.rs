//! Changes of one field.

use serde_json::{Value, json};

/// A changed object, and what was changed.
pub(crate) struct Mutation {
    /// `deleted`, `another type`, ….
    pub(crate) label: &'static str,
    /// The field, without the numbers of items.
    pub(crate) path: String,
    pub(crate) object: Value,
}

/// Every mutation of an object.
pub(crate) fn mutations(object: &Value) -> Vec<Mutation> {
    let mut found = Vec::new();
    let mut pointers = Vec::new();
    collect(object, String::new(), &mut pointers);
    for pointer in pointers {
        // These choose the schema.
        if matches!(pointer.as_str(), "/apiVersion" | "/kind" | "") {
            continue;
        }
        at(object, &pointer, &mut found);
    }
    found
}

fn collect(value: &Value, pointer: String, found: &mut Vec<String>) {
    found.push(pointer.clone());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                collect(value, format!("{pointer}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                collect(value, format!("{pointer}/{at}"), found);
            }
        }
        _ => {}
    }
}

fn at(object: &Value, pointer: &str, found: &mut Vec<Mutation>) {
    let Some(old) = object.pointer(pointer) else { return };
    let (parent, key) = pointer.rsplit_once('/').unwrap_or(("", ""));
    let key = key.replace("~1", "/").replace("~0", "~");
    let words = pointer.split('/').filter(|part| part.parse::<usize>().is_err());
    let path = words.collect::<Vec<_>>().join("/");
    let mut push = |label, change: &dyn Fn(&mut Value)| {
        let mut object = object.clone();
        change(&mut object);
        found.push(Mutation { label, path: path.clone(), object });
    };
    let mut replace = |label, new: Value| {
        push(label, &|object: &mut Value| {
            if let Some(slot) = object.pointer_mut(pointer) {
                *slot = new.clone();
            }
        });
    };
    match old {
        Value::String(_) => {
            replace("another type", json!(7));
            for text in ["", "A B!", "-x", "x".repeat(300).as_str()] {
                replace("bad syntax", json!(text));
            }
        }
        Value::Number(_) => {
            replace("another type", json!("word"));
            for number in [-1i64, 0, 70_000, 3_000_000_000] {
                replace("out of range", json!(number));
            }
        }
        Value::Bool(_) => replace("another type", json!("word")),
        Value::Object(_) => {
            replace("another type", json!("word"));
            replace("empty", json!({}));
        }
        Value::Array(_) => {
            replace("another type", json!("word"));
            replace("empty", json!([]));
        }
        Value::Null => {}
    }
    push("deleted", &|object: &mut Value| match object.pointer_mut(parent) {
        Some(Value::Object(map)) => drop(map.remove(&key)),
        Some(Value::Array(items)) => drop(key.parse().map(|at: usize| items.remove(at))),
        _ => {}
    });
    match object.pointer(parent) {
        Some(Value::Object(_)) => push("unknown", &|object: &mut Value| {
            if let Some(Value::Object(map)) = object.pointer_mut(parent)
                && let Some(value) = map.remove(&key)
            {
                map.insert(format!("{key}x"), value);
            }
        }),
        Some(Value::Array(_)) => push("duplicated", &|object: &mut Value| {
            if let Some(Value::Array(items)) = object.pointer_mut(parent) {
                let copy = items[key.parse::<usize>().unwrap_or_default()].clone();
                items.push(copy);
            }
        }),
        _ => {}
    }
}
