//! The export of one table: read, encode, upload, commit, clean up.

mod table;
mod write;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use duckdb::Connection;

use self::table::TablePlan;
use self::write::{Written, write};
use crate::budget::Budget;
use crate::cancel::Cancel;
use crate::catalog::{CatalogError, Relation};
use crate::log::{Change, Committed, LogError, Retention, Snapshot, TableLog};
use crate::manifest::Manifest;
use crate::plan::error_text;
use crate::progress::{Progress, TableProgress};
use crate::query::ReadError;
use crate::source::Mapping;
use crate::stats::Unstorable;
use crate::summary::{Outcome, TableReport, round};
use crate::trino::{Trino, TrinoError};
use crate::upload::UploadError;

/// What all tables of a run share.
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

/// Why a table was not exported.
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
    #[error("{}", join(.0))]
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

fn join(faults: &[Unstorable]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Exports one table and reports what became of it.
pub async fn export(
    run: &Arc<Run>,
    relation: &Relation,
    log: &TableLog,
) -> (TableReport, Option<ExportError>) {
    let started = Instant::now();
    let progress = run.progress.table(&relation.label(), relation.estimated_rows);
    let mut report = TableReport::new(relation, log.location().url.to_string(), Outcome::Failed);
    let result = run_steps(run, relation, log, &progress, &mut report).await;
    report.seconds = round(started.elapsed().as_secs_f64());
    let error = match result {
        Ok(outcome) => {
            report.outcome = outcome;
            None
        }
        Err(error) => {
            let interrupted = matches!(
                error,
                ExportError::Interrupted | ExportError::Read(ReadError::Interrupted)
            );
            report.outcome = if interrupted { Outcome::Interrupted } else { Outcome::Failed };
            let error = if interrupted { ExportError::Interrupted } else { error };
            report.reason = Some(error_text(&error));
            Some(error)
        }
    };
    (report, error)
}

async fn run_steps(
    run: &Arc<Run>,
    relation: &Relation,
    log: &TableLog,
    progress: &TableProgress,
    report: &mut TableReport,
) -> Result<Outcome, ExportError> {
    if run.cancel.is_set() {
        return Err(ExportError::Interrupted);
    }
    progress.stage("reading the log");
    let (connection, plan) = {
        let database = run.database.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = database.try_clone().map_err(CatalogError::Columns)?;
        let plan = TablePlan::new(run, &connection, relation)?;
        (connection, plan)
    };
    report.warnings.clone_from(&plan.query.warnings);
    let snapshot = log.load().await?;
    report.version = snapshot.as_ref().map(|snapshot| snapshot.version);
    log.check(snapshot.as_ref(), plan.needs_ntz())?;

    progress.stage("comparing");
    let (connection, unchanged) =
        plan.compare(run, connection, relation, snapshot.as_ref()).await?;
    if let Some(fingerprint) = unchanged {
        report.rows = Some(fingerprint.rows);
        if let Some(snapshot) = snapshot.filter(|_| !run.dry_run) {
            clean(run, log, &snapshot, report).await;
            register(run, relation, log, snapshot.version, report).await?;
        }
        return Ok(Outcome::Unchanged);
    }
    if run.dry_run {
        report.reason = Some(plan.why(snapshot.as_ref()));
        return Ok(Outcome::Planned);
    }

    progress.stage("exporting");
    let written = write(run, &plan.query, log, connection, progress).await?;
    report.rows = Some(written.fingerprint.rows);
    if run.cancel.is_set() {
        let _ = log.delete(written.paths()).await;
        return Err(ExportError::Interrupted);
    }
    progress.stage("committing");
    let change = plan.change(run, relation, &written);
    let committed = match commit(log, snapshot, &change, &written).await {
        Ok(committed) => committed,
        Err(error) => {
            // After an unknown outcome the files may belong to a version.
            if !matches!(error, LogError::Unknown { .. }) {
                let _ = log.delete(written.paths()).await;
            }
            return Err(error.into());
        }
    };
    if let Err(error) = log.persist_commit(&committed).await {
        report
            .warnings
            .push(format!("the version may not survive a power cut: {}", error_text(&error)));
    }
    report.version = Some(committed.version);
    report.files = written.adds.len() as u64;
    report.bytes = written.adds.iter().map(|add| add.size as u64).sum();

    progress.stage("cleaning up");
    match log.load().await {
        Ok(Some(snapshot)) => {
            if let Err(error) = log.checkpoint(&snapshot).await {
                report.warnings.push(format!("no checkpoint was written: {error}"));
            }
            clean(run, log, &snapshot, report).await;
        }
        Ok(None) => {}
        Err(error) => report.warnings.push(format!("old files were not removed: {error}")),
    }
    register(run, relation, log, committed.version, report).await?;
    Ok(Outcome::Exported)
}

/// Commits files that are on disk.
async fn commit(
    log: &TableLog,
    snapshot: Option<Snapshot>,
    change: &Change,
    written: &Written,
) -> Result<Committed, LogError> {
    log.persist(written.paths()).await?;
    log.commit(snapshot, change).await
}

async fn clean(run: &Run, log: &TableLog, snapshot: &Snapshot, report: &mut TableReport) {
    match log.vacuum(snapshot, run.retention).await {
        Ok(cleaned) => report.removed_files = cleaned.files + cleaned.uploads,
        Err(error) => report.warnings.push(format!("old files were not removed: {error}")),
    }
}

async fn register(
    run: &Run,
    relation: &Relation,
    log: &TableLog,
    version: u64,
    report: &mut TableReport,
) -> Result<(), ExportError> {
    let Some(trino) = &run.trino else {
        return Ok(());
    };
    let location = log.location().url.as_str();
    match trino.register(&relation.layer, &relation.name, location).await {
        Ok(registered) => {
            report.trino = Some(registered.name());
            Ok(())
        }
        Err(source) => Err(ExportError::Register { version, source }),
    }
}
