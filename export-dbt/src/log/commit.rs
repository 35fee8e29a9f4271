//! Commits: one conditional PUT, rebased when another writer was first.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use common::retry::Backoff;
use object_store::{ObjectStore, PutMode, PutOptions};
use serde_json::Value;
use uuid::Uuid;

use super::actions::{Action, Add, CommitInfo, ENGINE, Format, MetaData, to_lines};
use super::names::commit_path;
use super::protocol;
use super::snapshot::{ActiveFile, Snapshot};
use super::table::{LogError, TableLog};
use crate::calendar::now_millis;
use crate::owner::{Mark, Properties};
use crate::part::Part;
use crate::s3::folder;

/// Other writers that may come first before a commit is given up.
pub(crate) const REBASES: u32 = 30;

/// Tries of one version whose outcome is not known.
const TRIES: u32 = 4;

/// Versions between checkpoints, unless the table says otherwise.
const CHECKPOINT_INTERVAL: u64 = 10;

/// The new state of a table.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The table's name, for a new table.
    pub(crate) name: String,
    pub(crate) schema: Value,
    /// The description; none leaves the table's own.
    pub(crate) description: Option<String>,
    pub(crate) mark: Mark,
    /// Whether a `timestamp_ntz` is in the schema.
    pub(crate) needs_ntz: bool,
    /// The partition columns.
    pub(crate) partition: Vec<String>,
    pub(crate) adds: Vec<Add>,
    /// The files of the version before that stay, by their names in the log.
    pub(crate) kept: HashSet<String>,
    /// All parts of the new version.
    pub(crate) parts: Vec<Part>,
    /// See [`CommitInfo::part_rows`].
    pub(crate) part_rows: Option<u64>,
    pub(crate) rows: u64,
    pub(crate) run_id: String,
    pub(crate) fingerprint: String,
    /// See [`CommitInfo::state`].
    pub(crate) state: String,
}

impl TableLog {
    /// Refuses a table that may not be overwritten, before anything is uploaded.
    pub(crate) fn check(
        &self,
        snapshot: Option<&Snapshot>,
        needs_ntz: bool,
    ) -> Result<(), LogError> {
        if let Some(Snapshot { protocol, metadata, .. }) = snapshot {
            protocol::for_overwrite(protocol, &metadata.configuration, needs_ntz)?;
        }
        Ok(())
    }

    /// Replaces the table's content and schema in one version, and returns that with the state before it.
    ///
    /// # Errors
    /// When the table may not be overwritten, a file to keep has left the table or another has taken it meanwhile, or
    /// the store fails.
    /// After [`LogError::Unknown`] the files must stay, as the commit may have happened.
    pub(crate) async fn commit(
        &self,
        mut base: Option<Snapshot>,
        change: &Change,
    ) -> Result<(u64, Option<Snapshot>), LogError> {
        let new_id = Uuid::new_v4().to_string();
        let mut pauses = pauses();
        for _ in 0..REBASES {
            let version = base.as_ref().map_or(0, |snapshot| snapshot.version + 1);
            let actions = actions(base.as_ref(), change, &new_id)?;
            if self.put_commit(version, to_lines(&actions)?, &change.run_id).await? {
                return Ok((version, base));
            }
            let shape = base.as_ref().map(|old| shape(&old.metadata));
            let owner = mark(base.as_ref());
            base = match base {
                Some(old) => Some(self.reload(old).await?),
                None => self.load().await?,
            };
            let same_shape = shape == base.as_ref().map(|new| self::shape(&new.metadata));
            let may_keep = same_shape && has_all(base.as_ref(), &change.kept);
            // A table that has become another's meanwhile may not be this run's to replace.
            let is_taken = mark(base.as_ref())
                .is_some_and(|mark| Some(&mark) != owner.as_ref() && mark != change.mark);
            if is_taken || (!change.kept.is_empty() && !may_keep) {
                return Err(LogError::Overtaken);
            }
            pauses.pause().await;
        }
        Err(LogError::Contention { attempts: REBASES })
    }

    /// Whether this run wrote the version; `false` when another writer did.
    async fn put_commit(
        &self,
        version: u64,
        bytes: Vec<u8>,
        run_id: &str,
    ) -> Result<bool, LogError> {
        let path = commit_path(version);
        let payload = object_store::PutPayload::from(bytes);
        let mut tries = 0;
        let mut pauses = pauses();
        loop {
            let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            let Err(error) = self.objects.put_opts(&path, payload.clone(), options).await else {
                return Ok(true);
            };
            // An answer that was lost, and every conflict: the version itself says whose it is.
            match self.commit_info(version).await {
                Ok(Some(info)) => return Ok(info.run_id.as_deref() == Some(run_id)),
                Ok(None) if self.objects_head(&path).await => return Ok(false),
                Ok(None) if is_refusal(&error) => return Err(LogError::Store(error)),
                _ => {}
            }
            // The client's errors have no status; the question is the commit itself once more.
            if let Some(bucket) = &self.store.bucket {
                let key = format!("{}{path}", folder(&self.location.prefix));
                let bytes = payload.clone().into_iter().flatten().collect();
                if bucket.refuses_conditions(key, bytes).await {
                    return Err(LogError::Unconditional);
                }
            }
            tries += 1;
            if tries == TRIES {
                // The question may have made the commit.
                return match self.commit_info(version).await {
                    Ok(Some(info)) => Ok(info.run_id.as_deref() == Some(run_id)),
                    _ => Err(LogError::Unknown { version, source: error }),
                };
            }
            pauses.pause().await;
        }
    }

    async fn objects_head(&self, path: &object_store::path::Path) -> bool {
        use object_store::ObjectStoreExt;
        self.objects.head(path).await.is_ok()
    }

