//! The newest commit of a table, read without the rest of its log: an unchanged table costs the log's hint, one
//! listing of log and files, and one commit.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use serde::Deserialize;

use super::actions::{CommitInfo, ENGINE_PREFIX};
use super::names::{commit_path, version_of};
use super::table::{LogError, TableLog};
use crate::partition::object_path;

/// Commits of other writers that are looked through for the newest one of this tool.
const LOOK_BACK: u64 = 10;

/// The versions in a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Versions {
    /// The newest commit or checkpoint; none where there is no table.
    pub(crate) newest: Option<u64>,
    pub(crate) checkpoint: Option<u64>,
    /// Whether readers find every version since the checkpoint, and the checkpoint that the log's hint names.
    is_whole: bool,
}

/// The newest commit, when this tool wrote it.
#[derive(Debug)]
pub(crate) struct Newest {
    pub(crate) version: u64,
    pub(crate) info: CommitInfo,
    /// The table's files with their sizes, by their paths in the store.
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
#[serde(rename_all = "camelCase")]
struct Hint {
    version: u64,
    #[serde(default)]
    size_in_bytes: Option<u64>,
}

impl Hint {
    /// Whether a file of the log is the hint's checkpoint, cut short or overwritten.
    fn is_damaged(&self, file: &ObjectMeta) -> bool {
        let whole = self.size_in_bytes.unwrap_or(file.size);
        // One of several parts has the size of none.
        let name = format!("{:020}.checkpoint.parquet", self.version);
        file.location.filename() == Some(&name) && file.size != whole
    }
}

impl TableLog {
    /// The versions in the log.
    pub(crate) async fn versions(&self) -> Result<Versions, LogError> {
        Ok(self.survey().await?.versions)
    }

