//! One JSON object, keys sorted, every value a string.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;

use crate::variables::Variables;
use common::stop::Stop;

pub(super) fn render(variables: &Variables) -> Result<String, Stop> {
    let object: BTreeMap<&str, &str> =
        variables.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
    let text = serde_json::to_string_pretty(&object).map_err(std::io::Error::from)?;
    Ok(text + "\n")
}
