//! Removes what no version within the retention needs: files that commits took out, files and
//! uploads of killed runs.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};
use uuid::Uuid;

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

/// How long a checkpoint remembers a removal, unless the table says otherwise.
///
/// Source: the default of `delta.deletedFileRetentionDuration`.
const FORGOTTEN: Duration = Duration::from_secs(7 * 86_400);

/// The state of a table whose files are cleaned up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State<'a> {
    pub(crate) snapshot: &'a Snapshot,
    /// All files of a commit after the snapshot.
    pub(crate) replaced_by: Option<&'a [Path]>,
}

impl TableLog {
    /// Cleans up, and counts what it has removed. Called after a commit, or when there was nothing to commit; never
    /// before. `objects` is a listing that was made already.
    ///
    /// # Errors
    /// When the store fails; a later run removes the rest.
    pub(crate) async fn vacuum(
        &self,
        state: State<'_>,
        retention: Retention,
        objects: Option<Vec<ObjectMeta>>,
    ) -> Result<u64, LogError> {
        let State { snapshot, replaced_by } = state;
        let now = now_millis();
        let older = |since: i64, age: Duration| {
            i128::from(now) - i128::from(since) >= age.as_millis().min(i64::MAX as u128) as i128
        };
        let mut removed = self.tombstones(snapshot).await?;
        let files = snapshot.files.iter().map(|file| file.path.as_str());
        let active: HashSet<&str> = match replaced_by {
            None => files.collect(),
            Some(paths) => {
                let active: HashSet<&str> = paths.iter().map(|path| path.as_ref()).collect();
                let gone = files.filter(|path| !active.contains(path));
                removed.extend(gone.map(|path| (path.to_owned(), now)));
                active
            }
        };
        // The table's own retention, which others may have set, is kept where it is the longer one.
        let configuration = &snapshot.metadata.configuration;
        let property = configuration.get("delta.deletedFileRetentionDuration").cloned().flatten();
        let property = property.map(|text| interval(&text));
        let keep = property.unwrap_or_default().max(retention.removed);
        let orphan_age = retention.orphans.max(keep);

        let objects = match objects {
            Some(objects) => objects,
            None => self.data_objects().await?,
        };
        let (mut doomed, mut unnamed, mut foreign) = (Vec::new(), Vec::new(), Vec::new());
        for object in objects {
            let path = object.location.as_ref();
            if active.contains(path) {
                continue;
            }
            let written = object.last_modified.timestamp_millis();
            match removed.get(path) {
                Some(since) if older(*since, keep) => doomed.push(object.location),
                Some(_) => {}
                None if is_own_file(path) && older(written, orphan_age) => {
                    unnamed.push(object.location);
                }
                None if is_own_file(path) => {}
                // Another program has put it there, perhaps as a file of the table.
                None if path.ends_with(".parquet") && older(written, keep) => {
                    foreign.push(object.location);
                }
                None => {}
            }
        }
        // A checkpoint forgets a removal before the retention is over, where the table's property is the shorter one.
        let is_any = !unnamed.is_empty() || !foreign.is_empty();
        if is_any && property.unwrap_or(FORGOTTEN) < keep {
            let all = !foreign.is_empty();
            match self.removed_by_commits(|since| all || !older(since, keep)).await? {
                Some(commits) => {
                    let since = |path: &Path| commits.get(path.as_ref());
                    unnamed.retain(|path| since(path).is_none_or(|since| older(*since, keep)));
                    foreign.retain(|path| since(path).is_some_and(|since| older(*since, keep)));
                    doomed.append(&mut foreign);
                }
                // Any of them may have been removed a moment ago.
                None => unnamed.clear(),
            }
        }
        doomed.append(&mut unnamed);
        let files = self.delete(doomed).await?;
        Ok(files + self.clean_uploads(retention.orphans).await?)
    }

    /// Removes the uploads of killed runs that are at least this old, and counts them.
    pub(crate) async fn clean_uploads(&self, age: Duration) -> Result<u64, LogError> {
        let now = i128::from(now_millis());
        let is_old = |since: i64| now - i128::from(since) >= age.as_millis() as i128;
        match &self.store.bucket {
            Some(_) => self.abort_uploads(is_old).await,
            None => self.remove_staged(age).await,
        }
    }

    /// Deletes objects by their paths in the table; those that are gone already do not matter.
    pub(crate) async fn delete(&self, paths: Vec<Path>) -> Result<u64, LogError> {
        let count = paths.len() as u64;
        let all = stream::iter(paths.clone().into_iter().map(Ok)).boxed();
        let results = self.objects.delete_stream(all);
        let gone = results.filter_map(|result| async move {
            let is_gone = matches!(result, Err(object_store::Error::NotFound { .. }));
            (!is_gone).then_some(result)
        });
        gone.try_for_each(|_| async { Ok(()) }).await?;
        if let Some(table) = self.folder() {
            remove_partitions(&table, &paths);
        }
        Ok(count)
    }

