//! Exports the tables that dbt builds in a DuckDB file to Delta tables on S3 or in a folder.
//!
//! **In**: a DuckDB database, opened read-only; optionally dbt's `manifest.json`.
//! **Out**: one Delta table for each table, every change of it one commit; a summary on stdout.
//! **Exit status**: 0 when every table is at its location, 1 when one failed, 2 for wrong usage
//! or input, 3 when the object store cannot be reached, 130 when interrupted.
//!
//! A table goes through bounded queues: DuckDB streams Arrow batches ([`query`]), a few threads
//! encode their columns to Parquet ([`encode`]), full parts are uploaded meanwhile ([`upload`]),
//! and one conditional PUT makes the new version ([`log`]). [`budget`] shares one memory limit
//! out among them.

pub mod budget;
pub mod calendar;
pub mod cancel;
pub mod catalog;
pub mod cli;
pub mod conform;
pub mod encode;
pub mod export;
pub mod fingerprint;
mod gone;
pub mod log;
pub mod manifest;
pub mod plan;
pub mod progress;
pub mod query;
pub mod report;
pub mod s3;
pub mod select;
pub mod source;
pub mod stats;
pub mod store;
pub mod summary;
pub mod target;
pub mod trino;
pub mod types;
pub mod units;
pub mod upload;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::budget::Budget;
use crate::cancel::Cancel;
use crate::cli::{Cli, Timestamps};
use crate::export::{ExportError, Run};
use crate::log::{Retention, TableLog};
use crate::manifest::Manifest;
use crate::plan::{Plan, error_text, left_out};
use crate::progress::Progress;
use crate::source::Mapping;
use crate::store::{S3Settings, Stores};
use crate::summary::{Outcome, Summary, TableReport};
use crate::target::Template;
use crate::trino::{Password, Trino};
use common::exit::Status;

/// Why a run did not start.
#[derive(Debug)]
pub struct Failure {
    /// The exit status.
    pub status: Status,
    /// Every problem, each with its hint on lines of its own.
    pub problems: Vec<String>,
}

impl Failure {
    fn bad(problems: Vec<String>) -> Self {
        Self { status: Status::Bad, problems }
    }
}

