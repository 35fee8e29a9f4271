//! The state that all tables of a run share.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use duckdb::Connection;
use object_store::ObjectMeta;

use crate::budget::Budget;
use crate::calendar::now_millis;
use crate::cancel::Cancel;
use crate::catalog::{self, CatalogError, Relation};
use crate::guard::Guards;
use crate::log::Retention;
use crate::log::newest::Newest;
use crate::manifest::Manifest;
use crate::owner::Owner;
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
    pub(crate) owner: Owner,
    /// Every relation of the databases.
    pub(crate) relations: Vec<Relation>,
    pub(crate) guards: Guards,
    pub(crate) trino: Option<Trino>,
    pub(crate) progress: Progress,
    pub(crate) cancel: Cancel,
}

impl Run {
    /// Whether an unchanged table may have something to clean up: its newest commit is old enough, so that what it
    /// took out is too, and there are files that it does not name.
    pub(crate) fn is_due(&self, newest: &Newest, objects: &[ObjectMeta]) -> bool {
        let age = self.retention.removed.min(self.retention.orphans);
        objects.len() > newest.files.len() && is_older(newest, age)
    }

    /// Whether uploads of killed runs may be old enough to remove.
    pub(crate) fn has_old_uploads(&self, newest: &Newest) -> bool {
        is_older(newest, self.retention.orphans)
    }

    /// Gives DuckDB the memory of the tables that have ended, for those with wide rows.
    pub(crate) fn widen(&self) -> Result<(), CatalogError> {
        let limits = self.budget.wide_limits();
        let database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        catalog::limit(&database, limits)
    }
}

fn is_older(newest: &Newest, age: Duration) -> bool {
    let since = i128::from(now_millis()) - i128::from(newest.info.timestamp);
    since >= age.as_millis() as i128
}
