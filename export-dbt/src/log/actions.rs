//! The actions of a commit file.
//!
//! Source: the Delta protocol, "Actions".

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fingerprint::{Fingerprint, RECIPE};
use crate::part::{Part, PartitionValues};

/// The tool's name and version in `engineInfo`.
pub(crate) const ENGINE: &str = concat!("export-dbt/", env!("CARGO_PKG_VERSION"));

/// The beginning of every `engineInfo` of this tool.
pub(crate) const ENGINE_PREFIX: &str = "export-dbt/";

/// Provenance of a commit.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommitInfo {
    /// Milliseconds since 1970.
    pub(crate) timestamp: i64,
    /// `CREATE OR REPLACE TABLE AS SELECT`, as Spark names an overwrite with a new schema.
    pub(crate) operation: String,
    /// The operation's settings, as text.
    #[serde(default)]
    pub(crate) operation_parameters: BTreeMap<String, Value>,
    /// Files, rows and bytes, as text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) operation_metrics: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) engine_info: Option<String>,
    /// Whether the commit only added rows without looking at the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) is_blind_append: Option<bool>,
    /// The run that wrote the commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) run_id: Option<String>,
    /// The commit's schema, description and owner mark as one number, for the next run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
    /// The rows' fingerprint, for the next run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fingerprint: Option<String>,
    /// Every part of the version with its files, also those that earlier commits wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) table_parts: Option<Vec<Part>>,
    /// Rows of a part of a table without partitions, about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) part_rows: Option<u64>,
}

/// The features that a reader and a writer need.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Protocol {
    pub(crate) min_reader_version: i32,
    pub(crate) min_writer_version: i32,
    /// Named features, at reader version 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reader_features: Option<Vec<String>>,
    /// Named features, at writer version 7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) writer_features: Option<Vec<String>>,
}

/// A table's schema and settings.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MetaData {
    /// The table's id, which outlives every schema.
    pub(crate) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) format: Format,
    /// The schema, JSON in a string.
    pub(crate) schema_string: String,
    /// The partition columns, in their order.
    pub(crate) partition_columns: Vec<String>,
    pub(crate) configuration: BTreeMap<String, Option<String>>,
    /// Milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created_time: Option<i64>,
}

impl MetaData {
    /// Whether it already has this schema, description and these partition columns.
    pub(crate) fn says(
        &self,
        schema: &Value,
        description: Option<&str>,
        partition: &[String],
    ) -> bool {
        let same_schema = self.schema().is_some_and(|ours| ours == *schema);
        let same_description = description.is_none() || description == self.description.as_deref();
        same_schema && same_description && self.partition_columns == partition
    }

    /// Whether files of this schema and these partition columns can stay: all but the descriptions is the same.
    pub(crate) fn has_shape(&self, schema: &Value, partition: &[String]) -> bool {
        let ours = self.schema().map(without_comments);
        ours == Some(without_comments(schema.clone())) && self.partition_columns == partition
    }

    fn schema(&self) -> Option<Value> {
        serde_json::from_str(&self.schema_string).ok()
    }
}

/// A schema without the descriptions of its columns.
fn without_comments(mut schema: Value) -> Value {
    for field in schema["fields"].as_array_mut().into_iter().flatten() {
        if let Some(metadata) = field["metadata"].as_object_mut() {
            metadata.remove("comment");
        }
    }
    schema
}

/// The files' format: Parquet.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Format {
    /// `parquet`
    pub(crate) provider: String,
    /// None are known.
    #[serde(default)]
    pub(crate) options: BTreeMap<String, Option<String>>,
}

impl Default for Format {
    fn default() -> Self {
        Self { provider: "parquet".into(), options: BTreeMap::new() }
    }
}

