//! Values as Terraform converts them.

use serde_json::{Number, Value, json};

use super::model::Answer;

/// Keys and values of a list, set or map.
pub(super) fn entries(over: &Value) -> Answer<Vec<(Value, Value)>> {
    match over {
        Value::Array(list) => {
            Ok(list.iter().enumerate().map(|(at, value)| (json!(at), value.clone())).collect())
        }
        Value::Object(map) => {
            let members = map.iter().filter(|(key, _)| !key.starts_with('$'));
            Ok(members.map(|(key, value)| (json!(key), value.clone())).collect())
        }
        other => Err(format!("{other} has no elements")),
    }
}

/// As Terraform converts to a text.
pub(super) fn text(value: &Value) -> Answer<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        other => Err(format!("{other} is no text")),
    }
}

pub(super) fn truth(value: &Value) -> Answer<bool> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::String(text) if text == "true" || text == "false" => Ok(text == "true"),
        other => Err(format!("{other} is neither true nor false")),
    }
}

pub(super) fn number(value: &Value) -> Answer<f64> {
    match value {
        Value::Number(number) => number.as_f64().ok_or_else(|| format!("{number} is too large")),
        Value::String(text) => text.parse().map_err(|_| format!("{text} is no number")),
        other => Err(format!("{other} is no number")),
    }
}

/// Whole numbers are written without a fraction.
pub(super) fn number_of(value: f64) -> Number {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        Number::from(value as i64)
    } else {
        Number::from_f64(value).unwrap_or_else(|| Number::from(0))
    }
}

pub(super) fn list(value: &Value) -> Answer<Vec<Value>> {
    match value {
        Value::Array(list) => Ok(list.clone()),
        other => Err(format!("{other} is no list")),
    }
}

pub(super) fn set(all: Vec<Value>) -> Value {
    let Value::Array(mut sorted) = set_with_duplicates(all) else { unreachable!() };
    sorted.dedup();
    Value::Array(sorted)
}

pub(super) fn set_with_duplicates(mut all: Vec<Value>) -> Value {
    all.sort_by_key(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned));
    Value::Array(all)
}
