//! Removes what no version within the retention needs: files that commits took out, files and
//! uploads of killed runs.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStore;
use object_store::path::Path;

use super::snapshot::Snapshot;
use super::table::{LogError, TableLog};
use crate::calendar::now_millis;

/// How long old things are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retention {
    /// Files that a commit took out: since that commit.
    pub(crate) removed: Duration,
    /// Files and uploads that no commit names: since they were written. A run that is still
    /// going has some.
    pub(crate) orphans: Duration,
}

impl TableLog {
    /// Cleans up, and counts what it has removed. Called after a commit, or when there was nothing to commit; never before.
    ///
    /// # Errors
    /// When the store fails; what is left is removed by a later run.
    pub(crate) async fn vacuum(
        &self,
        snapshot: &Snapshot,
        retention: Retention,
    ) -> Result<u64, LogError> {
        let now = now_millis();
        let older = |since: i64, age: Duration| {
            i128::from(now) - i128::from(since) >= age.as_millis().min(i64::MAX as u128) as i128
        };
        let orphan_age = retention.orphans.max(retention.removed);
        let active: HashSet<&str> = snapshot.files.iter().map(|file| file.path.as_str()).collect();
        let removed = self.tombstones(snapshot).await?;

        let mut doomed = Vec::new();
        let mut listed = self.objects.list(None);
        while let Some(object) = listed.try_next().await? {
            let path = object.location.as_ref();
            // Only data files: what else lies there, a person or another tool has put there.
            if path.starts_with('_') || !path.ends_with(".parquet") || active.contains(path) {
                continue;
            }
            let unneeded = match removed.get(path) {
                Some(since) => older(*since, retention.removed),
                None => older(object.last_modified.timestamp_millis(), orphan_age),
            };
            if unneeded {
                doomed.push(object.location);
            }
        }
        drop(listed);
        let files = self.delete(doomed).await?;
        let uploads = match &self.store.bucket {
            Some(_) => self.abort_uploads(|since| older(since, retention.orphans)).await?,
            None => self.remove_staged(retention.orphans).await?,
        };
        Ok(files + uploads)
    }

    /// Deletes objects by their paths in the table; those that are gone already do not matter.
    pub(crate) async fn delete(&self, paths: Vec<Path>) -> Result<u64, LogError> {
        let count = paths.len() as u64;
        let results = self.objects.delete_stream(stream::iter(paths.into_iter().map(Ok)).boxed());
        results.try_for_each(|_| async { Ok(()) }).await.or_else(|error| match error {
            object_store::Error::NotFound { .. } => Ok(()),
            error => Err(error),
        })?;
        Ok(count)
    }

    /// Drops the table: its log first, so that no reader sees a table without its files.
    pub(crate) async fn drop_table(&self) -> Result<u64, LogError> {
        let log: Vec<Path> = self.list(Some("_delta_log")).await?;
        let mut count = self.delete(log).await?;
        let rest = self.list(None).await?;
        count += self.delete(rest).await?;
        Ok(count)
    }

    async fn list(&self, folder: Option<&str>) -> Result<Vec<Path>, LogError> {
        let folder = folder.map(Path::from);
        let listed = self.objects.list(folder.as_ref());
        Ok(listed.map_ok(|object| object.location).try_collect().await?)
    }

    /// The removed files that the log still knows, with the time of their removal.
    async fn tombstones(&self, snapshot: &Snapshot) -> Result<HashMap<String, i64>, LogError> {
        let state = snapshot.table.snapshot()?;
        let views = state.all_tombstones(&self.log_store);
        let found =
            views.map_ok(|view| (view.path().into_owned(), view.deletion_timestamp().unwrap_or(0)));
        Ok(found.try_collect().await?)
    }

    async fn abort_uploads(&self, is_old: impl Fn(i64) -> bool) -> Result<u64, LogError> {
        let Some(bucket) = &self.store.bucket else {
            return Ok(0);
        };
        let open = bucket
            .open_uploads(&self.location.prefix)
            .await
            .map_err(|error| LogError::Read(format!("could not list open uploads: {error}")))?;
        let mut count = 0;
        for upload in open {
            if is_old(upload.initiated) {
                bucket.abort(&upload).await.map_err(|error| LogError::Read(error.to_string()))?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// The local file system's uploads: `name#1` beside the file to be.
    async fn remove_staged(&self, age: Duration) -> Result<u64, LogError> {
        let Ok(folder) = self.location.url.to_file_path() else {
            return Ok(0);
        };
        let removed = tokio::task::spawn_blocking(move || {
            let folders = [folder.join("_delta_log"), folder];
            folders.iter().map(|folder| remove_staged_in(folder, age)).sum()
        });
        Ok(removed.await.unwrap_or(0))
    }
}

fn remove_staged_in(folder: &std::path::Path, age: Duration) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let mut count = 0;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let staged =
            name.to_str().and_then(|name| name.rsplit_once('#')).is_some_and(|(file, number)| {
                (file.ends_with(".parquet") || file.ends_with(".json") || file.starts_with("_last"))
                    && !number.is_empty()
                    && number.bytes().all(|b| b.is_ascii_digit())
            });
        let modified = entry.metadata().and_then(|meta| meta.modified());
        let old = modified.is_ok_and(|time| time.elapsed().is_ok_and(|elapsed| elapsed >= age));
        if staged && old && std::fs::remove_file(entry.path()).is_ok() {
            count += 1;
        }
    }
    count
}
