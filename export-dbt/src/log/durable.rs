//! Makes files in a folder survive a power cut; an object store does that by itself.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path as FilePath, PathBuf};

use object_store::path::Path;

use super::names::commit_path;
use super::table::{LogError, TableLog};

impl TableLog {
    /// Waits until these files of the table, and their names in its folders, are on disk. A
    /// commit comes after this for its files, and before this for itself.
    pub(crate) async fn persist(&self, paths: Vec<Path>) -> Result<(), LogError> {
        // Without a file, a new table has no folder yet.
        let Some(table) = self.folder().filter(|_| !paths.is_empty()) else { return Ok(()) };
        let synced = tokio::task::spawn_blocking(move || persist(&table, &paths));
        match synced.await {
            Ok(synced) => synced.map_err(|(path, source)| LogError::Sync { path, source }),
            Err(ended) => Err(LogError::Read(ended.to_string())),
        }
    }

    /// [`TableLog::persist`], for a commit.
    pub(crate) async fn persist_commit(&self, version: u64) -> Result<(), LogError> {
        self.persist(vec![commit_path(version)]).await
    }

    /// The table's folder, unless it is in an object store.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        let location = &self.location;
        location.bucket.is_none().then(|| location.url.to_file_path().ok())?
    }
}

fn persist(table: &FilePath, paths: &[Path]) -> Result<(), (PathBuf, io::Error)> {
    let sync = |path: &FilePath| {
        let synced = File::open(path).and_then(|file| file.sync_all());
        synced.map_err(|error| (path.to_path_buf(), error))
    };
    // The table's folder may be new, and so is then its name in the layer's, and that one's.
    let mut folders: BTreeSet<&FilePath> = table.ancestors().take(3).collect();
    let files: Vec<PathBuf> = paths.iter().map(|path| table.join(path.as_ref())).collect();
    for file in &files {
        sync(file)?;
        // Of a new partition, every folder up to the table's is new.
        folders.extend(file.ancestors().skip(1).take_while(|folder| *folder != table));
    }
    folders.into_iter().rev().try_for_each(sync)
}
