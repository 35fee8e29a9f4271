//! All tables of a run, several at a time.

use std::sync::Arc;

use anyhow::Result;
use common::diagnostic::Diagnostic;
use common::streams;
use indicatif::HumanCount;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::catalog::Relation;
use crate::cli::Cli;
use crate::export::{self, ExportError, Run};
use crate::folders::Folders;
use crate::log::TableLog;
use crate::plan::Job;
use crate::prepare::Prepared;
use crate::problem::Problem;
use crate::prune;
use crate::query::Reading;
use crate::s3::BucketError;
use crate::store::{S3Settings, Stores};
use crate::summary::{Outcome, TableReport};

#[derive(Debug)]
pub(crate) struct Exported {
    pub(crate) tables: Vec<TableReport>,
    /// Whether no store could be reached.
    pub(crate) unreachable: bool,
    /// Further notes.
    pub(crate) remarks: Vec<Diagnostic>,
}

/// Exports every table of the plan.
pub(crate) async fn export_all(cli: &Cli, prepared: Prepared) -> Result<Exported> {
    let Prepared { run, template, plan } = prepared;
    let folders: Vec<_> =
        plan.layers.iter().filter_map(|(db, layer)| template.layer_folder(db, layer)).collect();
    let locations = plan.jobs.iter().map(|job| &job.location).chain(&folders);
    let settings =
        S3Settings { endpoint: cli.s3.s3_endpoint.clone(), retry_timeout: cli.s3.retry_timeout };
    let stores = Stores::open(locations, &settings).await.map_err(|error| error.diagnostic())?;
    let listed = tokio::select! {
        listed = Folders::list(&stores, &folders, cli.create_buckets && !cli.dry_run) => listed,
        // Each table then says that it was interrupted.
        () = run.cancel.wait() => Folders::default(),
    };
    let closed = &listed.closed;

    let leftovers = match closed.is_empty() && !run.cancel.is_set() {
        true => tokio::select! {
            found = prune::find(&run, &stores, &template, &plan, &listed, cli) => found,
            () = run.cancel.wait() => prune::Leftovers::default(),
        },
        false => prune::Leftovers::default(),
    };
    leftovers.check(cli, &plan.empty)?;

    let mut tables = plan.left_out;
    let mut unreachable = closed.values().any(BucketError::is_unreachable);
    let mut reached = false;
    let slots = Arc::new(Semaphore::new(run.budget.jobs));
    let mut running = JoinSet::new();
    for Job { relation, location } in plan.jobs {
        let failed = TableReport::new(&relation, location.url.to_string(), Outcome::Failed);
        if let Some(error) = location.bucket.as_ref().and_then(|bucket| closed.get(bucket)) {
            tables.push(failed.because(error.diagnostic()));
            continue;
        }
        let Some(store) = stores.get(&location) else { continue };
        let log = TableLog::new(&location, store);
        let folder = template.layer_folder(&relation.database, &relation.layer);
        let is_absent = listed.lacks(folder.as_ref(), &location);
        let (run, slots) = (Arc::clone(&run), Arc::clone(&slots));
        running.spawn(async move {
            let _slot = slots.acquire_owned().await;
            let (report, error) =
                export_one(&run, &relation, &log, Reading::Stream, is_absent, failed).await;
            (report, error, relation, log)
        });
    }
    let mut wide = Vec::new();
    let mut ended = Vec::new();
    while let Some(joined) = running.join_next().await {
        let Ok((report, error, relation, log)) = joined else { continue };
        if error.as_ref().is_some_and(ExportError::is_memory) && !run.cancel.is_set() {
            wide.push((relation, log));
            continue;
        }
        note(&run, &report);
        ended.push((report, error));
    }
    // One at a time, when no other table needs memory.
    for (relation, log) in wide {
        let (report, error) = export_wide(&run, &relation, &log).await?;
        note(&run, &report);
        ended.push((report, error));
    }
    for (report, error) in ended {
        match &error {
            Some(error) if error.is_unreachable() => unreachable = true,
            _ => reached = true,
        }
        tables.push(report);
    }
    let mut remarks = Vec::new();
    if !run.cancel.is_set() {
        streams::say(&leftovers.announcement(cli));
        let (reports, more) = leftovers.settle(&run, cli).await;
        tables.extend(reports);
        remarks = more;
    }
    Ok(Exported { tables, unreachable: unreachable && !reached, remarks })
}

/// Exports a table whose rows are too wide to be read beside others, with more memory when less does not do.
async fn export_wide(
    run: &Arc<Run>,
    relation: &Relation,
    log: &TableLog,
) -> Result<(TableReport, Option<ExportError>), Diagnostic> {
    let [mut limits, all] = run.budget.wide_limits();
    loop {
        run.limit(limits).map_err(|error| error.diagnostic())?;
        let failed = TableReport::new(relation, log.location.url.to_string(), Outcome::Failed);
        let (report, error) = export_one(run, relation, log, Reading::Slices, false, failed).await;
        let is_memory = error.as_ref().is_some_and(ExportError::is_memory);
        if !is_memory || limits == all || run.cancel.is_set() {
            return Ok((report, error));
        }
        limits = all;
    }
}

/// Exports a table in a task of its own, so that a panic is that table's alone.
async fn export_one(
    run: &Arc<Run>,
    relation: &Relation,
    log: &TableLog,
    reading: Reading,
    is_absent: bool,
    failed: TableReport,
) -> (TableReport, Option<ExportError>) {
    let (run, relation, log) = (Arc::clone(run), relation.clone(), log.clone());
    let exported =
        tokio::spawn(
            async move { export::export(&run, &relation, &log, reading, is_absent).await },
        );
    exported.await.unwrap_or_else(|_| {
        (failed.because(ExportError::Panic.diagnostic()), Some(ExportError::Panic))
    })
}

fn note(run: &Run, report: &TableReport) {
    let outcome = match report.outcome {
        Outcome::Exported => "exported",
        Outcome::Unchanged => "unchanged",
        Outcome::Planned => "would be exported",
        _ => return,
    };
    let rows = report.rows.map_or_else(String::new, |rows| format!(", {} rows", HumanCount(rows)));
    let version = report.version.map_or_else(String::new, |version| format!(", version {version}"));
    let (label, seconds) = (report.label(), report.seconds);
    run.progress.note(&format!("{label}: {outcome}{rows}{version}, {seconds:.1} s"));
}
