//! Keywords of schemas.

use serde_json::Value as Json;

/// Whether a keyword of the schema is set.
pub(super) fn is_set(schema: &Json, keyword: &str) -> bool {
    schema[keyword] == Json::Bool(true)
}
