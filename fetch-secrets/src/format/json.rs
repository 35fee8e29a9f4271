//! One JSON object, keys sorted, every value a string.

use std::collections::BTreeMap;

use anyhow::Result;
use secrecy::ExposeSecret;

use crate::variables::Variables;

pub(super) fn render(variables: &Variables) -> Result<String> {
    let object: BTreeMap<&str, &str> =
        variables.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
    Ok(serde_json::to_string_pretty(&object)? + "\n")
}
