//! Exports the tables that dbt builds in a DuckDB file to Delta tables on S3 or in a folder.
//!
//! **In**: a DuckDB database, opened read-only; optionally dbt's `manifest.json`.
//! **Out**: one Delta table for each table, every change of it one commit; a summary on stdout.
//! **Exit status**: 0 when every table is at its location, 1 when one failed, 2 for wrong usage
//! or input, 3 when the object store cannot be reached or the deadline has passed, 130 when
//! interrupted, 143 when terminated.
//!
//! A table goes through bounded queues: DuckDB streams Arrow batches ([`query`]), a few threads
//! encode their columns to Parquet ([`encode`]), full parts are uploaded meanwhile ([`upload`]),
//! and one conditional PUT makes the new version ([`log`]). [`budget`] shares one memory limit
//! out among them.

mod budget;
mod calendar;
mod cancel;
mod catalog;
mod chunk;
mod cli;
pub mod command;
mod compare;
mod conform;
mod digest;
mod encode;
mod export;
mod failure;
mod fingerprint;
mod folders;
mod frames;
mod gate;
mod guard;
mod log;
mod manifest;
mod owner;
mod part;
mod partition;
mod plan;
mod prepare;
mod problem;
mod progress;
mod prune;
mod query;
mod s3;
mod select;
mod signals;
mod source;
mod stats;
mod store;
mod summary;
mod tables;
mod target;
mod trino;
mod types;
mod units;
mod upload;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use common::cli::Format;
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::streams;

use crate::cli::Cli;
use crate::command::{Command, Tool};
use crate::signals::Signals;
use crate::summary::Summary;
use crate::tables::Exported;

/// Runs an export or a comparison: its result goes to stdout, problems to stderr.
///
/// # Errors
/// The run could not begin.
pub fn run(tool: Tool) -> Result<Status> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.context("cannot start")?;
    if let Some(Command::Compare(compare)) = &tool.command {
        let status = runtime.block_on(compare::run(compare));
        runtime.shutdown_timeout(Duration::from_secs(1));
        return status;
    }
    let cli = tool.export;
    let exported = runtime.block_on(export(&cli));
    // A query that does not end must not hold the process up.
    runtime.shutdown_timeout(Duration::from_secs(1));
    let (summary, mut report) = exported?;
    report.extend(summary.problems());
    streams::say(&report);
    match cli.format {
        Format::Text => streams::output(&summary.to_text())?,
        Format::Json => streams::json(&summary)?,
    }
    Ok(summary.status)
}

/// The summary of a run, and the warnings about the run as a whole.
async fn export(cli: &Cli) -> Result<(Summary, Report)> {
    let started = Instant::now();
    let mut signals = Signals::listen().context("cannot start")?;
    let prepared = prepare::prepare(cli)?;
    let (id, cancel) = (prepared.run.id.clone(), prepared.run.cancel.clone());
    let deadline = cli.timeout.and_then(|timeout| started.checked_add(timeout));
    let work = tables::export_all(cli, prepared);
    let (exported, stopped) = signals::stoppable(&mut signals, deadline, &cancel, work).await;
    let Exported { tables, unreachable, remarks } = exported?;
    let mut report = Report::default();
    report.extend(remarks);
    if let (Some(Status::Unfinished), Some(timeout)) = (stopped, cli.timeout) {
        let limit = common::duration::show(timeout);
        let message = format!("export-dbt has not ended within {limit}");
        let problem = Diagnostic::error("timeout", message);
        report.push(
            problem.hint("give more time with --timeout, or share the tables out with --shard"),
        );
    }
    let failed = if unreachable { Status::Unfinished } else { Status::No };
    let seconds = started.elapsed().as_secs_f64();
    Ok((Summary::new(id, seconds, tables, failed, stopped), report))
}
