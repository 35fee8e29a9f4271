//! Reasons for which a table is not compared.

use super::side::of_target;
use crate::catalog::CatalogError;
use crate::log::LogError;
use crate::problem::{Advice, Problem};
use crate::store::StoreError;
use crate::target::TargetError;
use crate::trino::TrinoError;
use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::stop::Stop;

#[derive(Debug, thiserror::Error)]
pub(crate) enum CompareError {
    #[error("interrupted")]
    Interrupted,
    #[error("DuckDB: {0}")]
    Engine(String),
    #[error("the rows do not fit the memory limit: {0}")]
    Memory(String),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Object(#[from] object_store::Error),
    #[error("cannot keep rows in {folder}: {source}")]
    Folder { folder: String, source: std::io::Error },
    #[error(transparent)]
    Trino(#[from] TrinoError),
    #[error("the data file {0} is missing")]
    DataFile(String),
    #[error("{0}")]
    Unsupported(String),
    #[error("no column is on both sides with types that can be compared")]
    NoColumns,
    #[error("a tolerance needs a key, which says which rows belong together")]
    NoKey,
    #[error("column {column:?} is {ty}, which can have no such tolerance")]
    Tolerance { column: String, ty: String },
    #[error("there is no column {0:?} for the key on both sides")]
    Key(String),
}

impl CompareError {
    /// Whether another try may succeed: nothing is wrong with the table.
    pub(crate) fn is_unreachable(&self) -> bool {
        match self {
            Self::Trino(error) => matches!(error, TrinoError::Unreachable { .. }),
            Self::Log(LogError::Store(error)) | Self::Object(error) => !matches!(
                error,
                object_store::Error::NotFound { .. }
                    | object_store::Error::PermissionDenied { .. }
                    | object_store::Error::Unauthenticated { .. }
            ),
            Self::Interrupted => true,
            _ => false,
        }
    }
}

impl Problem for CompareError {
    fn advice(&self) -> Advice {
        match self {
            Self::Interrupted => ("interrupted", ""),
            Self::Engine(_) => ("query", ""),
            Self::Memory(_) => ("memory", "raise --memory-limit"),
            Self::Catalog(CatalogError::Missing(_)) => {
                ("no-database", "check the path of the side, or that of --attach")
            }
            Self::Catalog(CatalogError::Attach { .. }) => {
                ("bad-database", "name a file that DuckDB has written")
            }
            Self::Catalog(error) => error.advice(),
            Self::Target(error) => of_target(error),
            Self::Log(error) => error.advice(),
            Self::Store(error) => error.advice(),
            Self::Object(_) => ("store", ""),
            Self::Folder { .. } => ("temporary-folder", "point TMPDIR at a folder with more room"),
            Self::Trino(TrinoError::Unreachable { .. }) => {
                ("unreachable", "check the address and the network")
            }
            Self::Trino(TrinoError::Query { name, .. }) => match name.as_str() {
                "PERMISSION_DENIED" => ("trino", "allow the user to read the table"),
                "CATALOG_NOT_FOUND" => ("trino", "name the catalog as https://trino:8443/catalog"),
                _ => ("trino", ""),
            },
            Self::Trino(error) => error.advice(),
            Self::DataFile(_) => ("missing-file", "restore the file, or write the table again"),
            Self::Unsupported(_) => ("unsupported", "compare with Trino, which reads the table"),
            Self::NoColumns => ("no-columns", "compare tables of the same model"),
            Self::NoKey => ("no-key", "add --key, or a `unique` test to the model"),
            Self::Tolerance { .. } => {
                ("bad-tolerance", "a number or % for numbers, a duration for dates and times")
            }
            Self::Key(_) => ("unknown-key", "name columns of both sides with --key"),
        }
    }

    /// Of the AWS configuration, the report says more than the error.
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Store(error) => error.diagnostic(),
            other => other.explained(),
        }
    }
}

impl From<CompareError> for Stop {
    fn from(error: CompareError) -> Self {
        let status = if error.is_unreachable() { Status::Unfinished } else { Status::Bad };
        Stop::new(status, error.diagnostic())
    }
}
