//! The state of a table at its newest version.

use std::collections::HashMap;

use deltalake::DeltaTable;
use deltalake::arrow::array::{Array, StringArray};
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use serde_json::Value;

use super::actions::{CommitInfo, MetaData, Protocol, Remove, commit_info};
use super::names::commit_path;
use super::newest::Versions;
use super::table::{LogError, TableLog};

#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) version: u64,
    pub(crate) protocol: Protocol,
    pub(crate) metadata: MetaData,
    pub(crate) files: Vec<ActiveFile>,
    /// The newest commit of this tool, when no later one changed the table's content; none otherwise.
    pub(crate) last: Option<CommitInfo>,
    /// The version of the newest checkpoint.
    pub(crate) checkpoint: Option<u64>,
    pub(super) table: DeltaTable,
}

#[derive(Debug, Clone)]
pub(crate) struct ActiveFile {
    /// The path, byte for byte as in the log: it identifies the file there.
    pub(crate) raw_path: String,
    /// The path in the store, decoded.
    pub(crate) path: String,
    pub(crate) size: i64,
    /// Rows without the deleted ones; none where the log does not say it.
    pub(crate) rows: Option<u64>,
    /// By the partition column's name in the files' schema.
    pub(crate) partition_values: HashMap<String, Option<String>>,
    pub(crate) deletion_vector: Option<Value>,
}

impl ActiveFile {
    /// Whether rows of the file were deleted without writing it anew.
    pub(crate) fn has_deletions(&self) -> bool {
        self.deletion_vector.is_some()
    }

    /// The action that takes the file out of the table.
    pub(crate) fn remove(&self, now_millis: i64) -> Remove {
        Remove {
            path: self.raw_path.clone(),
            deletion_timestamp: now_millis,
            data_change: true,
            extended_file_metadata: true,
            partition_values: self.partition_values.clone(),
            size: self.size,
            deletion_vector: self.deletion_vector.clone(),
        }
    }
}

impl Snapshot {
    /// Whether no other writer has changed the content since this tool's newest commit.
    pub(crate) fn is_own(&self) -> bool {
        self.last.is_some()
    }

    /// The rows of all files; none where the log does not say those of every file.
    pub(crate) fn rows(&self) -> Option<u64> {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Whether log entries past their retention may go; a property of the table forbids it.
    pub(super) fn cleans_log(&self) -> bool {
        let property = self.metadata.configuration.get("delta.enableExpiredLogCleanup");
        let value = property.and_then(|value| value.as_deref());
        !value.is_some_and(|value| value.trim().eq_ignore_ascii_case("false"))
    }
}

impl TableLog {
    /// The newest state, or none where there is no table.
    pub(crate) async fn load(&self) -> Result<Option<Snapshot>, LogError> {
        let versions = self.versions().await?;
        self.load_at(versions).await
    }

    /// As [`TableLog::load`], after a listing of the log.
    pub(crate) async fn load_at(&self, versions: Versions) -> Result<Option<Snapshot>, LogError> {
        if versions.newest.is_none() {
            return Ok(None);
        }
        let mut table = DeltaTable::new(self.log_store.clone());
        if let Err(error) = table.load().await {
            return Err(self.diagnose(error.into()).await);
        }
        self.read(table, versions.checkpoint).await.map(Some)
    }

    /// The state after other commits.
    pub(super) async fn reload(&self, old: Snapshot) -> Result<Snapshot, LogError> {
        let mut table = old.table;
        table.update_state().await?;
        self.read(table, old.checkpoint).await
    }

    async fn read(&self, table: DeltaTable, checkpoint: Option<u64>) -> Result<Snapshot, LogError> {
        let state = table.snapshot()?;
        let version = state.version();
        let protocol = convert(state.protocol())?;
        let metadata = convert(state.metadata())?;
        let views: Vec<_> =
            state.snapshot().file_views(&self.log_store, None).try_collect().await?;
        // The views decode the paths; the batches have them as the log does, in the same order.
        let mut raw_paths = Vec::with_capacity(views.len());
        for batch in state.add_actions_batches(false)? {
            let paths = batch
                .column_by_name("path")
                .and_then(|column| column.as_any().downcast_ref::<StringArray>())
                .ok_or_else(|| LogError::Read("the list of files has no paths".into()))?;
            raw_paths.extend(paths.iter().flatten().map(str::to_string));
        }
        if raw_paths.len() != views.len() {
            return Err(LogError::Read("two lists of the table's files differ".into()));
        }
        let files = views
            .iter()
            .zip(raw_paths)
            .map(|(view, raw_path)| {
                let deleted = view.deletion_vector_descriptor();
                let gone = deleted.as_ref().map_or(0, |vector| vector.cardinality.max(0) as u64);
                let deletion_vector = deleted.map(serde_json::to_value);
                Ok(ActiveFile {
                    raw_path,
                    path: view.path().into_owned(),
                    size: view.size(),
                    rows: view.num_records().map(|rows| (rows as u64).saturating_sub(gone)),
                    partition_values: view.partition_values_map(),
                    deletion_vector: deletion_vector.transpose()?,
                })
            })
            .collect::<Result<_, LogError>>()?;
        let last = self.info_below(version).await?;
        Ok(Snapshot { version, protocol, metadata, files, last, checkpoint, table })
    }

    /// The commit info of a version; none when the version, or its info, is not there.
    pub(super) async fn commit_info(&self, version: u64) -> Result<Option<CommitInfo>, LogError> {
        match self.objects.get(&commit_path(version)).await {
            Ok(found) => Ok(commit_info(&found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn convert<T: serde::de::DeserializeOwned>(value: &impl serde::Serialize) -> Result<T, LogError> {
    Ok(serde_json::from_value(serde_json::to_value(value)?)?)
}
