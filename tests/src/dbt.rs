//! The platform's dbt project, built by real dbt.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::run::run;
use crate::{peers, root};

/// dbt's artifacts of the project in `tests/dbt`.
#[derive(Clone, Debug)]
pub struct Project {
    /// The DuckDB file.
    pub database: PathBuf,
    /// dbt's `manifest.json`.
    pub manifest: PathBuf,
}

/// The project, built once in a test process; `None` when dbt is not installed (see [`peers::find`]).
///
/// # Panics
/// dbt fails.
pub fn project() -> Option<Project> {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    peers::find("PEER_DBT")?;
    let folder = FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().expect("a temporary folder");
            run(Command::new(root().join("scripts/dbt-database")).arg(folder.path())).expect(0);
            folder
        })
        .path();
    Some(Project {
        database: folder.join("rideshare.duckdb"),
        manifest: folder.join("target/manifest.json"),
    })
}