    /// Whether the log has a version: one page of its listing at the most for a table.
    pub(crate) async fn has_versions(&self) -> Result<bool, LogError> {
        let folder = Path::from("_delta_log");
        let mut listed = self.objects.list(Some(&folder));
        while let Some(object) = listed.try_next().await? {
            if object.location.filename().and_then(version_of).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Lists log and files at once, without the log entries before its last checkpoint.
    pub(crate) async fn survey(&self) -> Result<Survey, LogError> {
        let hint = self.hint().await?;
        if let Some(hint) = &hint {
            let offset = Path::from(format!("_delta_log/{:020}", hint.version));
            let listed: Vec<_> = self.objects.list_with_offset(None, &offset).try_collect().await?;
            let is_damaged = listed.iter().any(|file| hint.is_damaged(file));
            let mut survey = Survey::of(listed, true);
            survey.versions.is_whole &= !is_damaged;
            if survey.versions.checkpoint.is_some() {
                return Ok(survey);
            }
        }
        let listed = self.objects.list(None).try_collect().await?;
        let mut survey = Survey::of(listed, false);
        // A hint that names no checkpoint misleads readers.
        survey.versions.is_whole &= hint.is_none();
        Ok(survey)
    }

    async fn hint(&self) -> Result<Option<Hint>, LogError> {
        match self.objects.get(&Path::from("_delta_log/_last_checkpoint")).await {
            Ok(found) => Ok(serde_json::from_slice(&found.bytes().await?).ok()),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The newest commit; none when another writer made it, its file is gone, or the log may not be readable.
    pub(crate) async fn newest(&self, versions: Versions) -> Result<Option<Newest>, LogError> {
        let Some(version) = versions.newest.filter(|_| versions.is_whole) else { return Ok(None) };
        let Some(lines) = self.lines(version).await? else { return Ok(None) };
        let mut newest: Option<CommitInfo> = None;
        let mut files = Vec::new();
        for line in lines {
            newest = newest.or(line.commit_info);
            files.extend(line.add.map(|add| (add.path, add.size.unwrap_or(0))));
        }
        let Some(info) = newest.filter(is_own) else { return Ok(None) };
        // A version without parts is an older release's, which replaced all files with each commit.
        if let Some(parts) = &info.table_parts {
            let all = parts.iter().flat_map(|part| &part.files);
            files = all.map(|(path, file)| (object_path(path), file.size)).collect();
        }
        Ok(Some(Newest { version, info, files }))
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

    /// Every file of the table outside its log: one request for a table without folders, one more for those whose
    /// names come after the log's, and one for each of the others.
    pub(crate) async fn data_objects(&self) -> Result<Vec<ObjectMeta>, LogError> {
        let listed = self.objects.list_with_delimiter(None).await?;
        let mut objects = listed.objects;
        let is_data = |folder: &Path| folder.filename().is_some_and(|name| !is_hidden_folder(name));
        let folders = listed.common_prefixes.into_iter().filter(is_data);
        let (early, late): (Vec<_>, Vec<_>) = folders.partition(|f| f.as_ref() < AFTER_LOG);
        for folder in early {
            objects.extend(self.objects.list(Some(&folder)).try_collect::<Vec<_>>().await?);
        }
        if !late.is_empty() {
            let all = self.objects.list_with_offset(None, &Path::from(AFTER_LOG));
            let all: Vec<ObjectMeta> = all.try_collect().await?;
            let is_nested = |object: &ObjectMeta| object.location.as_ref().contains('/');
            objects.extend(all.into_iter().filter(|o| is_nested(o) && !is_hidden(&o.location)));
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
        if let Some(Hint { version, .. }) = hint
            && !checkpoints().any(|found| found == version)
        {
            return LogError::Hint { version };
        }
        let is_damaged = |file: &&ObjectMeta| {
            // An empty file of a version has no commit.
            let is_empty =
                file.size == 0 && file.location.filename().and_then(version_of).is_some();
            is_empty || hint.as_ref().is_some_and(|hint| hint.is_damaged(file))
        };
        if let Some(ObjectMeta { location, size, .. }) = listed.iter().find(is_damaged) {
            return LogError::Damaged { file: location.to_string(), found: *size };
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

/// A path between those of the log and those after it.
const AFTER_LOG: &str = "_delta_log0";

/// Whether a path is in the log or another folder that readers pass over.
fn is_hidden(path: &Path) -> bool {
    path.as_ref().split_once('/').is_some_and(|(folder, _)| is_hidden_folder(folder))
}

/// Whether a folder of a table is the log or another one that readers pass over. A partition's is not, though its
/// column may begin with `_`.
fn is_hidden_folder(name: &str) -> bool {
    name.starts_with('_') && !name.contains('=')
}

/// A listing of a table.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    pub(crate) versions: Versions,
    objects: Vec<ObjectMeta>,
    /// Whether files whose names come before the log's may be missing.
    is_cut: bool,
}

impl Survey {
    fn of(listed: Vec<ObjectMeta>, is_cut: bool) -> Self {
        let (hidden, objects): (Vec<_>, Vec<_>) =
            listed.into_iter().partition(|object| is_hidden(&object.location));
        Self { versions: Versions::of(&hidden), objects, is_cut }
    }

    /// The files outside of the log, when all of `files` are among them if they are there.
    pub(crate) fn objects(&self, files: &[(String, u64)]) -> Option<Vec<ObjectMeta>> {
        let is_early = |(path, _): &(String, u64)| path.as_str() < AFTER_LOG;
        let is_whole = !self.is_cut || !files.iter().any(is_early);
        is_whole.then(|| self.objects.clone())
    }
}

impl Versions {
    fn of(listed: &[ObjectMeta]) -> Self {
        let in_log = |path: &Path| path.as_ref().strip_prefix("_delta_log/").map(str::to_owned);
        let names: Vec<String> = listed.iter().filter_map(|meta| in_log(&meta.location)).collect();
        let checkpoints = names
            .iter()
            .filter(|name| name.contains(".checkpoint") && name.ends_with(".parquet"))
            .filter_map(|name| version_of(name));
        let newest = names.iter().filter_map(|name| version_of(name)).max();
        let checkpoint = checkpoints.max();
        let commits = names.iter().filter(|name| name.ends_with(".json"));
        let since: BTreeSet<u64> = commits
            .filter_map(|name| version_of(name))
            .filter(|version| checkpoint.is_none_or(|checkpoint| *version > checkpoint))
            .collect();
        let first = checkpoint.map_or(0, |checkpoint| checkpoint + 1);
        let is_whole = newest.is_none_or(|newest| (first..=newest).all(|v| since.contains(&v)));
        Self { newest, checkpoint, is_whole }
    }
}

/// A file that is not there as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BrokenFile {
    pub(crate) path: String,
    fault: Fault,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    Missing,
    /// Another size than that in the log.
    Size {
        logged: u64,
        found: u64,
    },
    /// The right size, and another digest.
    Altered,
}

impl BrokenFile {
    pub(crate) fn missing(path: String) -> Self {
        Self { path, fault: Fault::Missing }
    }

    /// A file with other bytes than those that were uploaded.
    pub(crate) fn altered(path: String) -> Self {
        Self { path, fault: Fault::Altered }
    }
}

impl std::fmt::Display for BrokenFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, fault } = self;
        match fault {
            Fault::Missing => write!(f, "{path} is missing"),
            Fault::Size { logged, found } => {
                write!(f, "{path} has {found} bytes instead of {logged}")
            }
            Fault::Altered => write!(f, "{path} has other bytes than were uploaded"),
        }
    }
}

/// The files of a table that are not there as the log has them.
pub(crate) fn broken<'a>(
    files: impl IntoIterator<Item = (&'a str, u64)>,
    objects: &[ObjectMeta],
) -> Vec<BrokenFile> {
    let sizes: std::collections::HashMap<&str, u64> =
        objects.iter().map(|object| (object.location.as_ref(), object.size)).collect();
    let fault = |(path, logged): (&str, u64)| {
        let fault = match sizes.get(path).copied() {
            // A clone's files lie elsewhere.
            _ if path.contains("://") => return None,
            Some(found) if found == logged => return None,
            Some(found) => Fault::Size { logged, found },
            None => Fault::Missing,
        };
        Some(BrokenFile { path: path.to_owned(), fault })
    };
    files.into_iter().filter_map(fault).collect()
}
