//! The state that all tables of a run share.

use std::sync::Mutex;

use duckdb::Connection;

use crate::budget::Budget;
use crate::cancel::Cancel;
use crate::log::Retention;
use crate::manifest::Manifest;
use crate::progress::Progress;
use crate::source::Mapping;
use crate::trino::Trino;

#[derive(Debug)]
pub(crate) struct Run {
    /// The id that commits and files carry.
    pub(crate) id: String,
    pub(crate) database: Mutex<Connection>,
    pub(crate) mapping: Mapping,
    pub(crate) budget: Budget,
    /// Bytes after which a new file is started.
    pub(crate) file_size: u64,
    pub(crate) force: bool,
    pub(crate) dry_run: bool,
    pub(crate) retention: Retention,
    pub(crate) manifest: Option<Manifest>,
    pub(crate) trino: Option<Trino>,
    pub(crate) progress: Progress,
    pub(crate) cancel: Cancel,
}
