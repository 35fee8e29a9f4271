//! The DuckDB that compares the rows, and the folder for rows that come from elsewhere.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use duckdb::Connection;
use tempfile::TempDir;

use super::error::CompareError;
use crate::cancel::Cancel;
use crate::failure::{Failure, sentence};

#[derive(Debug, Clone)]
pub(crate) struct Engine {
    connection: Arc<Mutex<Connection>>,
    pub(crate) cancel: Cancel,
    /// Only this user can read it, and it goes with the run.
    folder: Arc<TempDir>,
}

impl Engine {
    /// Around a connection, whose temporary tables are this run's.
    pub(crate) fn new(connection: Connection) -> Result<Self, CompareError> {
        let folder = tempfile::Builder::new().prefix("export-dbt-").tempdir();
        let folder = folder.map_err(|error| failed(&std::env::temp_dir(), error))?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
            cancel: Cancel::default(),
            folder: Arc::new(folder),
        })
    }

    /// An empty folder of that name.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, CompareError> {
        let path = self.folder.path().join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).map_err(|error| failed(&path, error))?;
        Ok(path)
    }

    /// Runs queries on a thread that may wait for them.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, CompareError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, CompareError> + Send + 'static,
    {
        let (connection, cancel) = (Arc::clone(&self.connection), self.cancel.clone());
        let stopped = cancel.clone();
        let done = tokio::task::spawn_blocking(move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let _guard = cancel.interrupts(&connection);
            if cancel.is_set() {
                return Err(CompareError::Interrupted);
            }
            work(&connection)
        });
        match done.await {
            Ok(Err(_)) | Err(_) if stopped.is_set() => Err(CompareError::Interrupted),
            Ok(result) => result,
            Err(_) => Err(CompareError::Engine("the query has ended in a panic".into())),
        }
    }
}

/// The error of a temporary file that cannot be created.
pub(crate) fn failed(path: &Path, source: std::io::Error) -> CompareError {
    CompareError::Folder { folder: path.display().to_string(), source }
}

impl From<duckdb::Error> for CompareError {
    fn from(error: duckdb::Error) -> Self {
        match Failure::of(&error) {
            Failure::Memory => Self::Memory(sentence(&error)),
            _ => Self::Engine(sentence(&error)),
        }
    }
}
