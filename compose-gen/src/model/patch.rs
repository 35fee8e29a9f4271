//! The fields that a patch may not change, because the specification has keys for them: a
//! patch that changed it would slip past parity, the budget and the names that other objects use.

use serde_json::Value;

const IMAGES: &str = "images come from the environment's images:, values from x-environment";
const AMOUNTS: &str = "x-resources and x-replicas say it, and the budget counts it";
const NAMES: &str = "the generator writes it, and other objects refer to it";
const CONTAINER: &str = "a patch changes the service's own container, and its waits";

/// Puts what is forbidden in a patch of `service` into `found`, with what to do instead.
pub(super) fn check(patch: &Value, service: &str, found: &mut Vec<(String, &'static str)>) {
    for key in ["apiVersion", "kind"] {
        if patch.get(key).is_some() {
            found.push((key.to_owned(), NAMES));
        }
    }
    for key in ["name", "namespace"] {
        if patch.pointer(&format!("/metadata/{key}")).is_some() {
            found.push((format!("metadata.{key}"), NAMES));
        }
    }
    if patch.pointer("/spec/replicas").is_some() {
        found.push(("replicas".to_owned(), AMOUNTS));
    }
    for (list, prefix) in [("containers", ""), ("initContainers", "wait-for-")] {
        match patch.pointer(&format!("/spec/template/spec/{list}")) {
            None => {}
            Some(Value::Array(items)) => {
                let ours = |item: &&Value| {
                    let name = item["name"].as_str().unwrap_or_default();
                    if prefix.is_empty() { name == service } else { name.starts_with(prefix) }
                };
                if items.iter().any(|item| !ours(&item)) {
                    found.push((format!("{list} of other names"), CONTAINER));
                }
                if items.iter().any(|item| item.get("resources").is_some()) {
                    found.push(("resources".to_owned(), AMOUNTS));
                }
            }
            Some(_) => found.push((list.to_owned(), CONTAINER)),
        }
    }
    anywhere(patch, found);
}

fn anywhere(patch: &Value, found: &mut Vec<(String, &'static str)>) {
    match patch {
        Value::Object(map) => {
            for (key, value) in map {
                match key.as_str() {
                    "image" | "env" | "envFrom" => found.push((key.clone(), IMAGES)),
                    // Strategic merge patch's own commands: delete, replace, keep, reorder.
                    directive if directive.starts_with('$') => {
                        found.push((
                            key.clone(),
                            "write the wanted value; a patch has no directives",
                        ));
                    }
                    _ => anywhere(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| anywhere(item, found)),
        _ => {}
    }
}
