//! The state that all tables of a run share.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use duckdb::Connection;
use object_store::ObjectMeta;

use super::error::ExportError;
use crate::budget::Budget;
use crate::calendar::now_millis;
use crate::cancel::Cancel;
use crate::catalog::{self, CatalogError, Limits, Relation};
use crate::guard::Guards;
use crate::log::Retention;
use crate::log::newest::Newest;
use crate::manifest::Manifest;
use crate::owner::Owner;
use crate::progress::Progress;
use crate::select::PartitionRule;
use crate::source::Mapping;
use crate::trino::Trino;

/// Time for a store to answer when a run is to stop, so that the run ends within two seconds.
const MOMENT: Duration = Duration::from_millis(500);

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
    /// Whether to compare the digests of the data files that stay.
    pub(crate) verify: bool,
    pub(crate) retention: Retention,
    pub(crate) manifest: Option<Manifest>,
    pub(crate) owner: Owner,
    /// Every relation of the databases.
    pub(crate) relations: Vec<Relation>,
    pub(crate) guards: Guards,
    /// The rules of `--partition-by`; the first that matches a table counts.
    pub(crate) partitions: Vec<PartitionRule>,
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

    /// Another connection to the database.
    pub(crate) fn connect(&self) -> Result<Connection, CatalogError> {
        let database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        database.try_clone().map_err(CatalogError::Columns)
    }

    /// The outcome of requests that may be given up when the run is to stop.
    pub(crate) async fn unless_stopped<T>(
        &self,
        requests: impl Future<Output = T>,
    ) -> Result<T, ExportError> {
        tokio::select! {
            biased;
            outcome = requests => Ok(outcome),
            () = self.cancel.wait() => Err(ExportError::Interrupted),
        }
    }

    /// The outcome of requests that are to complete, if they take no longer than a moment once the run is to stop.
    pub(crate) async fn if_soon<T>(&self, requests: impl Future<Output = T>) -> Option<T> {
        let too_long = async {
            self.cancel.wait().await;
            tokio::time::sleep(MOMENT).await;
        };
        tokio::select! {
            biased;
            outcome = requests => Some(outcome),
            () = too_long => None,
        }
    }

    /// Gives DuckDB other limits.
    pub(crate) fn limit(&self, limits: Limits) -> Result<(), CatalogError> {
        let database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        catalog::limit(&database, limits)
    }
}

fn is_older(newest: &Newest, age: Duration) -> bool {
    let since = i128::from(now_millis()) - i128::from(newest.info.timestamp);
    since >= age.as_millis() as i128
}
