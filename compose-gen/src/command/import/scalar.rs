//! A scalar without quotes as Docker Compose reads it, in JSON.

use common::compose::scalar::{self, Scalar};
use serde_json::{Number, Value as Json};

/// The value, or `None` where Compose reads the text itself.
pub(super) fn read(raw: &str) -> Option<Json> {
    scalar::read(raw).as_ref().map(json)
}

pub(super) fn json(scalar: &Scalar) -> Json {
    match scalar {
        Scalar::Null => Json::Null,
        Scalar::Bool(switch) => Json::Bool(*switch),
        Scalar::Integer(number) => Json::Number((*number).into()),
        Scalar::Unsigned(number) => Json::Number((*number).into()),
        Scalar::Float(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Scalar::Date(text) => Json::String(text.clone()),
    }
}

/// The text that Compose puts into an environment or a label.
pub(super) fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => Scalar::Float(float).to_string(),
            None => number.to_string(),
        },
        Json::Null => String::new(),
        other => other.to_string(),
    }
}
