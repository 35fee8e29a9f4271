//! Lists: their length, and items that stand twice.

use serde_json::Value as Json;

use super::super::at::{At, Refusals};
use super::scalar;

pub(super) fn check(schema: &Json, at: &At<'_>, refusals: &mut Refusals) {
    let items = at.items();
    scalar::size(schema, at, items.len(), ["minItems", "maxItems"], "items", refusals);
    match schema["x-kubernetes-list-type"].as_str() {
        Some("set") => refusals.distinct(&items, |item| Some(item.node.to_json()), "value"),
        Some("map") => {
            let keys: Vec<&str> = schema["x-kubernetes-list-map-keys"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .collect();
            let fields = &schema["items"]["properties"];
            let key = |item: &At<'_>| {
                let value = |key: &&str| match item.node.get(key) {
                    Some(node) => node.to_json(),
                    None => fields[*key]["default"].clone(),
                };
                Some(keys.iter().map(value).collect::<Vec<Json>>())
            };
            refusals.distinct(&items, key, &format!("`{}`", keys.join("` and `")));
        }
        _ => {}
    }
}
