//! The newest commit of a table, read without the rest of its log: an unchanged table costs one listing of the
//! log, one commit, and one listing of its files.

use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use serde::Deserialize;

use super::actions::{CommitInfo, ENGINE_PREFIX};
use super::names::{commit_path, version_of};
use super::table::{LogError, TableLog};

/// Entries of one page of a listing in S3.
const PAGE: usize = 1000;

/// Commits of other writers that are looked through for the newest one of this tool.
const LOOK_BACK: u64 = 10;

/// The versions in a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Versions {
    /// The newest commit or checkpoint; none where there is no table.
    pub(crate) newest: Option<u64>,
    pub(crate) checkpoint: Option<u64>,
}

/// The newest commit, when this tool wrote it.
#[derive(Debug)]
pub(crate) struct Newest {
    pub(crate) version: u64,
    pub(crate) info: CommitInfo,
    /// The table's files with their sizes: every commit of this tool replaces all.
    pub(crate) files: Vec<(String, u64)>,
}

/// The parts of a commit's line that matter here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Line {
    commit_info: Option<CommitInfo>,
    add: Option<File>,
    remove: Option<File>,
    meta_data: Option<serde::de::IgnoredAny>,
    protocol: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    path: String,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    data_change: bool,
}

/// The hint that names a checkpoint.
#[derive(Debug, Deserialize)]
struct Hint {
    version: u64,
}

impl TableLog {
    /// Lists the log. A long one is listed from its last checkpoint on.
    pub(crate) async fn versions(&self) -> Result<Versions, LogError> {
        let folder = Path::from("_delta_log");
        let listed = self.objects.list(Some(&folder));
        let page: Vec<ObjectMeta> = listed.take(PAGE).try_collect().await?;
        if page.len() == PAGE
            && let Some(hint) = self.hint().await?
        {
            let offset = Path::from(format!("_delta_log/{:020}", hint.version));
            let listed = self.objects.list_with_offset(Some(&folder), &offset);
            let found = Versions::of(&listed.try_collect::<Vec<_>>().await?);
            if found.checkpoint.is_some() {
                return Ok(found);
            }
        }
        if page.len() < PAGE {
            return Ok(Versions::of(&page));
        }
        let all: Vec<ObjectMeta> = self.objects.list(Some(&folder)).try_collect().await?;
        Ok(Versions::of(&all))
    }

    async fn hint(&self) -> Result<Option<Hint>, LogError> {
        match self.objects.get(&Path::from("_delta_log/_last_checkpoint")).await {
            Ok(found) => Ok(serde_json::from_slice(&found.bytes().await?).ok()),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The newest commit; none when another writer made it, or its file is gone.
    pub(crate) async fn newest(&self, versions: Versions) -> Result<Option<Newest>, LogError> {
        let Some(version) = versions.newest else { return Ok(None) };
        let Some(lines) = self.lines(version).await? else { return Ok(None) };
        let mut newest = None;
        let mut files = Vec::new();
        for line in lines {
            newest = newest.or(line.commit_info);
            files.extend(line.add.map(|add| (add.path, add.size.unwrap_or(0))));
        }
        let info: Option<CommitInfo> = newest;
        Ok(info.filter(is_own).map(|info| Newest { version, info, files }))
    }

    /// The info of this tool's newest commit, when nothing that came after it changed a row, a column or a
    /// property: others may have compacted or cleaned the table.
    pub(super) async fn info_below(&self, version: u64) -> Result<Option<CommitInfo>, LogError> {
        let mut info = None;
        for version in (0..=version).rev().take(LOOK_BACK as usize) {
            let Some(lines) = self.lines(version).await? else { break };
            let changes = |file: &Option<File>| file.as_ref().is_some_and(|f| f.data_change);
            let changed = lines.iter().any(|line| {
                changes(&line.add)
                    || changes(&line.remove)
                    || line.meta_data.is_some()
                    || line.protocol.is_some()
            });
            info = lines.into_iter().find_map(|line| line.commit_info).filter(is_own);
            if info.is_some() || changed {
                break;
            }
        }
        Ok(info)
    }

    async fn lines(&self, version: u64) -> Result<Option<Vec<Line>>, LogError> {
        let bytes = match self.objects.get(&commit_path(version)).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        Ok(lines.map(|line| serde_json::from_slice(line).ok()).collect())
    }

    /// Every file of the table outside its log, with one request for each partition or other folder and one for
    /// the rest.
    pub(crate) async fn data_objects(&self) -> Result<Vec<ObjectMeta>, LogError> {
        let listed = self.objects.list_with_delimiter(None).await?;
        let mut objects = listed.objects;
        for folder in listed.common_prefixes {
            if folder.filename().is_some_and(|name| !name.starts_with('_')) {
                objects.extend(self.objects.list(Some(&folder)).try_collect::<Vec<_>>().await?);
            }
        }
        Ok(objects)
    }

    /// Why a log cannot be read, where that is plain.
    pub(super) async fn diagnose(&self, error: LogError) -> LogError {
        let folder = Path::from("_delta_log");
        let listed: Result<Vec<ObjectMeta>, _> =
            self.objects.list(Some(&folder)).try_collect().await;
        let (Ok(listed), Ok(hint)) = (listed, self.hint().await) else { return error };
        let names = || listed.iter().filter_map(|meta| meta.location.filename());
        let checkpoints = || names().filter(|n| n.contains(".checkpoint")).filter_map(version_of);
        if let Some(Hint { version }) = hint
            && !checkpoints().any(|found| found == version)
        {
            return LogError::Hint { version };
        }
        let from = checkpoints().max();
        let mut commits: Vec<u64> = names()
            .filter(|name| !name.contains(".checkpoint"))
            .filter_map(version_of)
            .filter(|version| from.is_none_or(|from| *version > from))
            .collect();
        commits.sort_unstable();
        let expected = from.map_or(0, |from| from + 1)..;
        let gap = expected.zip(commits).find(|(expected, found)| expected != found);
        gap.map_or(error, |(version, _)| LogError::Gap { version })
    }
}

fn is_own(info: &CommitInfo) -> bool {
    info.engine_info.as_deref().is_some_and(|engine| engine.starts_with(ENGINE_PREFIX))
}

impl Versions {
    fn of(listed: &[ObjectMeta]) -> Self {
        let names = || listed.iter().filter_map(|meta| meta.location.filename());
        let checkpoints = names()
            .filter(|name| name.contains(".checkpoint") && name.ends_with(".parquet"))
            .filter_map(version_of);
        Self { newest: names().filter_map(version_of).max(), checkpoint: checkpoints.max() }
    }
}

/// The files of a table that are not there as the log has them: their paths, with what is wrong.
pub(crate) fn broken<'a>(
    files: impl IntoIterator<Item = (&'a str, u64)>,
    objects: &[ObjectMeta],
) -> Vec<String> {
    let sizes: std::collections::HashMap<&str, u64> =
        objects.iter().map(|object| (object.location.as_ref(), object.size)).collect();
    let fault = |(path, size): (&str, u64)| match sizes.get(path) {
        // A clone's files lie elsewhere.
        _ if path.contains("://") => None,
        None => Some(format!("{path} is missing")),
        Some(found) if *found != size => {
            Some(format!("{path} has {found} bytes instead of {size}"))
        }
        Some(_) => None,
    };
    files.into_iter().filter_map(fault).collect()
}
