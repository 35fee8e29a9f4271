//! A node of dbt's graph, with its configuration.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Kind;
use crate::partition;

/// A node of dbt's graph.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Node {
    #[serde(rename = "resource_type", default)]
    pub(crate) kind: Kind,
    pub(crate) name: String,
    #[serde(default)]
    alias: Option<String>,
    /// A source's name of its relation.
    #[serde(default)]
    identifier: Option<String>,
    #[serde(default)]
    pub(crate) source_name: Option<String>,
    #[serde(default)]
    pub(super) database: Option<String>,
    #[serde(default)]
    pub(crate) schema: Option<String>,
    #[serde(default)]
    pub(crate) package_name: String,
    #[serde(default)]
    pub(crate) fqn: Vec<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    tags: Value,
    #[serde(default)]
    pub(crate) original_file_path: String,
    #[serde(default)]
    columns: BTreeMap<String, NodeColumn>,
    #[serde(default)]
    meta: Value,
    #[serde(default)]
    pub(crate) config: Value,
    #[serde(default)]
    depends_on: DependsOn,
    /// For a generic test, the node that it is written at.
    #[serde(default)]
    pub(super) attached_node: Option<String>,
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    pub(crate) access: Option<String>,
    /// A number or a text.
    #[serde(default)]
    pub(crate) version: Option<Value>,
    #[serde(default)]
    pub(crate) latest_version: Option<Value>,
    /// The YAML file that describes it, with the package before `://`.
    #[serde(default)]
    patch_path: Option<String>,
    /// For a generic test, which one it is.
    #[serde(default)]
    test_metadata: Option<TestMetadata>,
}

#[derive(Debug, Default, Deserialize)]
struct TestMetadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    kwargs: Value,
}

#[derive(Debug, Default, Deserialize)]
struct DependsOn {
    #[serde(default)]
    nodes: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct NodeColumn {
    name: String,
    #[serde(default)]
    description: Option<String>,
}

impl Node {
    /// Whether the node is a relation of the database.
    pub(crate) fn builds_relation(&self) -> bool {
        matches!(self.kind, Kind::Model | Kind::Seed | Kind::Snapshot | Kind::Source)
    }

    /// The name of the relation.
    pub(crate) fn relation_name(&self) -> &str {
        self.alias.as_deref().or(self.identifier.as_deref()).unwrap_or(&self.name)
    }

    pub(crate) fn group(&self) -> Option<&str> {
        let configured = self.config.get("group").and_then(Value::as_str);
        configured.or(self.group.as_deref())
    }

    /// The YAML file that describes it.
    pub(crate) fn patch_file(&self) -> Option<&str> {
        self.patch_path.as_ref()?.split_once("://").map(|(_, file)| file)
    }

    /// Which generic test it is.
    pub(crate) fn generic_test(&self) -> Option<&str> {
        self.test_metadata.as_ref().map(|test| test.name.as_str())
    }

    /// The nodes that it reads.
    pub(crate) fn parents(&self) -> &[String] {
        &self.depends_on.nodes
    }

    /// The columns of a test for unique rows: dbt's `unique`, or dbt_utils' for several columns. A test of a part of
    /// the rows says nothing about the others.
    pub(super) fn unique_columns(&self) -> Option<Vec<String>> {
        let TestMetadata { name, kwargs } = self.test_metadata.as_ref()?;
        if self.config.get("where").is_some_and(|condition| !condition.is_null()) {
            return None;
        }
        let text = |value: &Value| value.as_str().map(|name| name.trim_matches('"').to_owned());
        match name.as_str() {
            "unique" => Some(vec![text(kwargs.get("column_name")?)?]),
            "unique_combination_of_columns" => {
                kwargs.get("combination_of_columns")?.as_array()?.iter().map(text).collect()
            }
            _ => None,
        }
    }

    /// The description, when there is one.
    pub(crate) fn description(&self) -> Option<&str> {
        self.description.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    /// A column's description, when there is one.
    pub(crate) fn column_description(&self, column: &str) -> Option<&str> {
        let found = self.columns.values().find(|c| c.name.eq_ignore_ascii_case(column))?;
        found.description.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    pub(crate) fn materialized(&self) -> Option<&str> {
        self.config.get("materialized")?.as_str()
    }

    /// Whether the model is a `view` or `ephemeral`, so that a table of its name is a leftover.
    pub(crate) fn is_virtual(&self) -> Option<&str> {
        self.materialized().filter(|name| matches!(*name, "view" | "ephemeral"))
    }

    /// The schema as the project's configuration has it: `gold`, where the relation's may be `main_gold`.
    pub(crate) fn configured_schema(&self) -> Option<&str> {
        self.config.get("schema")?.as_str()
    }

    /// A value of `meta`, in the node or in its configuration.
    pub(crate) fn meta(&self, key: &str) -> Option<&Value> {
        let configured = self.config.get("meta").and_then(|meta| meta.get(key));
        configured.or_else(|| self.meta.get(key))
    }

    /// The columns that the model is partitioned by, as the adapters of DuckDB, Spark, Athena and BigQuery or a key in
    /// `meta` name them.
    pub(crate) fn partition_by(&self) -> Vec<String> {
        let configured = || {
            let keys = ["/partition_by", "/partitioned_by", "/options/partition_by"];
            keys.into_iter().filter_map(|key| self.config.pointer(key))
        };
        let found = self.meta("partition_by").into_iter().chain(configured());
        let columns = |value: &Value| match value {
            Value::String(names) => partition::split(names),
            Value::Array(names) => {
                names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Value::Object(one) => {
                one.get("field").and_then(Value::as_str).map(str::to_owned).into_iter().collect()
            }
            _ => Vec::new(),
        };
        found.map(columns).find(|columns| !columns.is_empty()).unwrap_or_default()
    }

    /// The tags, of the node and of its configuration.
    pub(crate) fn tags(&self) -> impl Iterator<Item = &str> {
        let configured = self.config.get("tags").unwrap_or(&Value::Null);
        [&self.tags, configured].into_iter().flat_map(|tags| {
            let many = tags.as_array().map_or(&[][..], Vec::as_slice);
            tags.as_str().into_iter().chain(many.iter().filter_map(Value::as_str))
        })
    }

    /// Whether the node has a tag.
    pub(crate) fn has_tag(&self, tag: &str) -> bool {
        self.tags().any(|known| known == tag)
    }
}