/// Runs an export.
///
/// # Errors
/// When nothing could be started: every problem with the command line, the database, the
/// manifest and the target. A table that fails is in the summary instead.
pub fn run(cli: &Cli) -> Result<Summary, Failure> {
    let started = Instant::now();
    let (run, template, plan) = prepare(cli)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::bad(vec![error.to_string()]))?;
    let result = runtime.block_on(async {
        let work = export_all(cli, &run, &template, plan);
        tokio::select! {
            result = work => result,
            () = interrupted_twice(&run.cancel) => Err(Failure {
                status: Status::Interrupted,
                problems: vec!["interrupted twice: stopped at once; the next run cleans up".into()],
            }),
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    let (tables, unreachable) = result?;
    Ok(Summary::new(run.id.clone(), started.elapsed().as_secs_f64(), tables, unreachable))
}

/// Everything that can be wrong before the first request.
fn prepare(cli: &Cli) -> Result<(Arc<Run>, Template, Plan), Failure> {
    let mut problems = Vec::new();
    let mut keep = |problem: String| problems.push(problem);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let resources = &cli.resources;
    let budget = Budget::new(
        resources.memory_limit,
        resources.jobs,
        resources.threads.unwrap_or(cores),
        resources.file_size,
    )
    .map_err(|error| keep(error_text(&error)))
    .ok();
    let template = Template::parse(&cli.target).map_err(|error| keep(error_text(&error))).ok();
    let manifest = match &cli.choice.manifest {
        Some(path) => Manifest::read(path).map_err(|error| keep(error_text(&error))).ok(),
        None => None,
    };
    let trino = trino(cli).map_err(|error| keep(error_text(&error))).ok().flatten();
    let file = std::fs::metadata(&cli.duckdb).map_or(0, |file| file.len());
    let limits =
        budget.map_or(catalog::Limits { memory: 64 << 20, threads: 1 }, |b| b.limits(file));
    let database =
        catalog::open(&cli.duckdb, limits).map_err(|error| keep(error_text(&error))).ok();

    let plan = match (&database, &template) {
        (Some(database), Some(template)) => {
            Plan::new(database, &cli.choice, manifest.as_ref(), template)
                .map_err(|more| problems.extend(more))
                .ok()
        }
        _ => None,
    };
    let (Some(budget), Some(template), Some(database), Some(plan), true) =
        (budget, template, database, plan, problems.is_empty())
    else {
        return Err(Failure::bad(problems));
    };
    let run = Run {
        id: Uuid::new_v4().to_string(),
        database: Mutex::new(database),
        mapping: Mapping { timestamp_as_utc: cli.timestamps == Timestamps::Utc },
        budget,
        file_size: resources.file_size,
        force: cli.force,
        dry_run: cli.dry_run,
        retention: Retention { removed: cli.retention, orphans: cli.orphan_age },
        manifest,
        trino,
        progress: Progress::new(cli.quiet),
        cancel: Cancel::default(),
    };
    Ok((Arc::new(run), template, plan))
}

fn trino(cli: &Cli) -> Result<Option<Trino>, trino::TrinoError> {
    let Some(url) = cli.trino.register.as_deref().filter(|url| !url.is_empty()) else {
        return Ok(None);
    };
    let password = std::env::var(cli::TRINO_PASSWORD).ok().filter(|password| !password.is_empty());
    Trino::new(url, &cli.trino.trino_catalog, &cli.trino.trino_user, password.map(Password))
        .map(Some)
}

fn s3_settings(cli: &Cli) -> S3Settings {
    let endpoint = cli.s3.s3_endpoint.clone().filter(|url| !url.is_empty());
    S3Settings { endpoint, retry_timeout: cli.s3.retry_timeout }
}

async fn export_all(
    cli: &Cli,
    run: &Arc<Run>,
    template: &Template,
    plan: Plan,
) -> Result<(Vec<TableReport>, bool), Failure> {
    let folders: Vec<_> =
        plan.layers.iter().filter_map(|layer| template.layer_folder(layer)).collect();
    let locations = plan.jobs.iter().map(|(_, location)| location).chain(&folders);
    let stores = Stores::open(locations, &s3_settings(cli))
        .await
        .map_err(|error| Failure::bad(vec![error_text(&error)]))?;
    let closed = check_buckets(&stores, cli.create_buckets && !cli.dry_run).await;

    let mut reports = plan.left_out;
    let mut unreachable = closed.values().any(|(_, unreachable)| *unreachable);
    let mut reached = false;
    let slots = Arc::new(Semaphore::new(run.budget.jobs));
    let mut running = JoinSet::new();
    for (relation, location) in plan.jobs {
        if let Some((reason, _)) = location.bucket.as_ref().and_then(|bucket| closed.get(bucket)) {
            let url = location.url.to_string();
            reports.push(left_out(&relation, url, Outcome::Failed, reason.clone()));
            continue;
        }
        let Some(store) = stores.get(&location) else { continue };
        let log = TableLog::new(&location, store);
        let (run, slots) = (Arc::clone(run), Arc::clone(&slots));
        running.spawn(async move {
            let _slot = slots.acquire_owned().await;
            let url = log.location().url.to_string();
            let failed = left_out(&relation, url, Outcome::Failed, ExportError::Panic.to_string());
            let exported = tokio::spawn(async move { export::export(&run, &relation, &log).await });
            exported.await.unwrap_or((failed, Some(ExportError::Panic)))
        });
    }
    while let Some(ended) = running.join_next().await {
        let Ok((report, error)) = ended else { continue };
        match &error {
            Some(error) if error.is_unreachable() => unreachable = true,
            Some(_) => reached = true,
            None => reached = true,
        }
        note(run, &report);
        reports.push(report);
    }
    if !run.cancel.is_set() {
        for layer in &plan.layers {
            let gone =
                gone::find(run, &stores, template, layer, &plan.known, &cli.choice, cli.prune)
                    .await;
            reports.extend(gone);
        }
    }
    Ok((reports, unreachable && !reached))
}

/// The buckets that cannot be used, with the reason and whether nobody answered.
async fn check_buckets(stores: &Stores, create: bool) -> HashMap<String, (String, bool)> {
    let mut closed = HashMap::new();
    for bucket in stores.buckets() {
        let mut checked = bucket.check().await;
        if create && matches!(checked, Err(s3::BucketError::Missing { .. })) {
            checked = bucket.create().await;
        }
        if let Err(error) = checked {
            closed.insert(bucket.name().to_string(), (error_text(&error), error.is_unreachable()));
        }
    }
    closed
}

fn note(run: &Run, report: &TableReport) {
    let rows =
        report.rows.map_or_else(String::new, |rows| format!(", {} rows", units::show_count(rows)));
    let what = match report.outcome {
        Outcome::Exported => "exported",
        Outcome::Unchanged => "unchanged",
        Outcome::Planned => "would be exported",
        _ => return,
    };
    let version = report.version.map_or_else(String::new, |version| format!(", version {version}"));
    run.progress.note(&format!(
        "{}.{}: {what}{rows}{version}, {:.1} s",
        report.layer, report.table, report.seconds
    ));
}

/// Stops the run at the first Ctrl-C or SIGTERM; ends at the second.
async fn interrupted_twice(cancel: &Cancel) {
    for _ in 0..2 {
        interrupted().await;
        cancel.set();
    }
}

async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
