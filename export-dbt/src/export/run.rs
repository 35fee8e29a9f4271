//! What all tables of a run share.

use std::sync::Mutex;

use duckdb::Connection;

use crate::budget::Budget;
use crate::cancel::Cancel;
use crate::log::Retention;
use crate::manifest::Manifest;
use crate::progress::Progress;
use crate::source::Mapping;
use crate::trino::Trino;

/// The settings, the database and the services of a run.
#[derive(Debug)]
pub struct Run {
    /// The id that commits and files carry.
    pub id: String,
    /// The database.
    pub database: Mutex<Connection>,
    /// Types.
    pub mapping: Mapping,
    /// Memory.
    pub budget: Budget,
    /// Bytes after which a new file is started.
    pub file_size: u64,
    /// Export unchanged tables too.
    pub force: bool,
    /// Write nothing.
    pub dry_run: bool,
    /// How long old files stay.
    pub retention: Retention,
    /// Descriptions.
    pub manifest: Option<Manifest>,
    /// Where tables are registered.
    pub trino: Option<Trino>,
    /// What a person sees.
    pub progress: Progress,
    /// Stops the run.
    pub cancel: Cancel,
}
