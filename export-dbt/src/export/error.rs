//! Why a table was not exported.

use crate::catalog::CatalogError;
use crate::log::LogError;
use crate::problem::{Advice, Problem};
use crate::query::ReadError;
use crate::stats::Unstorable;
use crate::trino::TrinoError;
use crate::upload::UploadError;

/// A failure of one table; the others go on.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The run was stopped.
    #[error("interrupted before its commit; the old version stands")]
    Interrupted,
    /// DuckDB's catalog.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Names that Delta or its readers cannot have.
    #[error("{}", .0.join("; "))]
    Names(Vec<String>),
    /// A value or a query.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Values without a form in Delta.
    #[error("{}", joined(.0))]
    Values(Vec<Unstorable>),
    /// Parquet.
    #[error("could not encode the rows")]
    Encode(#[from] parquet::errors::ParquetError),
    /// The object store, on a file.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// The table's log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The table is exported, but Trino does not know.
    #[error("version {version} is exported, but Trino was not told: {source}")]
    Register {
        /// The committed version.
        version: u64,
        /// What Trino said.
        source: TrinoError,
    },
    /// A thread ended early.
    #[error("a thread of the export panicked: this is a bug")]
    Panic,
}

impl Problem for ExportError {
    fn advice(&self) -> Advice {
        match self {
            Self::Interrupted => ("interrupted", ""),
            Self::Catalog(error) => error.advice(),
            Self::Names(_) => ("bad-name", ""),
            Self::Read(ReadError::Column { .. }) | Self::Values(_) => ("bad-value", ""),
            Self::Read(_) => ("query", ""),
            Self::Encode(_) => ("encode", ""),
            Self::Upload(_) => ("store", ""),
            Self::Log(error) => error.advice(),
            Self::Register { source, .. } => source.advice(),
            Self::Panic => ("bug", ""),
        }
    }
}

impl ExportError {
    /// Whether the object store could not be reached.
    pub fn is_unreachable(&self) -> bool {
        let error = match self {
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