    /// Writes a checkpoint when one is due after a commit of `version`, and drops log entries past the table's own
    /// log retention.
    ///
    /// # Errors
    /// When the log cannot be read or the checkpoint not be written; the table is complete
    /// without it.
    pub(crate) async fn checkpoint(&self, version: u64, base: &Snapshot) -> Result<(), LogError> {
        let interval = base
            .metadata
            .configuration
            .get("delta.checkpointInterval")
            .and_then(|value| value.as_deref()?.parse().ok())
            .filter(|interval| *interval > 0)
            .unwrap_or(CHECKPOINT_INTERVAL);
        // Counted from the newest checkpoint, so that one that a killed run left out is made up.
        let since = version - base.checkpoint.unwrap_or(0).min(version);
        if since < interval {
            return Ok(());
        }
        let snapshot = self.reload(base.clone()).await?;
        deltalake::checkpoints::create_checkpoint(&snapshot.table, None).await?;
        if snapshot.cleans_log() {
            deltalake::checkpoints::cleanup_metadata(&snapshot.table, None).await?;
        }
        Ok(())
    }
}

/// An answer after which the commit cannot have happened.
fn is_refusal(error: &object_store::Error) -> bool {
    use object_store::Error;
    matches!(
        error,
        Error::PermissionDenied { .. }
            | Error::Unauthenticated { .. }
            | Error::NotFound { .. }
            | Error::NotImplemented { .. }
    )
}

fn mark(snapshot: Option<&Snapshot>) -> Option<Mark> {
    snapshot.and_then(|snapshot| Mark::read(&snapshot.metadata.configuration))
}

/// The properties that kept files depend on.
fn shape(metadata: &MetaData) -> (String, Vec<String>) {
    (metadata.schema_string.clone(), metadata.partition_columns.clone())
}

/// Whether the table still has all these files, with all their rows.
fn has_all(base: Option<&Snapshot>, kept: &HashSet<String>) -> bool {
    let files = base.map_or(&[][..], |base| &base.files);
    let whole = files.iter().filter(|f| !f.has_deletions() && kept.contains(&f.raw_path));
    whole.count() == kept.len()
}

fn actions(
    base: Option<&Snapshot>,
    change: &Change,
    new_id: &str,
) -> Result<Vec<Action>, LogError> {
    let now = now_millis();
    let mut actions = vec![Action::CommitInfo(info(base, change, now))];
    match base {
        None => {
            let mut configuration = Properties::new();
            change.mark.write(&mut configuration);
            actions.push(Action::Protocol(protocol::new_table(change.needs_ntz)));
            actions.push(Action::MetaData(MetaData {
                id: new_id.to_string(),
                name: Some(change.name.clone()),
                description: change.description.clone(),
                format: Format::default(),
                schema_string: change.schema.to_string(),
                partition_columns: change.partition.clone(),
                configuration,
                created_time: Some(now),
            }));
        }
        Some(base) => {
            let needed = protocol::for_overwrite(
                &base.protocol,
                &base.metadata.configuration,
                change.needs_ntz,
            )?;
            actions.extend(needed.map(Action::Protocol));
            actions.extend(new_metadata(&base.metadata, change).map(Action::MetaData));
            actions.extend(replaced(base, change).map(|file| Action::Remove(file.remove(now))));
        }
    }
    actions.extend(change.adds.iter().cloned().map(Action::Add));
    Ok(actions)
}

/// The files that leave the table.
fn replaced<'a>(base: &'a Snapshot, change: &'a Change) -> impl Iterator<Item = &'a ActiveFile> {
    base.files.iter().filter(|file| !change.kept.contains(&file.raw_path))
}

/// The metadata to write, or none when nothing in it changes.
fn new_metadata(current: &MetaData, change: &Change) -> Option<MetaData> {
    let says = current.says(&change.schema, change.description.as_deref(), &change.partition);
    if says && change.mark.is_in(&current.configuration) {
        return None;
    }
    let mut configuration = current.configuration.clone();
    change.mark.write(&mut configuration);
    Some(MetaData {
        configuration,
        description: change.description.clone().or_else(|| current.description.clone()),
        schema_string: change.schema.to_string(),
        partition_columns: change.partition.clone(),
        ..current.clone()
    })
}

fn info(base: Option<&Snapshot>, change: &Change, now: i64) -> CommitInfo {
    let text = |value: &dyn ToString| Value::from(value.to_string());
    let bytes: i64 = change.adds.iter().map(|add| add.size).sum();
    let removed = base.map_or(0, |base| replaced(base, change).count());
    // As Spark names a replacement of all, and one of a part.
    let operation = match change.kept.is_empty() {
        true => "CREATE OR REPLACE TABLE AS SELECT",
        false => "WRITE",
    };
    CommitInfo {
        timestamp: now,
        operation: operation.into(),
        operation_parameters: BTreeMap::from([
            ("mode".into(), text(&"Overwrite")),
            ("isManaged".into(), text(&false)),
            ("partitionBy".into(), text(&Value::from(change.partition.clone()))),
        ]),
        operation_metrics: BTreeMap::from([
            ("numFiles".into(), text(&change.adds.len())),
            ("numRemovedFiles".into(), text(&removed)),
            ("numOutputRows".into(), text(&change.rows)),
            ("numOutputBytes".into(), text(&bytes)),
        ]),
        engine_info: Some(ENGINE.into()),
        is_blind_append: Some(false),
        run_id: Some(change.run_id.clone()),
        state: Some(change.state.clone()),
        fingerprint: Some(change.fingerprint.clone()),
        table_parts: Some(change.parts.clone()),
        part_rows: change.part_rows,
    }
}

/// A pause that grows, and differs between processes that met.
fn pauses() -> Backoff {
    Backoff::new(Duration::from_millis(50), Duration::from_millis(640))
}
