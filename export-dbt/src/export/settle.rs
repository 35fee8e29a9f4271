//! The steps after a version is there: old files go, and Trino is told.

use common::diagnostic::{Diagnostic, causes};
use object_store::ObjectMeta;

use super::error::ExportError;
use super::run::Run;
use crate::catalog::Relation;
use crate::log::newest::Versions;
use crate::log::{LogError, State, TableLog};
use crate::problem::Problem;
use crate::progress::TableProgress;
use crate::summary::TableReport;

const NOT_REMOVED: &str = "old files were not removed";

pub(super) fn warning(error: &LogError, label: &str) -> Diagnostic {
    Diagnostic::warning(error.advice().0, format!("{label}: {}", causes(error)))
}

pub(super) async fn clean(
    run: &Run,
    log: &TableLog,
    state: State<'_>,
    objects: Option<Vec<ObjectMeta>>,
    report: &mut TableReport,
) {
    note(run.unless_stopped(log.vacuum(state, run.retention, objects)).await, report);
}

/// Removes the uploads of killed runs from an unchanged table that has no old files.
pub(super) async fn clean_uploads(run: &Run, log: &TableLog, report: &mut TableReport) {
    note(run.unless_stopped(log.clean_uploads(run.retention.orphans)).await, report);
}

/// Reports the number of removed files.
fn note(removed: Result<Result<u64, LogError>, ExportError>, report: &mut TableReport) {
    match removed {
        Ok(Ok(removed)) => report.removed_files = removed,
        Ok(Err(error)) => report.warnings.push(warning(&error, NOT_REMOVED)),
        // The next run removes them.
        Err(_) => {}
    }
}

/// Cleans up an unchanged table, whose log was not read yet.
pub(super) async fn clean_all(
    run: &Run,
    log: &TableLog,
    versions: Versions,
    objects: Vec<ObjectMeta>,
    report: &mut TableReport,
) {
    match run.unless_stopped(log.load_at(versions)).await {
        Ok(Ok(Some(snapshot))) => {
            let state = State { snapshot: &snapshot, replaced_by: None };
            clean(run, log, state, Some(objects), report).await;
        }
        Ok(Err(error)) => report.warnings.push(warning(&error, NOT_REMOVED)),
        // No table, or a run that is to stop.
        Ok(Ok(None)) | Err(_) => {}
    }
}

pub(super) async fn register(
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
    match run.if_soon(trino.register(&relation.layer, &relation.name, location)).await {
        Some(Ok(registered)) => {
            report.trino = Some(registered);
            Ok(())
        }
        Some(Err(source)) => Err(ExportError::Register { version, source }),
        // The next run registers the table.
        None => Ok(()),
    }
}
