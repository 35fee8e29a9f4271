//! Why Trino was of no help.

use crate::problem::{Advice, Problem};

/// Why a statement did not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrinoError {
    #[error("the Trino URL {0:?} is not http:// or https://")]
    Url(String),
    #[error("a Trino password needs https, and {0} is http")]
    PlainPassword(String),
    #[error("cannot reach Trino at {url}: {detail}")]
    Unreachable { url: String, detail: String },
    #[error("Trino at {0} does not accept the user and password")]
    Denied(String),
    #[error("Trino: {message} ({name})")]
    Query { name: String, message: String },
}

impl TrinoError {
    /// Whether the statement names a table that is not there.
    pub(crate) fn is_no_table(&self) -> bool {
        let absent = ["TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND"];
        matches!(self, Self::Query { name, .. } if absent.contains(&name.as_str()))
    }

    /// Whether Trino answers, and takes no statements yet.
    pub(super) fn is_starting(&self) -> bool {
        matches!(self, Self::Query { name, .. } if name == "SERVER_STARTING_UP")
    }
}

impl Problem for TrinoError {
    fn advice(&self) -> Advice {
        match self {
            Self::Url(_) => ("bad-url", "write it like https://trino:8443"),
            Self::PlainPassword(_) => {
                ("plain-password", "use the coordinator's https port, or unset TRINO_PASSWORD")
            }
            Self::Unreachable { .. } => ("unreachable", "check --register and the network"),
            Self::Denied(_) => ("credentials", "check TRINO_USER and TRINO_PASSWORD"),
            Self::Query { name, .. } => match name.as_str() {
                "PERMISSION_DENIED" => {
                    ("trino", "set delta.register-table-procedure.enabled=true in the catalog")
                }
                "CATALOG_NOT_FOUND" => ("trino", "name the Delta catalog with --trino-catalog"),
                _ => ("trino", ""),
            },
        }
    }
}
