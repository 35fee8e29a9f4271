//! The hash behind the names of generated objects.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::facts::StepKind;
use crate::load::Context;
use crate::object::Object;
use crate::objects::Objects;
use crate::tree::{Node, Scalar, Touch};

/// Renames what needs a hash.
pub(crate) fn apply(objects: &mut Objects, context: &mut Context) {
    for object in &mut objects.list {
        let asks = object.annotation("internal.config.kubernetes.io/needsHashSuffix");
        if !object.needs_hash && asks != Some("enabled") {
            continue;
        }
        let name = format!("{}-{}", object.name(), hash(object));
        let place = object.source;
        let step = context.step(StepKind::Hash, place, None);
        object.remember();
        if let Some(node) = object.node.get_mut("metadata").and_then(|m| m.get_mut("name")) {
            node.change(Scalar::text(name), Touch { step, place });
        }
    }
    objects.reindex();
}

/// Ten letters of the SHA-256 of the object's content as JSON, written so that no word of a
/// human language appears. Source: kustomize's documentation of generators, and its outputs.
fn hash(object: &Object) -> String {
    let field = |key: &str| object.node.get(key).map_or(json!(""), Node::to_json);
    let content = match object.kind() {
        "ConfigMap" => {
            // The name is empty there whatever the object is called.
            let mut content = json!({"kind": "ConfigMap", "name": "", "data": field("data")});
            if let Some(binary) = object.node.get("binaryData").filter(|node| node.is_mapping()) {
                content["binaryData"] = binary.to_json();
            }
            content
        }
        "Secret" => {
            let mut content = json!({
                "kind": "Secret", "name": "", "data": field("data"), "type": field("type"),
            });
            if let Some(text) = object.node.get("stringData").filter(|node| node.is_mapping()) {
                content["stringData"] = text.to_json();
            }
            content
        }
        _ => object.node.to_json(),
    };
    let digest = Sha256::digest(go_json(&content).as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.chars()
        .take(10)
        .map(|letter| match letter {
            '0' => 'g',
            '1' => 'h',
            '3' => 'k',
            'a' => 'm',
            'e' => 't',
            other => other,
        })
        .collect()
}

/// JSON as Go writes it: sorted keys, no spaces, and letters of HTML escaped.
fn go_json(value: &Json) -> String {
    match value {
        Json::Object(entries) => {
            // Sorted here: whether the library's map is sorted depends on who else uses it.
            let sorted: BTreeMap<_, _> = entries.iter().collect();
            let parts: Vec<String> =
                sorted.into_iter().map(|(k, v)| format!("{}:{}", text(k), go_json(v))).collect();
            format!("{{{}}}", parts.join(","))
        }
        Json::Array(items) => {
            let parts: Vec<String> = items.iter().map(go_json).collect();
            format!("[{}]", parts.join(","))
        }
        Json::String(value) => text(value),
        other => other.to_string(),
    }
}

fn text(value: &str) -> String {
    let quoted = Json::from(value).to_string();
    let mut out = String::with_capacity(quoted.len());
    for letter in quoted.chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", letter as u32));
            }
            other => out.push(other),
        }
    }
    out
}