    /// Drops the table: its log first, so that no reader sees a table without its files. Only files of the log,
    /// files that it names, and data files of this tool go; others in the folder stay.
    pub(crate) async fn drop_table(&self) -> Result<u64, LogError> {
        let Some(snapshot) = self.load().await? else { return Ok(0) };
        let mut named: HashSet<String> = self.tombstones(&snapshot).await?.into_keys().collect();
        named.extend(snapshot.files.iter().map(|file| file.path.clone()));
        let log: Vec<Path> = self.list(Some("_delta_log")).await?;
        let log = log.into_iter().filter(|path| path.filename().is_some_and(is_log_file)).collect();
        let mut count = self.delete(log).await?;
        let rest = self.list(None).await?;
        let is_ours = |path: &Path| named.contains(path.as_ref()) || is_own_file(path.as_ref());
        let (ours, theirs): (Vec<_>, Vec<_>) = rest.into_iter().partition(is_ours);
        count += self.delete(ours).await?;
        if let Some(table) = self.folder().filter(|_| theirs.is_empty()) {
            remove_empty(&table);
        }
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
            .map_err(|error| LogError::Read(format!("cannot list open uploads: {error}")))?;
        let mut count = 0;
        for upload in open {
            if is_old(upload.initiated) {
                bucket.abort(upload).await.map_err(|error| LogError::Read(error.to_string()))?;
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
            let log = remove_staged_in(&folder.join("_delta_log"), age);
            log + partition_folders(&folder)
                .iter()
                .map(|one| remove_staged_in(one, age))
                .sum::<u64>()
        });
        Ok(removed.await.unwrap_or(0))
    }
}

/// A duration of a table property, such as `interval 30 days`; one that cannot be read is endless, so that
/// nothing is removed too early.
///
/// Source: Spark's `CalendarInterval`, without months and years, which Delta refuses.
fn interval(text: &str) -> Duration {
    let text = text.trim().to_lowercase();
    let mut words = text.strip_prefix("interval").unwrap_or(&text).split_whitespace();
    let mut total = Duration::ZERO;
    while let Some(number) = words.next() {
        let seconds = words.next().and_then(|unit| match unit.trim_end_matches('s') {
            "week" => Some(604_800.0),
            "day" => Some(86_400.0),
            "hour" => Some(3_600.0),
            "minute" => Some(60.0),
            "second" => Some(1.0),
            "millisecond" => Some(1e-3),
            "microsecond" => Some(1e-6),
            _ => None,
        });
        let part = number.parse::<f64>().ok().zip(seconds);
        let part = part.and_then(|(number, unit)| Duration::try_from_secs_f64(number * unit).ok());
        let Some(part) = part else { return Duration::MAX };
        total = total.saturating_add(part);
    }
    if total.is_zero() && !text.contains('0') { Duration::MAX } else { total }
}

/// Removes the folders of partitions whose last files these were.
fn remove_partitions(table: &std::path::Path, files: &[Path]) {
    for file in files {
        let file = table.join(file.as_ref());
        let folders = file.ancestors().skip(1).take_while(|folder| *folder != table);
        // A folder that is not empty cannot be removed, nor can those above it.
        let _ = folders.map(std::fs::remove_dir).take_while(Result::is_ok).count();
    }
}

/// Removes a folder that holds nothing but empty folders.
fn remove_empty(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_empty(&entry.path());
        }
    }
    // A folder that is not empty cannot be removed, which is right.
    let _ = std::fs::remove_dir(folder);
}

/// Whether a file of `_delta_log` is the log's: commits, checkpoints, checksums, the hint.
fn is_log_file(name: &str) -> bool {
    let versioned = name.get(..20).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    let ends = [".json", ".parquet", ".crc"].iter().any(|end| name.ends_with(end));
    name == "_last_checkpoint" || (versioned && ends)
}

/// Whether a path is a data file's that this tool has written, at the top or in partitions: `part-`, a number, and the
/// id of a run. Other writers, whose names begin alike, have more between the id and the ending.
fn is_own_file(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let partitions = folders.is_empty() || folders.split('/').all(|folder| folder.contains('='));
    let stem = name.strip_prefix("part-").and_then(|name| name.strip_suffix(".zstd.parquet"));
    let parts = stem.and_then(|stem| stem.split_once('-'));
    partitions
        && parts.is_some_and(|(number, run)| {
            number.bytes().all(|b| b.is_ascii_digit()) && Uuid::try_parse(run).is_ok()
        })
}

/// The folder of a table and those of its partitions.
fn partition_folders(table: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut folders = vec![table.to_path_buf()];
    for entry in std::fs::read_dir(table).into_iter().flatten().flatten() {
        let is_partition = entry.file_name().to_string_lossy().contains('=');
        if is_partition && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            folders.extend(partition_folders(&entry.path()));
        }
    }
    folders
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_of_table_properties() {
        const DAY: u64 = 86_400;
        for (text, seconds) in [
            ("interval 30 days", 30 * DAY),
            ("interval 1 week", 7 * DAY),
            ("INTERVAL 1 day 12 hours", DAY + DAY / 2),
            ("interval 0 seconds", 0),
            ("2 days", 2 * DAY),
        ] {
            assert_eq!(interval(text), Duration::from_secs(seconds), "{text}");
        }
        for text in ["interval 1 month", "interval", "", "interval x days", "interval 5"] {
            assert_eq!(interval(text), Duration::MAX, "{text}");
        }
    }

    #[test]
    fn data_files_and_those_of_others() {
        const RUN: &str = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
        for folder in ["", "day=1/", "a=1/b=2/"] {
            let path = format!("{folder}part-00000-{RUN}.zstd.parquet");
            assert!(is_own_file(&path), "{path}");
        }
        for path in [
            "mine.parquet".to_owned(),
            "part-00000-x.zstd.parquet".to_owned(),
            format!("notes/part-00000-{RUN}.zstd.parquet"),
            format!("part-00000-{RUN}.snappy.parquet"),
            // Spark's, and delta-rs's.
            format!("part-00000-{RUN}.c000.zstd.parquet"),
            format!("part-00000-{RUN}-c000.zstd.parquet"),
        ] {
            assert!(!is_own_file(&path), "{path}");
        }
        assert!(is_log_file("00000000000000000010.checkpoint.parquet"));
        assert!(is_log_file("_last_checkpoint") && !is_log_file("notes.json"));
    }
}
