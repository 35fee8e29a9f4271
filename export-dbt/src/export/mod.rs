//! The export of one table: read, encode, upload, commit, clean up.

mod error;
mod run;
mod table;
mod write;

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use common::diagnostic::{Diagnostic, causes};
use object_store::ObjectMeta;

pub(crate) use self::error::ExportError;
pub(crate) use self::run::Run;
use self::table::TablePlan;
use self::write::{Written, write};
use crate::catalog::{CatalogError, Relation};
use crate::log::actions::fingerprint_rows;
use crate::log::newest::{Versions, broken};
use crate::log::{Change, LogError, Snapshot, State, TableLog};
use crate::owner::Mark;
use crate::problem::Problem;
use crate::progress::TableProgress;
use crate::query::{ReadError, Reading};
use crate::summary::{Outcome, TableReport, round};

/// Exports one table and reports what became of it.
pub(crate) async fn export(
    run: &Arc<Run>,
    relation: &Relation,
    log: &TableLog,
    reading: Reading,
) -> (TableReport, Option<ExportError>) {
    let started = Instant::now();
    let mut progress = run.progress.table(&relation.label(), relation.estimated_rows);
    let mut report = TableReport::new(relation, log.location.url.to_string(), Outcome::Failed);
    let result = run_steps(run, relation, log, reading, &mut progress, &mut report).await;
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
            report.outcome = match &error {
                _ if interrupted => Outcome::Interrupted,
                ExportError::Held(_) => Outcome::Held,
                _ => Outcome::Failed,
            };
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
    reading: Reading,
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
    let versions = log.versions().await?;
    report.version = versions.newest;
    let newest = log.newest(versions).await?;
    progress.stage("checking the guards");
    let before = newest.as_ref().and_then(|n| n.info.fingerprint.as_deref());
    let before = before.and_then(fingerprint_rows);
    let connection = plan.check_guards(run, connection, relation, before).await?;

    progress.stage("comparing");
    let stored = newest.as_ref().filter(|n| n.info.state.as_deref() == Some(plan.state()));
    let stored = stored.and_then(|newest| newest.info.fingerprint.clone());
    let is_compared = stored.is_some();
    let (connection, mut unchanged) =
        plan.compare(run, connection, relation, stored, reading).await?;
    if let (Some(fingerprint), Some(newest)) = (unchanged, &newest) {
        let objects = log.data_objects().await?;
        let files = || newest.files.iter().map(|(path, size)| (path.as_str(), *size));
        let broken = broken(files(), &objects);
        if broken.is_empty() {
            report.rows = Some(fingerprint.rows);
            if !run.dry_run {
                if run.is_due(newest, &objects) {
                    clean_all(run, log, versions, objects, report).await;
                } else if run.has_old_uploads(newest) {
                    match log.clean_uploads(run.retention.orphans).await {
                        Ok(removed) => report.removed_files = removed,
                        Err(error) => report.warnings.push(warning(&error, NOT_REMOVED)),
                    }
                }
                register(run, relation, log, newest.version, progress, report).await?;
            }
            return Ok(Outcome::Unchanged);
        }
        report.warnings.push(broken_files(&broken));
        unchanged = None;
    }

    progress.stage("reading the log");
    let snapshot = log.load_at(versions).await?;
    log.check(snapshot.as_ref(), plan.needs_ntz())?;
    let theirs = snapshot.as_ref().and_then(|s| Mark::read(&s.metadata.configuration));
    if let Some(theirs) = &theirs {
        report.warnings.extend(run.owner.may_replace(theirs, relation, &run.relations)?);
    }
    let mut connection = connection;
    if !is_compared {
        progress.stage("comparing");
        let stored = snapshot.as_ref().and_then(|snapshot| plan.stored(snapshot));
        (connection, unchanged) = plan.compare(run, connection, relation, stored, reading).await?;
    }
    if let (Some(fingerprint), Some(snapshot)) = (unchanged, &snapshot) {
        let objects = log.data_objects().await?;
        let files = snapshot.files.iter().map(|file| (file.path.as_str(), file.size as u64));
        let broken = broken(files, &objects);
        if broken.is_empty() {
            report.rows = Some(fingerprint.rows);
            if !run.dry_run {
                let state = State { snapshot, replaced_by: None };
                clean(run, log, state, Some(objects), report).await;
                register(run, relation, log, snapshot.version, progress, report).await?;
            }
            return Ok(Outcome::Unchanged);
        }
        report.warnings.push(broken_files(&broken));
    }
    if run.dry_run {
        report.why = Some(plan.why(snapshot.as_ref()));
        return Ok(Outcome::Planned);
    }

    progress.stage("exporting");
    let written = write(run, &plan.query, log, connection, reading, progress).await?;
    report.rows = Some(written.fingerprint.rows);
    report.warnings.extend(written.rounded.warnings(&plan.query.fields));
    if run.cancel.is_set() {
        let _ = log.delete(written.paths()).await;
        return Err(ExportError::Interrupted);
    }
    progress.stage("committing");
    let change = plan.change(run, relation, &written);
    let (version, base) = match commit(log, snapshot, &change, &written).await {
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
    // A new table has nothing to clean up.
    if let Some(base) = base {
        if let Err(error) = log.checkpoint(version, &base).await {
            report.warnings.push(warning(&error, "no checkpoint was written"));
        }
        let paths = written.paths();
        let state = State { snapshot: &base, replaced_by: Some(&paths) };
        clean(run, log, state, None, report).await;
    }
    register(run, relation, log, version, progress, report).await?;
    Ok(Outcome::Exported)
}

const NOT_REMOVED: &str = "old files were not removed";

fn warning(error: &LogError, label: &str) -> Diagnostic {
    Diagnostic::warning(error.advice().0, format!("{label}: {}", causes(error)))
}

/// Commits files that are on disk.
async fn commit(
    log: &TableLog,
    snapshot: Option<Snapshot>,
    change: &Change,
    written: &Written,
) -> Result<(u64, Option<Snapshot>), LogError> {
    log.persist(written.paths()).await?;
    log.commit(snapshot, change).await
}

async fn clean(
    run: &Run,
    log: &TableLog,
    state: State<'_>,
    objects: Option<Vec<ObjectMeta>>,
    report: &mut TableReport,
) {
    match log.vacuum(state, run.retention, objects).await {
        Ok(removed) => report.removed_files = removed,
        Err(error) => report.warnings.push(warning(&error, NOT_REMOVED)),
    }
}

/// Cleans up an unchanged table, whose log was not read yet.
async fn clean_all(
    run: &Run,
    log: &TableLog,
    versions: Versions,
    objects: Vec<ObjectMeta>,
    report: &mut TableReport,
) {
    match log.load_at(versions).await {
        Ok(Some(snapshot)) => {
            let state = State { snapshot: &snapshot, replaced_by: None };
            clean(run, log, state, Some(objects), report).await;
        }
        Ok(None) => {}
        Err(error) => report.warnings.push(warning(&error, NOT_REMOVED)),
    }
}

fn broken_files(faults: &[String]) -> Diagnostic {
    let message = format!("{}; the table is written anew", faults.join(", "));
    Diagnostic::warning("broken-file", message)
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
