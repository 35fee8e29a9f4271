//! A Kubernetes Secret with the variables as its keys, for `kubectl apply -f -`.

use std::collections::BTreeMap;

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::variables::Variables;

/// JSON, which is YAML, too: base64 needs no quoting that two readers could disagree on.
pub(super) fn render(variables: &Variables, name: &str, namespace: Option<&str>) -> Result<String> {
    let data: BTreeMap<&str, String> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), STANDARD.encode(value.expose_secret())))
        .collect();
    let mut metadata = json!({"name": name});
    if let Some(namespace) = namespace {
        metadata["namespace"] = namespace.into();
    }
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "Opaque",
        "data": data,
    });
    Ok(serde_json::to_string_pretty(&secret)? + "\n")
}
