//! A new version of a table: which files stay, what is written, and the commit.

use std::sync::Arc;

use common::diagnostic::Diagnostic;
use object_store::path::Path;

use super::cut::Division;
use super::error::ExportError;
use super::reuse::Reuse;
use super::run::Run;
use super::settle::{clean, register, warning};
use super::table::{Compared, TablePlan};
use super::verify::unverified;
use super::write::{Work, Written, write};
use crate::catalog::Relation;
use crate::log::newest::Versions;
use crate::log::{Change, LogError, Snapshot, State, TableLog};
use crate::owner::Mark;
use crate::part::Part;
use crate::partition::object_path;
use crate::progress::TableProgress;
use crate::query::Reading;
use crate::summary::{Outcome, TableReport};

/// A table on its way to a new version.
pub(super) struct Publication<'a> {
    pub(super) run: &'a Arc<Run>,
    pub(super) relation: &'a Relation,
    pub(super) log: &'a TableLog,
    pub(super) reading: Reading,
    pub(super) plan: TablePlan,
    /// The comparison with the newest version, when it was made already.
    pub(super) compared: Option<Compared>,
    /// Whether to keep no file of the version before.
    pub(super) whole: bool,
}

impl Publication<'_> {
    /// Makes the next version, unless the newest one says the same. `versions` are those of a listing that was made
    /// already.
    pub(super) async fn publish(
        &mut self,
        versions: Option<Versions>,
        progress: &mut TableProgress,
        report: &mut TableReport,
    ) -> Result<Outcome, ExportError> {
        let Self { run, relation, log, reading, whole, .. } = *self;
        progress.stage("reading the log");
        let snapshot = match versions {
            Some(versions) => run.unless_stopped(log.load_at(versions)).await??,
            None => run.unless_stopped(log.load()).await??,
        };
        log.check(snapshot.as_ref(), self.plan.needs_ntz())?;
        let theirs = snapshot.as_ref().and_then(|s| Mark::read(&s.metadata.configuration));
        if let Some(theirs) = &theirs {
            report.warnings.extend(run.owner.may_replace(theirs, relation, &run.relations)?);
        }
        let stored = snapshot.as_ref().and_then(|snapshot| self.plan.stored(snapshot));
        let compared = match self.compared.take() {
            Some(compared) => compared,
            None => {
                progress.stage("comparing");
                self.plan.compare(run, relation, stored.clone(), reading).await?
            }
        };

        if run.verify {
            progress.stage("verifying");
        }
        let reuse = Reuse::of(run, &self.plan, log, snapshot.as_ref(), stored, compared, whole);
        let reuse = reuse.await?;
        if let (Some(fingerprint), Some(snapshot), []) = (reuse.same, &snapshot, &*reuse.broken)
            && self.plan.is_said(snapshot)
        {
            report.rows = Some(fingerprint.rows);
            if run.verify {
                report.warnings.extend(unverified(snapshot.files.len() - reuse.verified.len()));
            }
            if !run.dry_run {
                let state = State { snapshot, replaced_by: None };
                clean(run, log, state, reuse.objects, report).await;
                register(run, relation, log, snapshot.version, progress, report).await?;
            }
            return Ok(Outcome::Unchanged);
        }
        if !reuse.broken.is_empty() {
            let message = format!("{}; its rows are written again", reuse.broken.join(", "));
            report.warnings.push(Diagnostic::warning("broken-file", message));
        }
        if run.verify {
            let files = reuse.kept.iter().flat_map(|part| part.files.values());
            report.warnings.extend(unverified(files.filter(|f| f.digest.is_none()).count()));
        }
        if run.dry_run {
            let (kept, all) = (reuse.kept.len(), reuse.parts);
            report.why = Some(self.plan.why(snapshot.as_ref(), kept, all));
            return Ok(Outcome::Planned);
        }

        progress.stage("exporting");
        let part_rows = reuse.part_rows.filter(|_| !reuse.kept.is_empty());
        let division = self.plan.division(part_rows);
        let work = Work { wanted: reuse.wanted, division, reading };
        let connection = run.connect()?;
        let mut written = write(run, &self.plan.query, log, connection, work, progress).await?;
        if let Division::Runs(Some(rows)) = division {
            written.part_rows = Some(rows);
        }
        report.warnings.extend(written.rounded.warnings(&self.plan.query.stored));
        if run.cancel.is_set() {
            let _ = run.if_soon(log.delete(written.paths())).await;
            return Err(ExportError::Interrupted);
        }
        progress.stage("committing");
        let change = self.plan.change(run, relation, &written, &reuse.kept);
        let (version, base) = match commit(run, log, snapshot, &change, &written).await {
            Ok(version) => version,
            Err(error) => {
                // After an unknown outcome the files may belong to a version.
                if !matches!(error, LogError::Unknown { .. } | LogError::Unanswered) {
                    let _ = run.if_soon(log.delete(written.paths())).await;
                }
                return Err(error.into());
            }
        };
        if let Err(error) = log.persist_commit(version).await {
            report.warnings.push(warning(&error, "the version may not survive a power cut"));
        }
        report.rows = Some(change.rows);
        report.version = Some(version);
        report.files = written.adds.len() as u64;
        report.bytes = written.adds.iter().map(|add| add.size as u64).sum();
        report.kept_files = change.kept.len() as u64;

        progress.stage("cleaning up");
        // A new table has nothing to clean up.
        if let Some(base) = base {
            let paths = active(&change.parts);
            let state = State { snapshot: &base, replaced_by: Some(&paths) };
            clean(run, log, state, None, report).await;
            // The clean-up reads the log from its last checkpoint on, which a new one may drop.
            if let Ok(Err(error)) = run.unless_stopped(log.checkpoint(version, &base)).await {
                report.warnings.push(warning(&error, "no checkpoint was written"));
            }
        }
        if !run.cancel.is_set() {
            register(run, relation, log, version, progress, report).await?;
        }
        Ok(Outcome::Exported)
    }
}

/// Commits files that are on disk.
async fn commit(
    run: &Run,
    log: &TableLog,
    snapshot: Option<Snapshot>,
    change: &Change,
    written: &Written,
) -> Result<(u64, Option<Snapshot>), LogError> {
    log.persist(written.paths()).await?;
    let committed = run.if_soon(log.commit(snapshot, change)).await;
    committed.unwrap_or(Err(LogError::Unanswered))
}

/// The files of all parts.
fn active(parts: &[Part]) -> Vec<Path> {
    let files = parts.iter().flat_map(|part| part.files.keys());
    files.filter_map(|file| Path::parse(object_path(file)).ok()).collect()
}
