//! The body of a resource: its attributes, its nested blocks as lists, `dynamic` blocks made.

use hcl_edit::structure::{Body, Structure};
use serde_json::{Map, Value, json};

use super::convert::entries;
use super::expression::evaluate;
use super::model::Answer;
use super::scope::{References, Scope};
use crate::terraform::tree::{expression, inner, label, source};

/// Attributes and blocks about the resource, which AWS does not see.
const META: [&str; 5] = ["count", "depends_on", "for_each", "lifecycle", "provider"];

/// The values of a resource.
pub(super) fn values(
    module: &dyn References,
    scope: &Scope,
    body: &Body,
) -> Answer<Map<String, Value>> {
    let arguments = body.iter().filter(|structure| {
        let name = match structure {
            Structure::Attribute(attribute) => attribute.key.as_str(),
            Structure::Block(block) => block.ident.as_str(),
        };
        !META.contains(&name)
    });
    nested(module, scope, arguments)
}

/// The values of a block; in a nested one, the names of the resource's own settings mean nothing, such as `lifecycle`
/// of a plan for backups.
fn nested<'a>(
    module: &dyn References,
    scope: &Scope,
    structures: impl Iterator<Item = &'a Structure>,
) -> Answer<Map<String, Value>> {
    let mut made = Map::new();
    for structure in structures {
        match structure {
            Structure::Attribute(attribute) => {
                let name = attribute.key.as_str();
                let value = evaluate(module, scope, &attribute.value)
                    .map_err(|error| format!("{name}: {error}"))?;
                // Null is the same as nothing.
                if !value.is_null() {
                    made.insert(name.to_owned(), value);
                }
            }
            Structure::Block(block) if block.ident.as_str() == "dynamic" => {
                let name = label(block, 0);
                let over = expression(&block.body, "for_each").ok_or("dynamic without for_each")?;
                let content = inner(&block.body, "content").ok_or("dynamic without content")?;
                let over = evaluate(module, scope, over)?;
                for (key, value) in entries(&over)? {
                    // Of a set, the key is the element.
                    let key = if over.is_array() { value.clone() } else { key };
                    let inner = scope.with(name, json!({ "key": key, "value": value }));
                    push(&mut made, name, nested(module, &inner, content.body.iter())?);
                }
            }
            Structure::Block(block) => {
                let name = block.ident.as_str();
                push(&mut made, name, nested(module, scope, block.body.iter())?);
            }
        }
    }
    Ok(made)
}

fn push(made: &mut Map<String, Value>, name: &str, value: Map<String, Value>) {
    let list = made.entry(name).or_insert_with(|| json!([]));
    list.as_array_mut().expect("an attribute and a block of one name").push(Value::Object(value));
}

/// `lifecycle`, `depends_on` and `provider`, as they are written. Terraform takes no expressions there.
pub(super) fn meta(body: &Body) -> Map<String, Value> {
    let mut made = Map::new();
    for name in ["depends_on", "provider"] {
        if let Some(found) = expression(body, name) {
            made.insert(name.to_owned(), json!(normalised(&source(found))));
        }
    }
    if let Some(block) = inner(body, "lifecycle") {
        let mut lifecycle = Map::new();
        for attribute in block.body.attributes() {
            let text = json!(normalised(&source(&attribute.value)));
            lifecycle.insert(attribute.key.as_str().to_owned(), text);
        }
        for check in block.body.blocks() {
            let condition = expression(&check.body, "condition").map(source).unwrap_or_default();
            lifecycle.insert(check.ident.as_str().to_owned(), json!(normalised(&condition)));
        }
        made.insert("lifecycle".to_owned(), Value::Object(lifecycle));
    }
    made
}

fn normalised(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
