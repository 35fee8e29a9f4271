//! The defaults of a schema, which the server fills in before it looks at anything else.

use serde_json::Value as Json;

use crate::tree::{Node, Origin, Scalar, Value};

/// The object with the defaults of its schema, each at the place of the mapping that lacks it.
pub(super) fn filled(schema: &Json, node: &Node) -> Node {
    let mut node = node.clone();
    fill(schema, &mut node);
    node
}

fn fill(schema: &Json, node: &mut Node) {
    let origin = node.origin;
    match &mut node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => items.iter_mut().for_each(|item| fill(&schema["items"], item)),
        Value::Mapping(_) => {
            for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
                let default = &inner["default"];
                let is_absent = node.get(name).is_none_or(Node::is_null);
                if is_absent && !default.is_null() {
                    node.set(name, from_json(default, origin));
                }
            }
            let properties = &schema["properties"];
            for entry in node.entries_mut().into_iter().flatten() {
                let known = &properties[entry.key.as_str()];
                let inner = if known.is_object() { known } else { &schema["additionalProperties"] };
                if inner.is_object() {
                    entry.edit(|value| fill(inner, value));
                }
            }
        }
    }
}

fn from_json(json: &Json, origin: Origin) -> Node {
    let scalar = |scalar| Node { origin, value: Value::Scalar(scalar) };
    match json {
        Json::Null => Node::null(origin),
        Json::Bool(value) => scalar(Scalar::truth(*value)),
        Json::Number(number) => scalar(Scalar::plain(&number.to_string())),
        Json::String(text) => Node::text(text.as_str(), origin),
        Json::Array(items) => {
            let items = items.iter().map(|item| from_json(item, origin)).collect();
            Node { origin, value: Value::Sequence(items) }
        }
        Json::Object(map) => {
            let mut node = Node::mapping(origin);
            map.iter().for_each(|(key, value)| node.set(key, from_json(value, origin)));
            node
        }
    }
}
