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
pub(crate) struct TableLog {
    pub(crate) location: Location,
    pub(super) store: Store,
    /// Paths relative to the table.
    pub(crate) objects: Arc<dyn ObjectStore>,
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
pub(crate) enum LogError {
    #[error("cannot read the table's log: {0}")]
    Read(String),
    #[error("cannot reach the table's log")]
    Store(#[from] object_store::Error),
    #[error("the log's _last_checkpoint names version {version}, which has no checkpoint")]
    Hint { version: u64 },
    #[error("the log lacks version {version}, and a newer one is there")]
    Gap { version: u64 },
    #[error("the log's file {file} is damaged: it has {found} bytes")]
    Damaged { file: String, found: u64 },
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    #[error("cannot write a commit")]
    Json(#[from] serde_json::Error),
    #[error(
        "it is not known whether version {version} was committed; the files of this run are kept"
    )]
    Unknown { version: u64, source: object_store::Error },
    #[error(
        "the run has ended before the store said whether the commit was made; its files are kept"
    )]
    Unanswered,
    #[error("the store does not know conditional writes (PUT with If-None-Match)")]
    Unconditional,
    #[error("cannot write {path} to the disk")]
    Sync { path: std::path::PathBuf, source: std::io::Error },
    /// Seen only by the export, which begins the table anew.
    #[error("another commit has replaced files that were to stay, or the table's owner")]
    Overtaken,
    #[error("{attempts} other commits came first")]
    Contention { attempts: u32 },
}

impl Problem for LogError {
    fn advice(&self) -> Advice {
        match self {
            Self::Read(_) => ("bad-log", ""),
            Self::Hint { .. } => (
                "bad-log",
                "delete _delta_log/_last_checkpoint: readers find the newest checkpoint without it",
            ),
            Self::Gap { .. } => (
                "bad-log",
                "restore the commit's file from a backup, or move the table's folder away and export again",
            ),
            Self::Damaged { .. } => (
                "bad-log",
                "restore it from a backup, or move the table's folder away and export again; a checkpoint whose commits \
                 are all there may be deleted, with _last_checkpoint",
            ),
            Self::Store(_) => ("store", ""),
            Self::Protocol(error) => error.advice(),
            Self::Json(_) => ("commit", ""),
            Self::Unconditional => (
                "no-conditional-put",
                "use a store that has them: AWS, MinIO since 2024-08, LocalStack 4, Ceph since Squid",
            ),
            Self::Unanswered | Self::Unknown { .. } => {
                ("unknown-outcome", "run again; the next run finds out")
            }
            Self::Sync { .. } => ("not-durable", ""),
            Self::Overtaken | Self::Contention { .. } => {
                ("conflict", "run fewer exporters of one table at a time")
            }
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
    pub(crate) fn new(location: &Location, store: &Store) -> Self {
        let root = Arc::clone(&store.objects);
        let objects: Arc<dyn ObjectStore> =
            Arc::new(PrefixStore::new(Arc::clone(&root), location.prefix.clone()));
        let log_store =
            default_logstore(Arc::clone(&objects), root, &location.url, &StorageConfig::default());
        Self { location: location.clone(), store: store.clone(), objects, log_store }
    }

    /// The log of a table in a folder of this location.
    pub(crate) fn below(&self, name: &str) -> Self {
        Self::new(&self.location.below(name), &self.store)
    }
}
