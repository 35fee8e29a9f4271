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

pub(super) const NOT_REMOVED: &str = "old files were not removed";

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
    match run.unless_stopped(log.vacuum(state, run.retention, objects)).await {
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
    match log.load_at(versions).await {
        Ok(Some(snapshot)) => {
            let state = State { snapshot: &snapshot, replaced_by: None };
            clean(run, log, state, Some(objects), report).await;
        }
        Ok(None) => {}
        Err(error) => report.warnings.push(warning(&error, NOT_REMOVED)),
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
    match trino.register(&relation.layer, &relation.name, location).await {
        Ok(registered) => {
            report.trino = Some(registered);
            Ok(())
        }
        Err(source) => Err(ExportError::Register { version, source }),
    }
}
