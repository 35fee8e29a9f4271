//! `--verify`: whether the rows of data files can be read.

use std::path::Path;
use std::sync::Arc;

use super::error::ExportError;
use super::run::Run;
use crate::failure::{Failure, sentence};
use crate::log::newest::BrokenFile;
use crate::log::{CopyError, LogError, TableLog};
use crate::query::ReadError;
use crate::source::literal;

/// Reads every file, and returns those that cannot be read.
pub(super) async fn unreadable(
    run: &Arc<Run>,
    log: &TableLog,
    files: &[String],
) -> Result<Vec<BrokenFile>, ExportError> {
    let folder = tempfile::Builder::new().prefix("export-dbt-").tempdir();
    let unwritable = |path: &Path, source| LogError::Sync { path: path.to_owned(), source };
    let folder = folder.map_err(|error| unwritable(&std::env::temp_dir(), error))?;
    let place = folder.path().join("file.parquet");
    let mut broken = Vec::new();
    // A clone's files lie elsewhere.
    for path in files.iter().filter(|path| !path.contains("://")) {
        let _step = common::verbose::step(format!("verifying {path}"));
        match run.unless_stopped(log.copy(path, &place)).await? {
            Ok(()) if is_readable(run, &place).await? => {}
            Ok(()) | Err(CopyError::Missing) => broken.push(BrokenFile::unreadable(path)),
            Err(CopyError::Store(error)) => return Err(LogError::Store(error).into()),
            Err(CopyError::Write(error)) => return Err(unwritable(&place, error).into()),
        }
        let _ = std::fs::remove_file(&place);
    }
    Ok(broken)
}

/// Whether DuckDB can read every value of a file.
async fn is_readable(run: &Arc<Run>, place: &Path) -> Result<bool, ExportError> {
    let (connection, run) = (run.connect()?, Arc::clone(run));
    let file = literal(&place.to_string_lossy());
    let sql = format!("SELECT max(hash(f)) IS NULL FROM read_parquet({file}) f");
    let read = tokio::task::spawn_blocking(move || {
        let _guard = run.cancel.interrupts(&connection);
        if run.cancel.is_set() {
            return Err(ExportError::Interrupted);
        }
        match connection.query_row(&sql, [], |row| row.get::<_, bool>(0)) {
            Ok(_) => Ok(true),
            Err(_) if run.cancel.is_set() => Err(ExportError::Interrupted),
            Err(error) if Failure::of(&error) == Failure::Memory => {
                Err(ReadError::Memory(sentence(&error)).into())
            }
            Err(_) => Ok(false),
        }
    });
    read.await.map_err(|_| ExportError::Panic)?
}
