//! The export of one table: read, encode, upload, commit, clean up.

mod cut;
mod error;
mod publication;
mod reuse;
mod run;
mod settle;
mod table;
mod verify;
mod write;

use std::sync::Arc;
use std::time::Instant;

pub(crate) use self::error::ExportError;
use self::publication::Publication;
pub(crate) use self::run::Run;
use self::settle::{clean_all, clean_uploads, register};
use self::table::TablePlan;
use crate::catalog::Relation;
use crate::guard::Unfit;
use crate::log::actions::fingerprint_rows;
use crate::log::newest::{Newest, Survey, Versions, broken};
use crate::log::{LogError, REBASES, TableLog};
use crate::problem::Problem;
use crate::progress::TableProgress;
use crate::query::{ReadError, Reading};
use crate::summary::{Outcome, TableReport, round};
use crate::upload::UploadError;

/// Exports one table and reports what became of it. `is_absent` says that the store has nothing in its folder.
pub(crate) async fn export(
    run: &Arc<Run>,
    relation: &Relation,
    log: &TableLog,
    reading: Reading,
    is_absent: bool,
) -> (TableReport, Option<ExportError>) {
    let started = Instant::now();
    let mut progress = run.progress.table(&relation.label(), relation.estimated_rows);
    let mut report = TableReport::new(relation, log.location.url.to_string(), Outcome::Failed);
    let result =
        run_steps(run, relation, log, reading, is_absent, &mut progress, &mut report).await;
    report.seconds = round(started.elapsed().as_secs_f64());
    let error = match result {
        Ok(outcome) => {
            report.outcome = outcome;
            None
        }
        Err(error) => {
            let interrupted = matches!(
                error,
                ExportError::Interrupted
                    | ExportError::Read(ReadError::Interrupted)
                    | ExportError::Upload(UploadError::GivenUp)
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
    is_absent: bool,
    progress: &mut TableProgress,
    report: &mut TableReport,
) -> Result<Outcome, ExportError> {
    if run.cancel.is_set() {
        return Err(ExportError::Interrupted);
    }
    progress.stage("reading the log");
    let plan = TablePlan::new(run, &run.connect()?, relation)?;
    // At once: a process that gets no more memory says nothing at its end.
    if let (Some(warning), Reading::Stream) = (&plan.packed, reading) {
        run.progress.note(&format!("{}: {}", relation.label(), warning.message()));
    }
    report.warnings.clone_from(&plan.query.warnings);
    // A table whose folder is not there costs no request.
    let survey = match is_absent {
        true => Survey::default(),
        false => run.unless_stopped(log.survey()).await??,
    };
    let versions = survey.versions;
    report.version = versions.newest;
    let newest = run.unless_stopped(log.newest(versions)).await??;
    progress.stage("checking the guards");
    let before = run.unless_stopped(rows_before(run, log, versions, newest.as_ref())).await??;
    plan.check_guards(run, relation, before).await?;

    let known = newest.as_ref().filter(|n| n.info.state.as_deref() == Some(plan.state()));
    let stored = known.and_then(|newest| plan.stored_in(&newest.info));
    let mut compared = None;
    if let (Some(stored), Some(newest)) = (stored, &newest) {
        progress.stage("comparing");
        let found = plan.compare(run, relation, Some(stored), reading).await?;
        // With --verify the publication finds the parts that stay, and reads their files.
        if let Some(fingerprint) = found.same.filter(|_| !run.verify) {
            let objects = match survey.objects(&newest.files) {
                Some(objects) => objects,
                None => run.unless_stopped(log.data_objects()).await??,
            };
            let files = newest.files.iter().map(|(path, size)| (path.as_str(), *size));
            if broken(files, &objects).is_empty() {
                report.rows = Some(fingerprint.rows);
                if !run.dry_run {
                    if run.is_due(newest, &objects) {
                        clean_all(run, log, versions, objects, report).await;
                    } else if run.has_old_uploads(newest) {
                        clean_uploads(run, log, report).await;
                    }
                    register(run, relation, log, newest.version, progress, report).await?;
                }
                return Ok(Outcome::Unchanged);
            }
        }
        compared = Some(found);
    }
    let mut publication = Publication { run, relation, log, reading, plan, compared, whole: false };
    let mut tries = 0;
    let mut at = Some(versions);
    loop {
        match publication.publish(at.take(), progress, report).await {
            // A version that keeps no file is begun again only when another owner has taken the table.
            Err(ExportError::Log(LogError::Overtaken)) if tries < OVERTAKEN + REBASES => {
                tries += 1;
                report.warnings.clone_from(&publication.plan.query.warnings);
                publication.whole = tries > OVERTAKEN;
                publication.compared = None;
            }
            ended => break ended,
        }
    }
}

/// The rows of the newest version, where a guard asks for them.
async fn rows_before(
    run: &Run,
    log: &TableLog,
    versions: Versions,
    newest: Option<&Newest>,
) -> Result<Option<u64>, ExportError> {
    if run.guards.max_shrink.is_none() || versions.newest.is_none() {
        return Ok(None);
    }
    let known = newest.and_then(|newest| newest.info.fingerprint.as_deref());
    let known = match known.and_then(fingerprint_rows) {
        Some(rows) => Some(rows),
        // Another writer made the newest version, or only compacted it.
        None => log.load_at(versions).await?.and_then(|snapshot| snapshot.rows()),
    };
    known.map(Some).ok_or_else(|| Unfit::Uncounted.into())
}

/// Times that an export begins again because another one has come first, before it keeps no file.
const OVERTAKEN: u32 = 3;
