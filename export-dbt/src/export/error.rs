//! Why a table was not exported.

use crate::catalog::CatalogError;
use crate::guard::{Checked, Unfit};
use crate::log::LogError;
use crate::owner::Foreign;
use crate::partition;
use crate::problem::{Advice, Problem};
use crate::query::ReadError;
use crate::stats::Unstorable;
use crate::trino::TrinoError;
use crate::upload::UploadError;

/// A failure of one table; the others go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    #[error("interrupted before its commit; the old version stands")]
    Interrupted,
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error("{}", .0.join("; "))]
    Names(Vec<String>),
    #[error(transparent)]
    Partition(#[from] partition::Unfit),
    #[error("a file cannot have the name {0}")]
    Path(String),
    #[error(transparent)]
    Foreign(#[from] Foreign),
    /// Nothing is wrong with the run: a guard keeps the last version.
    #[error(transparent)]
    Held(#[from] Unfit),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("{}", joined(.0))]
    Values(Vec<Unstorable>),
    #[error("cannot encode the rows")]
    Encode(#[from] parquet::errors::ParquetError),
    #[error(transparent)]
    Upload(#[from] UploadError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("version {version} is exported, but not registered in Trino: {source}")]
    Register { version: u64, source: TrinoError },
    #[error("a thread of the export panicked: this is a bug")]
    Panic,
}

impl Problem for ExportError {
    fn advice(&self) -> Advice {
        match self {
            Self::Interrupted => ("interrupted", ""),
            Self::Catalog(error) => error.advice(),
            Self::Names(_) => ("bad-name", ""),
            Self::Partition(error) => error.advice(),
            Self::Path(_) => ("bad-name", ""),
            Self::Foreign(error) => error.advice(),
            Self::Held(error) => error.advice(),
            Self::Read(ReadError::Column { .. }) | Self::Values(_) => ("bad-value", ""),
            Self::Read(ReadError::Memory(_)) => ("memory-limit", "raise --memory-limit"),
            Self::Read(_) => ("query", ""),
            Self::Encode(_) => ("encode", ""),
            Self::Upload(error) if error.is_full() => {
                ("disk-full", "free some space at the target, and run again")
            }
            Self::Upload(_) => ("store", ""),
            Self::Log(error) => error.advice(),
            Self::Register { source, .. } => source.advice(),
            Self::Panic => ("bug", ""),
        }
    }
}

impl From<Checked> for ExportError {
    fn from(checked: Checked) -> Self {
        match checked {
            Checked::Unfit(unfit) => Self::Held(unfit),
            Checked::Read(error) => Self::Read(error),
        }
    }
}

impl ExportError {
    /// Whether reading fewer rows at a time may help.
    pub(crate) fn is_memory(&self) -> bool {
        matches!(self, Self::Read(ReadError::Memory(_)))
    }

    /// Whether the object store could not be reached.
    pub(crate) fn is_unreachable(&self) -> bool {
        let error = match self {
            // A folder is always reached.
            ExportError::Upload(error) if error.is_local() => return false,
            ExportError::Upload(UploadError::Store { source, .. }) => source,
            ExportError::Log(LogError::Store(source) | LogError::Unknown { source, .. }) => source,
            _ => return false,
        };
        matches!(error, object_store::Error::Generic { .. })
    }
}

fn joined(faults: &[Unstorable]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
