//! Data files of a table as files that DuckDB can open.

use std::fs::File;
use std::io::Write;
use std::path::Path as FilePath;

use futures::StreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;

use super::table::TableLog;

/// Why a data file is not at hand.
#[derive(Debug)]
pub(crate) enum CopyError {
    Missing,
    Store(object_store::Error),
    /// The copy cannot be written.
    Write(std::io::Error),
}

impl From<object_store::Error> for CopyError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Missing,
            other => Self::Store(other),
        }
    }
}

impl TableLog {
    /// Makes a data file available under a plain name: a link to a local one, a copy of another.
    pub(crate) async fn copy(&self, path: &str, to: &FilePath) -> Result<(), CopyError> {
        if let Ok(folder) = self.location.url.to_file_path() {
            let from = folder.join(path);
            if !from.is_file() {
                return Err(CopyError::Missing);
            }
            return std::os::unix::fs::symlink(from, to).map_err(CopyError::Write);
        }
        let object = Path::parse(path).unwrap_or_else(|_| Path::from(path));
        let mut stream = self.objects.get(&object).await?.into_stream();
        let mut file = File::create(to).map_err(CopyError::Write)?;
        while let Some(bytes) = stream.next().await {
            file.write_all(&bytes?).map_err(CopyError::Write)?;
        }
        Ok(())
    }
}
