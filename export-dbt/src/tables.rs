//! All tables of a run, several at a time.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use common::verbose::step;
use indicatif::HumanCount;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::cli::Cli;
use crate::export::{self, ExportError, Run};
use crate::gone;
use crate::log::TableLog;
use crate::prepare::Prepared;
use crate::problem::Problem;
use crate::s3::BucketError;
use crate::store::{S3Settings, Stores};
use crate::summary::{Outcome, TableReport};

#[derive(Debug)]
pub(crate) struct Exported {
    pub(crate) tables: Vec<TableReport>,
    /// Whether no store could be reached.
    pub(crate) unreachable: bool,
}

/// Exports every table of the plan.
pub(crate) async fn export_all(cli: &Cli, prepared: Prepared) -> Result<Exported> {
    let Prepared { run, template, plan } = prepared;
    let folders: Vec<_> =
        plan.layers.iter().filter_map(|layer| template.layer_folder(layer)).collect();
    let locations = plan.jobs.iter().map(|(_, location)| location).chain(&folders);
    let settings =
        S3Settings { endpoint: cli.s3.s3_endpoint.clone(), retry_timeout: cli.s3.retry_timeout };
    let stores = Stores::open(locations, &settings).await.map_err(|error| error.diagnostic())?;
    let closed = tokio::select! {
        closed = check_buckets(&stores, cli.create_buckets && !cli.dry_run) => closed,
        // Each table then says that it was interrupted.
        () = run.cancel.wait() => HashMap::new(),
    };

    let mut tables = plan.left_out;
    let mut unreachable = closed.values().any(BucketError::is_unreachable);
    let mut reached = false;
    let slots = Arc::new(Semaphore::new(run.budget.jobs));
    let mut running = JoinSet::new();
    for (relation, location) in plan.jobs {
        let failed = TableReport::new(&relation, location.url.to_string(), Outcome::Failed);
        if let Some(error) = location.bucket.as_ref().and_then(|bucket| closed.get(bucket)) {
            tables.push(failed.because(error.diagnostic()));
            continue;
        }
        let Some(store) = stores.get(&location) else { continue };
        let log = TableLog::new(&location, store);
        let (run, slots) = (Arc::clone(&run), Arc::clone(&slots));
        running.spawn(async move {
            let _slot = slots.acquire_owned().await;
            let exported = tokio::spawn(async move { export::export(&run, &relation, &log).await });
            exported.await.unwrap_or_else(|_| {
                (failed.because(ExportError::Panic.diagnostic()), Some(ExportError::Panic))
            })
        });
    }
    while let Some(ended) = running.join_next().await {
        let Ok((report, error)) = ended else { continue };
        match &error {
            Some(error) if error.is_unreachable() => unreachable = true,
            _ => reached = true,
        }
        note(&run, &report);
        tables.push(report);
    }
    if !run.cancel.is_set() {
        for layer in &plan.layers {
            let gone =
                gone::find(&run, &stores, &template, layer, &plan.known, &cli.choice, cli.prune);
            tables.extend(gone.await);
        }
    }
    Ok(Exported { tables, unreachable: unreachable && !reached })
}

async fn check_buckets(stores: &Stores, create: bool) -> HashMap<String, BucketError> {
    let mut closed = HashMap::new();
    for bucket in stores.buckets() {
        let _step = step(format!("checking the bucket {}", bucket.name));
        let mut checked = bucket.check().await;
        if create && matches!(checked, Err(BucketError::Missing { .. })) {
            checked = bucket.create().await;
        }
        if let Err(error) = checked {
            closed.insert(bucket.name.clone(), error);
        }
    }
    closed
}

fn note(run: &Run, report: &TableReport) {
    let what = match report.outcome {
        Outcome::Exported => "exported",
        Outcome::Unchanged => "unchanged",
        Outcome::Planned => "would be exported",
        _ => return,
    };
    let rows = report.rows.map_or_else(String::new, |rows| format!(", {} rows", HumanCount(rows)));
    let version = report.version.map_or_else(String::new, |version| format!(", version {version}"));
    let (label, seconds) = (report.label(), report.seconds);
    run.progress.note(&format!("{label}: {what}{rows}{version}, {seconds:.1} s"));
}
