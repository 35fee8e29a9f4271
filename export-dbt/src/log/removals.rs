//! The files that commits took out, read from the commits themselves: a checkpoint forgets them.

use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::names::{commit_path, version_of};
use super::table::{LogError, TableLog};

/// Commits that are read at the same time: a log may have hundreds.
const READ_TOGETHER: usize = 16;

/// The part of a commit's line that matters here: Delta leaves the rest to each writer.
#[derive(Debug, Deserialize)]
struct Line {
    remove: Option<Removed>,
}

#[derive(Debug, Deserialize)]
struct Removed {
    path: String,
}

impl TableLog {
    /// The files that commits of these times took out, each with the time of the last such commit, as far as the log
    /// still has the commits; none when one of these cannot be read, so that any file may be among them.
    pub(super) async fn removed_by_commits(
        &self,
        is_wanted: impl Fn(i64) -> bool,
    ) -> Result<Option<HashMap<String, i64>>, LogError> {
        let folder = Path::from("_delta_log");
        let listed: Vec<ObjectMeta> = self.objects.list(Some(&folder)).try_collect().await?;
        let is_commit = |name: &&str| name.ends_with(".json");
        let commits = listed.iter().filter_map(|object| {
            let version = object.location.filename().filter(is_commit).and_then(version_of)?;
            Some((object.last_modified.timestamp_millis(), version))
        });
        let commits: Vec<(i64, u64)> = commits.filter(|(time, _)| is_wanted(*time)).collect();
        let read = stream::iter(commits).map(|(time, version)| async move {
            let paths = self.removals(version).await?;
            Ok::<_, LogError>(paths.map(|paths| (time, paths)))
        });
        let mut read = read.buffer_unordered(READ_TOGETHER);
        let mut removed = HashMap::new();
        while let Some(commit) = read.try_next().await? {
            let Some((time, paths)) = commit else { return Ok(None) };
            for path in paths {
                let last = removed.entry(path).or_insert(time);
                *last = time.max(*last);
            }
        }
        Ok(Some(removed))
    }

    /// The files that a commit took out; none when it is gone or a line of it is not as Delta has it.
    async fn removals(&self, version: u64) -> Result<Option<Vec<String>>, LogError> {
        match self.objects.get(&commit_path(version)).await {
            Ok(found) => Ok(removals(&found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn removals(commit: &[u8]) -> Option<Vec<String>> {
    let lines = commit.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let mut paths = Vec::new();
    for line in lines {
        let Line { remove } = serde_json::from_slice(line).ok()?;
        if let Some(Removed { path }) = remove {
            // A path in a log is a URI: Spark's folder of a time has escapes of a space and of an escaped colon.
            paths.push(percent_decode_str(&path).decode_utf8().ok()?.into_owned());
        }
    }
    Some(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removals_beside_lines_of_any_writer() {
        let commit = br#"{"commitInfo":{"engineInfo":"x"}}
{"remove":{"path":"at=2024-01-01%2000%253A00/a.parquet","deletionTimestamp":1}}

{"domainMetadata":{"domain":"x","configuration":"","removed":false}}
"#;
        assert_eq!(removals(commit), Some(vec!["at=2024-01-01 00%3A00/a.parquet".to_owned()]));
    }

    #[test]
    fn a_line_that_cannot_be_read_may_remove_any_file() {
        for line in ["no JSON", r#"{"remove":{"deletionTimestamp":1}}"#, "[]x"] {
            let commit = format!("{{\"remove\":{{\"path\":\"a\"}}}}\n{line}\n");
            assert_eq!(removals(commit.as_bytes()), None, "{line}");
        }
    }
}
