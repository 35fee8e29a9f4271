//! Kubernetes' own kinds, from the JSON schemas that `kubernetes-validate` bundles.

use std::collections::{BTreeMap, BTreeSet};

use kustomize_lint::api::Version;
use kustomize_lint::api::definition::{Definition, Field, Form, Name, Type};
use serde_json::{Map, Value};

use super::{Content, Kind, Sources, name, values};

/// Adds every kind of every version, and what the kinds are made of.
pub(super) fn add(sources: &Sources, content: &mut Content) -> Result<(), String> {
    let mut unused: BTreeSet<values::Row> = values::rows().collect();
    for (at, version) in Version::KNOWN.into_iter().enumerate() {
        let document = sources.definitions(version)?;
        let all = document["$defs"].as_object().ok_or("no definitions")?;
        let mut open = Vec::new();
        for (long, schema) in all {
            for kind in kinds(schema) {
                let [group, version, kind] =
                    ["group", "version", "kind"].map(|key| text(kind, key));
                let definition = short(long)?;
                // Options of requests, not objects that a file has.
                if definition.chunk == "meta/v1" {
                    continue;
                }
                open.push(long.as_str());
                let api_version = if group.is_empty() {
                    version.to_owned()
                } else {
                    format!("{group}/{version}")
                };
                let kind = kind.to_owned();
                content.add_kind(Kind {
                    api_version,
                    kind,
                    definition,
                    builtin: true,
                    versions: 1 << at,
                });
            }
        }
        // Custom resources have it.
        open.push("io.k8s.apimachinery.pkg.apis.meta.v1.Condition");
        let mut seen = BTreeSet::new();
        while let Some(long) = open.pop() {
            if !seen.insert(long) {
                continue;
            }
            let schema = all.get(long).ok_or_else(|| format!("no definition of {long}"))?;
            references(schema, &mut open);
            if special(long).is_none() {
                let definition = convert(schema, &short(long)?, &mut unused)
                    .map_err(|error| format!("{version}: {long}: {error}"))?;
                content.add(short(long)?, definition, 1 << at);
            }
        }
    }
    match unused.first() {
        Some((definition, field)) => Err(format!("no field {field} in {definition}")),
        None => Ok(()),
    }
}

fn kinds(schema: &Value) -> impl Iterator<Item = &Value> {
    schema["x-kubernetes-group-version-kind"].as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// `io.k8s.api.core.v1.PodSpec` as `core/v1` and `PodSpec`.
fn short(long: &str) -> Result<Name, String> {
    let mut parts = long.rsplitn(4, '.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(last), Some(version), Some(group)) => Ok(name(&format!("{group}/{version}"), last)),
        _ => Err(format!("an odd name: {long}")),
    }
}

/// Definitions that are types here.
fn special(long: &str) -> Option<Type> {
    match long.strip_prefix("io.k8s.apimachinery.pkg.")? {
        "api.resource.Quantity" => Some(Type::Quantity),
        "util.intstr.IntOrString" => Some(Type::IntOrText),
        "runtime.RawExtension" => Some(Type::AnyMapping),
        _ => None,
    }
}

fn references<'a>(schema: &'a Value, found: &mut Vec<&'a str>) {
    match schema {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str).map(target));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn target(reference: &str) -> &str {
    reference.rsplit_once('/').map_or(reference, |(_, target)| target)
}

fn convert(
    schema: &Value,
    type_name: &Name,
    unused: &mut BTreeSet<values::Row>,
) -> Result<Definition, String> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Ok(Definition::Alias(r#type(schema)?));
    };
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return Err("it is not strict".into());
    }
    let required: BTreeSet<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let sorted: BTreeMap<&String, &Value> = properties.iter().collect();
    let mut fields = Vec::new();
    for (name, schema) in sorted {
        let mut r#type = r#type(schema).map_err(|error| format!("{name}: {error}"))?;
        if let Some(row) = values::narrow(type_name, name, &mut r#type)? {
            unused.remove(&row);
        }
        let required = required.contains(name.as_str());
        fields.push(Field { name: name.clone(), required, r#type });
    }
    Ok(Definition::Object(fields))
}

fn r#type(schema: &Value) -> Result<Type, String> {
    let object = schema.as_object().ok_or("no schema")?;
    if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
        let long = target(reference);
        return Ok(special(long).unwrap_or(Type::Named(short(long)?)));
    }
    let format = object.get("format").and_then(Value::as_str);
    let inner = |key: &str| object.get(key).map(|schema| r#type(schema).map(Box::new)).transpose();
    Ok(match (type_name(object)?, format) {
        (None, None) => Type::Any,
        (Some("boolean"), None) => Type::Bool,
        (Some("string"), None) => Type::Text,
        (Some("string"), Some("byte")) => Type::Form(Form::Base64),
        (Some("string"), Some("date-time")) => Type::Form(Form::Time),
        (Some("integer"), Some("int32")) => Type::Int32,
        (Some("integer"), Some("int64") | None) => Type::Int64,
        (Some("number"), Some("double") | None) => Type::Number,
        (Some("array"), None) => Type::List(inner("items")?.ok_or("a list of nothing")?),
        (Some("object"), None) => match inner("additionalProperties")? {
            Some(value) => Type::Map(value),
            None => Type::AnyMapping,
        },
        (other, format) => return Err(format!("an odd type: {other:?} {format:?}")),
    })
}

/// The type without the `null` that optional fields have beside it.
fn type_name(schema: &Map<String, Value>) -> Result<Option<&str>, String> {
    match schema.get("type") {
        None => Ok(None),
        Some(Value::String(name)) => Ok(Some(name)),
        Some(Value::Array(names)) => {
            let mut names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            match (names.next(), names.next()) {
                (Some(name), None) => Ok(Some(name)),
                _ => Err("several types".into()),
            }
        }
        Some(other) => Err(format!("an odd type: {other}")),
    }
}