/// A file that belongs to the table from this commit on.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Add {
    /// Relative to the table, as a URI.
    pub(crate) path: String,
    pub(crate) partition_values: PartitionValues,
    pub(crate) size: i64,
    /// Milliseconds since 1970.
    pub(crate) modification_time: i64,
    /// Whether the rows are new to the table.
    pub(crate) data_change: bool,
    /// See [`crate::stats`].
    pub(crate) stats: String,
}

/// A file that no longer belongs to the table.
#[derive(Debug, Clone, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Remove {
    /// Byte for byte as the add action had it.
    pub(crate) path: String,
    /// Milliseconds since 1970; the retention counts from here.
    pub(crate) deletion_timestamp: i64,
    /// Whether the rows leave the table.
    pub(crate) data_change: bool,
    /// Says that the next two are given.
    pub(crate) extended_file_metadata: bool,
    /// The partition, as the add action had it.
    pub(crate) partition_values: HashMap<String, Option<String>>,
    pub(crate) size: i64,
    /// The add action's deletion vector, a part of the file's identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deletion_vector: Option<Value>,
}

/// One line of a commit file.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Action {
    CommitInfo(CommitInfo),
    Protocol(Protocol),
    MetaData(MetaData),
    Remove(Remove),
    Add(Add),
}

/// The bytes of a commit file.
pub(crate) fn to_lines(actions: &[Action]) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::new();
    for action in actions {
        serde_json::to_writer(&mut out, action)?;
        out.push(b'\n');
    }
    Ok(out)
}

/// The commit info of a commit file, if it has one that can be read.
pub(crate) fn commit_info(bytes: &[u8]) -> Option<CommitInfo> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Line {
        commit_info: Option<CommitInfo>,
    }
    bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Line>(line).ok())
        .find_map(|line| line.commit_info)
}

/// The text of a fingerprint in a commit. `options` are those that change what is written.
pub(crate) fn fingerprint_text(fingerprint: Fingerprint, options: &str) -> String {
    let Fingerprint { rows, sum } = fingerprint;
    format!("v{RECIPE};rows={rows};sum={sum:032x};{options}")
}

/// The number of rows in a fingerprint's text.
pub(crate) fn fingerprint_rows(text: &str) -> Option<u64> {
    text.split(';').find_map(|part| part.strip_prefix("rows="))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commit_info_is_found_among_the_actions() {
        let info = CommitInfo {
            timestamp: 1,
            operation: "WRITE".into(),
            operation_parameters: BTreeMap::new(),
            operation_metrics: BTreeMap::new(),
            engine_info: Some(ENGINE.into()),
            is_blind_append: None,
            run_id: Some("r".into()),
            state: None,
            fingerprint: Some(fingerprint_text(Fingerprint { rows: 3, sum: 255 }, "o=1")),
            table_parts: Some(vec![Part::new(
                PartitionValues::from([("day".into(), None)]),
                Fingerprint { rows: 3, sum: u128::MAX },
            )]),
            part_rows: Some(4),
        };
        let lines = to_lines(&[
            Action::Protocol(Protocol {
                min_reader_version: 1,
                min_writer_version: 2,
                reader_features: None,
                writer_features: None,
            }),
            Action::CommitInfo(info.clone()),
        ])
        .unwrap();
        assert_eq!(
            lines.split(|b| *b == b'\n').next().unwrap(),
            br#"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}"#
        );
        let found = commit_info(&lines).unwrap();
        assert_eq!(found, info);
        assert_eq!(fingerprint_rows(&found.fingerprint.unwrap()), Some(3));
        assert_eq!(commit_info(b"{\"add\":{}}\nnot json\n"), None);
    }

    #[test]
    fn others_commit_infos_are_read() {
        let line = br#"{"commitInfo":{"timestamp":5,"operation":"WRITE","operationParameters":{"mode":"Append","partitionBy":"[]"},"clientVersion":"delta-rs.1","operationMetrics":{"execution_time_ms":4,"num_added_files":1}}}"#;
        assert_eq!(commit_info(line).unwrap().engine_info, None);
    }
}
