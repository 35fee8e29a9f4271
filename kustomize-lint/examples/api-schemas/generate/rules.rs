//! The rules for values of well-known custom resources: bounds, patterns, and expressions in CEL. They are
//! taken from the definitions, because the Rust types that kopium writes have lost them.

use rideshare_tests::yaml::documents;
use serde_json::{Map, Value as Json};

use super::{Content, Sources};

/// Keywords that say nothing of a value, or that the types already say.
const DROPPED: [&str; 12] = [
    "description",
    "externalDocs",
    "format",
    "nullable",
    "required",
    "title",
    "type",
    "uniqueItems",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
];

/// Adds the rules of every version that is served.
pub(super) fn add(sources: &Sources, content: &mut Content) -> Result<(), String> {
    for text in sources.custom()? {
        let definitions = documents(&text);
        for spec in definitions.iter().map(|definition| &definition["spec"]) {
            let (Some(group), Some(kind)) =
                (spec["group"].as_str(), spec["names"]["kind"].as_str())
            else {
                continue;
            };
            for version in spec["versions"].as_array().into_iter().flatten() {
                if version["served"] != Json::Bool(true) {
                    continue;
                }
                let name = version["name"].as_str().ok_or("a version without a name")?;
                let mut schema = version["schema"]["openAPIV3Schema"].clone();
                // The status is the controller's to write.
                if let Some(properties) = schema["properties"].as_object_mut() {
                    properties.remove("status");
                }
                if let Some(rules) = pruned(&schema) {
                    content.rules.insert((format!("{group}/{name}"), kind.to_owned()), rules);
                }
            }
        }
    }
    Ok(())
}

/// The part of a schema that has rules; `None` when it has none.
fn pruned(schema: &Json) -> Option<Json> {
    let mut kept = Map::new();
    for (keyword, value) in schema.as_object()? {
        let value = match keyword.as_str() {
            // Rules in CEL tell whole numbers from others.
            "type" if value == "number" => Some(value.clone()),
            _ if DROPPED.contains(&keyword.as_str()) => None,
            "x-kubernetes-list-type" if value == "atomic" => None,
            "properties" => {
                let fields = value.as_object().into_iter().flatten();
                let fields = fields.filter_map(|(name, one)| Some((name.clone(), pruned(one)?)));
                let fields: Map<String, Json> = fields.collect();
                (!fields.is_empty()).then_some(Json::Object(fields))
            }
            "items" if value.is_object() => pruned(value),
            // Rules in CEL see the keys of a map as they are, and the names of fields escaped.
            "additionalProperties" if value.is_object() => pruned(value).or(Some(Json::Bool(true))),
            "additionalProperties" => None,
            _ => Some(value.clone()),
        };
        if let Some(value) = value {
            kept.insert(keyword.clone(), value);
        }
    }
    (!kept.is_empty()).then_some(Json::Object(kept))
}
