//! YAML read by an ordinary library, for tests that must not share a tool's own reader.

use common::yaml::plain;
use serde_json::Value;

/// Every document of `text`.
///
/// # Panics
/// The text is not YAML, or has a key that is not a string.
pub fn documents(text: &str) -> Vec<Value> {
    let read = |document: Result<plain::Value, plain::Error>| {
        let mut value = document.expect("YAML");
        value.apply_merge().expect("merge keys");
        serde_json::to_value(value).expect("string keys")
    };
    plain::documents(text).map(read).collect()
}
