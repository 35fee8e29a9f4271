//! dbt's `manifest.json`: descriptions, tags, paths and materializations of the models.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::error::Category;

use crate::problem::{Advice, Problem};

/// The part of a manifest that is used here. Unknown keys and newer versions are fine.
#[derive(Debug, Deserialize)]
pub(crate) struct Manifest {
    #[serde(default)]
    nodes: BTreeMap<String, Node>,
}

/// A model, seed or snapshot.
#[derive(Debug, Deserialize)]
pub(crate) struct Node {
    resource_type: String,
    pub(crate) name: String,
    #[serde(default)]
    alias: Option<String>,
    #[serde(default)]
    schema: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    pub(crate) original_file_path: String,
    #[serde(default)]
    columns: BTreeMap<String, NodeColumn>,
    #[serde(default)]
    config: NodeConfig,
}

#[derive(Debug, Default, Deserialize)]
struct NodeConfig {
    #[serde(default)]
    materialized: Option<String>,
    #[serde(default)]
    tags: serde_json::Value,
}

#[derive(Debug, Deserialize)]
struct NodeColumn {
    name: String,
    #[serde(default)]
    description: Option<String>,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error("could not read the manifest {path}")]
    Read { path: String, source: std::io::Error },
    #[error("{path}:{line}:{column}: not a dbt manifest: {problem}")]
    Parse { path: String, line: usize, column: usize, problem: String },
}

impl Problem for ManifestError {
    fn advice(&self) -> Advice {
        let hint = "`dbt build` or `dbt parse` writes target/manifest.json";
        match self {
            Self::Read { .. } => ("no-manifest", hint),
            Self::Parse { .. } => ("bad-manifest", hint),
        }
    }
}

impl Manifest {
    /// Reads a manifest.
    pub(crate) fn read(path: &Path) -> Result<Self, ManifestError> {
        let shown = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|source| ManifestError::Read { path: shown.clone(), source })?;
        serde_json::from_slice(&bytes).map_err(|error| ManifestError::Parse {
            path: shown,
            line: error.line(),
            column: error.column(),
            problem: match error.classify() {
                // The library's sentence quotes the value, which may be a secret.
                Category::Data => "a value is of another type".to_owned(),
                _ => error.to_string(),
            },
        })
    }

    /// The node that builds a relation.
    pub(crate) fn node(&self, layer: &str, table: &str) -> Option<&Node> {
        self.nodes.values().find(|node| {
            matches!(node.resource_type.as_str(), "model" | "seed" | "snapshot")
                && node.schema.as_deref().is_some_and(|schema| schema.eq_ignore_ascii_case(layer))
                && node.alias.as_deref().unwrap_or(&node.name).eq_ignore_ascii_case(table)
        })
    }
}

impl Node {
    /// The description, when there is one.
    pub(crate) fn description(&self) -> Option<&str> {
        self.description.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    /// A column's description, when there is one.
    pub(crate) fn column_description(&self, column: &str) -> Option<&str> {
        let found = self.columns.values().find(|c| c.name.eq_ignore_ascii_case(column))?;
        found.description.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    /// Whether the model is a `view` or `ephemeral`, so that a table of its name is a leftover.
    pub(crate) fn is_virtual(&self) -> Option<&str> {
        let materialized = self.config.materialized.as_deref()?;
        matches!(materialized, "view" | "ephemeral").then_some(materialized)
    }

    /// Whether the model has a tag.
    pub(crate) fn has_tag(&self, tag: &str) -> bool {
        let in_config = match &self.config.tags {
            serde_json::Value::String(one) => one == tag,
            serde_json::Value::Array(many) => many.iter().any(|one| one == tag),
            _ => false,
        };
        in_config || self.tags.iter().any(|own| own == tag)
    }

    #[cfg(test)]
    pub(crate) fn for_test(json: serde_json::Value) -> Self {
        serde_json::from_value(json).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_relation_is_found_by_alias_and_schema() {
        let manifest: Manifest = serde_json::from_value(json!({"nodes": {
            "model.p.stg_trips": {"resource_type": "model", "name": "stg_trips", "alias": "trips", "schema": "silver",
                "description": " Every trip. ", "columns": {"id": {"name": "ID", "description": "key"}},
                "config": {"materialized": "table", "tags": ["silver"]}, "original_file_path": "models/silver/stg_trips.sql"},
            "test.p.x": {"resource_type": "test", "name": "trips", "schema": "silver"},
        }}))
        .unwrap();
        let node = manifest.node("SILVER", "trips").unwrap();
        assert_eq!(node.description(), Some("Every trip."));
        assert_eq!(node.column_description("id"), Some("key"));
        assert_eq!(node.is_virtual(), None);
        assert!(node.has_tag("silver"));
        assert!(manifest.node("silver", "stg_trips").is_none());
    }
}
