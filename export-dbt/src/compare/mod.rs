//! `compare`: whether the tables of two sides are the same, value by value.
//!
//! Each side is read into one DuckDB: a database is attached, the files of Delta tables are read where they lie or
//! from a copy, and Trino's rows go to a temporary table. Whatever does not fit the memory limit goes to a folder below
//! TMPDIR.

mod canonical;
mod cli;
mod database;
mod delta;
mod differ;
mod engine;
mod error;
mod pairs;
mod reader;
mod report;
mod rules;
mod schema;
mod side;
mod table;
mod trino_rows;

use std::time::Instant;

use anyhow::{Context, Result};
use common::cli::Format;
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::fault::MORE_TIME;
use common::streams;
use common::verbose::timed;

pub(crate) use self::cli::Compare;
use self::differ::Question;
use self::error::CompareError;
use self::pairs::Rules;
use self::reader::{Opened, Tables};
use self::report::{Comparison, Outcome, TableReport};
use self::side::Side;
use crate::catalog::Relation;
use crate::manifest::Manifest;
use crate::problem::Problem;
use crate::signals::{Signals, stoppable};

/// Compares, and prints the result.
///
/// # Errors
/// The comparison could not begin.
pub(crate) async fn run(cli: &Compare) -> Result<Status> {
    let started = Instant::now();
    let mut signals = Signals::listen().context("cannot start")?;
    let mut problems = Report::default();
    let left = kept(Side::parse(&cli.left), &mut problems);
    let right = kept(Side::parse(&cli.right), &mut problems);
    let manifest = cli.choice.manifest.as_ref().and_then(|path| {
        let step = format!("reading {}", path.display());
        kept(timed(step, || Manifest::read(path)), &mut problems)
    });
    let (Some(left), Some(right), false) = (left, right, problems.has_errors()) else {
        return Err(problems.into());
    };
    let names = (left.shown(), right.shown());
    let opened = Opened::new(cli, &left, &right).map_err(|error| error.diagnostic())?;
    let cancel = opened.engine.cancel.clone();
    let deadline = cli.timeout.and_then(|timeout| started.checked_add(timeout));
    let work = compare_all(cli, opened, left, right, manifest.as_ref());
    let (compared, stopped) = stoppable(&mut signals, deadline, &cancel, work).await;
    let (mut tables, mut report) = compared?;
    if let (Some(Status::Unfinished), Some(timeout)) = (stopped, cli.timeout) {
        let limit = common::duration::show(timeout);
        let message = format!("the comparison has not ended within {limit}");
        let problem = Diagnostic::error("timeout", message);
        report.push(problem.hint(MORE_TIME));
    }
    tables.sort_by(|a, b| (&a.layer, &a.table).cmp(&(&b.layer, &b.table)));
    let bad = if report.has_errors() { Status::Bad } else { Status::Done };
    let status = stopped.unwrap_or_else(|| report::status(&tables).max(bad));
    let seconds = (started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    streams::say(&report);
    let (tool, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let (left, right) = names;
    let comparison = Comparison { tool, version, left, right, status, seconds, tables };
    match cli.format {
        Format::Text => streams::output(&comparison.to_text())?,
        Format::Json => streams::json(&comparison)?,
    }
    Ok(status)
}

fn kept<T, E: Problem>(result: Result<T, E>, problems: &mut Report) -> Option<T> {
    result.map_err(|error| problems.push(error.diagnostic())).ok()
}

/// Compares every table that the left side has and the options choose.
async fn compare_all(
    cli: &Compare,
    opened: Opened,
    left: Side,
    right: Side,
    manifest: Option<&Manifest>,
) -> Result<(Vec<TableReport>, Report)> {
    let engine = opened.engine.clone();
    let tables = tokio::select! {
        tables = Tables::choose(cli, opened, left, right, manifest) => tables?,
        () = engine.cancel.wait() => return Ok(Default::default()),
    };
    let mut rules = Rules::new(cli);
    let mut reports: Vec<TableReport> = tables.failed.clone();
    for relation in &tables.relations {
        let unique = manifest.map_or_else(Vec::new, |m| m.unique_columns(relation));
        let compared = tokio::select! {
            compared = compare_one(cli, &tables, relation, &mut rules, &unique) => compared,
            () = engine.cancel.wait() => Err(CompareError::Interrupted),
        };
        reports.push(compared.unwrap_or_else(|error| {
            let outcome = match error.is_unreachable() {
                true => Outcome::Unfinished,
                false => Outcome::Failed,
            };
            TableReport::not_compared(relation, outcome, error.diagnostic())
        }));
    }
    let mut report = Report::default();
    let complete = reports.iter().all(|table| table.left_rows.is_some());
    // Of a table that was not read, the columns are not known.
    for option in rules.unused().iter().filter(|_| complete) {
        let message = format!("{option} names no column of a table that was compared");
        report.push(Diagnostic::error("unknown-column", message));
    }
    Ok((reports, report))
}

async fn compare_one(
    cli: &Compare,
    tables: &Tables,
    relation: &Relation,
    rules: &mut Rules<'_>,
    unique: &[String],
) -> Result<TableReport, CompareError> {
    let _step = common::verbose::step(format!("comparing {}", relation.label()));
    let missing = |side: &str| {
        let message = format!("there is no such table on the {side}");
        let why = Diagnostic::error("missing-table", message);
        TableReport::not_compared(relation, Outcome::Missing, why)
    };
    let Some(left) = tables.left(relation).await? else { return Ok(missing("left")) };
    let Some(right) = tables.right(relation).await? else { return Ok(missing("right")) };
    let paired = pairs::pair(relation, &left, &right, rules, unique)?;
    let question = Question {
        left: left.source,
        right: right.source,
        pairs: paired.pairs.clone(),
        key: paired.key.clone(),
        shown: cli.rows,
    };
    let found = tables.engine.run(move |connection| {
        let found = differ::compare(connection, &question);
        differ::clear(connection)?;
        found
    });
    Ok(TableReport::compared(relation, paired, &found.await?))
}
