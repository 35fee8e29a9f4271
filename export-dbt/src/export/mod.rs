//! The export of one table: read, encode, upload, commit, clean up.

mod error;
mod run;
mod table;
mod write;

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use common::diagnostic::{Diagnostic, causes};

pub(crate) use self::error::ExportError;
pub(crate) use self::run::Run;
use self::table::TablePlan;
use self::write::{Written, write};
use crate::catalog::{CatalogError, Relation};
use crate::log::{Change, LogError, Snapshot, TableLog};
use crate::problem::Problem;
use crate::progress::TableProgress;
use crate::query::ReadError;
use crate::summary::{Outcome, TableReport, round};

/// Exports one table and reports what became of it.
pub(crate) async fn export(
    run: &Arc<Run>,
    relation: &Relation,
    log: &TableLog,
) -> (TableReport, Option<ExportError>) {
    let started = Instant::now();
    let mut progress = run.progress.table(&relation.label(), relation.estimated_rows);
    let mut report = TableReport::new(relation, log.location.url.to_string(), Outcome::Failed);
    let result = run_steps(run, relation, log, &mut progress, &mut report).await;
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
            report.why = Some(error.diagnostic());
            Some(error)
        }
    };
    (report, error)
}

async fn run_steps(
    run: &Arc<Run>,
    relation: &Relation,
    log: &TableLog,
    progress: &mut TableProgress,
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
            register(run, relation, log, snapshot.version, progress, report).await?;
        }
        return Ok(Outcome::Unchanged);
    }
    if run.dry_run {
        report.why = Some(plan.why(snapshot.as_ref()));
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
    let version = match commit(log, snapshot, &change, &written).await {
        Ok(version) => version,
        Err(error) => {
            // After an unknown outcome the files may belong to a version.
            if !matches!(error, LogError::Unknown { .. }) {
                let _ = log.delete(written.paths()).await;
            }
            return Err(error.into());
        }
    };
    if let Err(error) = log.persist_commit(version).await {
        report.warnings.push(warning(&error, "the version may not survive a power cut"));
    }
    report.version = Some(version);
    report.files = written.adds.len() as u64;
    report.bytes = written.adds.iter().map(|add| add.size as u64).sum();

    progress.stage("cleaning up");
    match log.load().await {
        Ok(Some(snapshot)) => {
            if let Err(error) = log.checkpoint(&snapshot).await {
                report.warnings.push(warning(&error, "no checkpoint was written"));
            }
            clean(run, log, &snapshot, report).await;
        }
        Ok(None) => {}
        Err(error) => report.warnings.push(warning(&error, NOT_REMOVED)),
    }
    register(run, relation, log, version, progress, report).await?;
    Ok(Outcome::Exported)
}

const NOT_REMOVED: &str = "old files were not removed";

fn warning(error: &LogError, what: &str) -> Diagnostic {
    Diagnostic::warning(error.advice().0, format!("{what}: {}", causes(error)))
}

/// Commits files that are on disk.
async fn commit(
    log: &TableLog,
    snapshot: Option<Snapshot>,
    change: &Change,
    written: &Written,
) -> Result<u64, LogError> {
    log.persist(written.paths()).await?;
    log.commit(snapshot, change).await
}

async fn clean(run: &Run, log: &TableLog, snapshot: &Snapshot, report: &mut TableReport) {
    match log.vacuum(snapshot, run.retention).await {
        Ok(removed) => report.removed_files = removed,
        Err(error) => report.warnings.push(warning(&error, NOT_REMOVED)),
    }
}

async fn register(
    run: &Run,
    relation: &Relation,
    log: &TableLog,
    version: u64,
    progress: &mut TableProgress,
    report: &mut TableReport,
) -> Result<(), ExportError> {
    let Some(trino) = &run.trino else {
        return Ok(());
    };
    progress.stage("registering in Trino");
    let location = log.location.url.as_str();
    match trino.register(&relation.layer, &relation.name, location).await {
        Ok(registered) => {
            report.trino = Some(registered);
            Ok(())
        }
        Err(source) => Err(ExportError::Register { version, source }),
    }
}
