//! One table's log, and why it may fail.

use std::sync::Arc;

use deltalake::DeltaTableError;
use deltalake::logstore::{LogStoreRef, StorageConfig, default_logstore};
use object_store::ObjectStore;
use object_store::prefix::PrefixStore;

use super::protocol::ProtocolError;
use crate::problem::{Advice, Problem};
use crate::store::Store;
use crate::target::Location;

/// The log of one table, which need not exist yet.
#[derive(Clone)]
pub struct TableLog {
    pub(super) location: Location,
    pub(super) store: Store,
    /// Paths relative to the table.
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) log_store: LogStoreRef,
}

impl std::fmt::Debug for TableLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableLog")
            .field("location", &self.location.url.as_str())
            .finish_non_exhaustive()
    }
}

/// Why a table's log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log is there but cannot be understood.
    #[error("could not read the table's log: {0}")]
    Read(String),
    /// The object store failed.
    #[error("could not reach the table's log")]
    Store(#[from] object_store::Error),
    /// The table is not one that may be overwritten.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// A commit could not be made into JSON.
    #[error("could not write a commit")]
    Json(#[from] serde_json::Error),
    /// The commit may or may not have happened.
    #[error(
        "it is not known whether version {version} was committed; the files of this run are kept"
    )]
    Unknown {
        /// The version.
        version: u64,
        /// The last answer.
        source: object_store::Error,
    },
    /// A file may not survive a power cut.
    #[error("could not write {path} to the disk")]
    Sync {
        /// The file or folder.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Other writers were always faster.
    #[error("{attempts} other commits came first")]
    Contention {
        /// How often.
        attempts: u32,
    },
}

impl Problem for LogError {
    fn advice(&self) -> Advice {
        match self {
            Self::Read(_) => ("bad-log", ""),
            Self::Store(_) => ("store", ""),
            Self::Protocol(error) => error.advice(),
            Self::Json(_) => ("commit", ""),
            Self::Unknown { .. } => ("unknown-outcome", "run again; the next run finds out"),
            Self::Sync { .. } => ("not-durable", ""),
            Self::Contention { .. } => ("conflict", "run fewer exporters of one table at a time"),
        }
    }
}

impl From<DeltaTableError> for LogError {
    fn from(error: DeltaTableError) -> Self {
        match error {
            DeltaTableError::ObjectStore { source } => LogError::Store(source),
            other => LogError::Read(other.to_string()),
        }
    }
}

impl TableLog {
    /// The log of the table at a location.
    pub fn new(location: &Location, store: &Store) -> Self {
        let root = Arc::clone(&store.objects);
        let objects: Arc<dyn ObjectStore> =
            Arc::new(PrefixStore::new(Arc::clone(&root), location.prefix.clone()));
        let log_store =
            default_logstore(Arc::clone(&objects), root, &location.url, &StorageConfig::default());
        Self { location: location.clone(), store: store.clone(), objects, log_store }
    }

    /// The table's objects, by paths relative to the table.
    pub fn objects(&self) -> &Arc<dyn ObjectStore> {
        &self.objects
    }

    /// Where the table is.
    pub fn location(&self) -> &Location {
        &self.location
    }
}
