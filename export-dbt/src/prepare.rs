//! Checks before the first request: options, files, the database.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use common::diagnostic::Report;
use common::verbose::timed;
use secrecy::SecretString;
use uuid::Uuid;

use crate::budget::Budget;
use crate::cancel::Cancel;
use crate::catalog;
use crate::cli::{self, Cli, Timestamps};
use crate::export::Run;
use crate::gate::{self, Gate};
use crate::guard::Guards;
use crate::log::Retention;
use crate::manifest::Manifest;
use crate::owner::Owner;
use crate::plan::Plan;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::prune;
use crate::source::Mapping;
use crate::target::Template;
use crate::trino::{Trino, TrinoError};

#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) run: Arc<Run>,
    pub(crate) template: Template,
    pub(crate) plan: Plan,
}

/// Checks the options, and chooses the tables.
///
/// # Errors
/// Every problem, not the first alone.
pub(crate) fn prepare(cli: &Cli) -> Result<Prepared, Report> {
    let mut problems = Report::default();
    let resources = &cli.resources;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = resources.threads.map_or(cores, usize::from);
    let jobs = resources.jobs.get();
    let budget = Budget::new(resources.memory_limit, jobs, threads, resources.file_size);
    let budget = kept(budget, &mut problems);
    let template = kept(Template::parse(&cli.target), &mut problems);
    let manifest = cli.choice.manifest.as_ref().and_then(|path| {
        let step = format!("reading {}", path.display());
        kept(timed(step, || Manifest::read(path)), &mut problems)
    });
    let gate = gate(cli).and_then(|path| {
        let step = format!("reading {}", path.display());
        kept(timed(step, || Gate::read(&path)), &mut problems)
    });
    let trino = kept(trino(cli), &mut problems).flatten();
    let file = std::fs::metadata(cli.duckdb()).map_or(0, |file| file.len());
    let limits =
        budget.map_or(catalog::Limits { memory: 64 << 20, threads: 1 }, |b| b.limits(file));
    let step = format!("opening {}", cli.duckdb().display());
    let database = timed(step, || catalog::open(cli.duckdb(), limits));
    let database = kept(database, &mut problems);
    for attached in database.iter().flat_map(|_| &cli.attach) {
        let step = format!("attaching {}", attached.path.display());
        let attach = || database.as_ref().map_or(Ok(()), |db| catalog::attach(db, attached));
        kept(timed(step, attach), &mut problems);
    }
    let plan = match (&database, &template) {
        (Some(database), Some(template)) => timed("choosing the tables", || {
            let (manifest, gate) = (manifest.as_ref(), gate.as_ref());
            Plan::new(database, &cli.choice, &cli.partition_by, manifest, gate, template)
        })
        .map_err(|more| problems.extend(more.diagnostics().iter().cloned()))
        .ok(),
        _ => None,
    };
    if let Some(template) = &template {
        let checked = prune::check(cli, template);
        problems.extend(checked.err().iter().flat_map(|more| more.diagnostics().to_vec()));
    }
    let (Some(budget), Some(template), Some(database), Some(mut plan), false) =
        (budget, template, database, plan, problems.has_errors())
    else {
        return Err(problems);
    };
    let run = Run {
        id: Uuid::new_v4().to_string(),
        database: Mutex::new(database),
        mapping: Mapping { timestamp_as_utc: cli.timestamps == Timestamps::Utc },
        budget,
        file_size: resources.file_size,
        force: cli.force,
        dry_run: cli.dry_run,
        verify: cli.verify,
        retention: Retention { removed: cli.retention, orphans: cli.orphan_age },
        owner: Owner {
            id: cli.owner.clone().unwrap_or_else(|| catalog::identity(cli.duckdb())),
            named: cli.owner.is_some(),
            project: manifest.as_ref().and_then(|manifest| manifest.project.clone()),
        },
        manifest,
        relations: std::mem::take(&mut plan.relations),
        guards: Guards { max_shrink: cli.guards.max_shrink, max_age: cli.guards.max_age.clone() },
        partitions: cli.partition_by.clone(),
        trino,
        progress: Progress::new(cli.quiet),
        cancel: Cancel::default(),
    };
    Ok(Prepared { run: Arc::new(run), template, plan })
}

/// The file of dbt's results, when tests are required.
fn gate(cli: &Cli) -> Option<PathBuf> {
    let manifest = cli.choice.manifest.as_ref().filter(|_| cli.guards.require_tests)?;
    Some(cli.guards.run_results.clone().unwrap_or_else(|| gate::beside(manifest)))
}

fn kept<T, E: Problem>(result: Result<T, E>, problems: &mut Report) -> Option<T> {
    result.map_err(|error| problems.push(error.diagnostic())).ok()
}

fn trino(cli: &Cli) -> Result<Option<Trino>, TrinoError> {
    let Some(url) = &cli.trino.register else { return Ok(None) };
    let password = std::env::var(cli::TRINO_PASSWORD).ok().filter(|password| !password.is_empty());
    let password = password.map(SecretString::from);
    Trino::new(url, &cli.trino.trino_catalog, &cli.trino.trino_user, password).map(Some)
}
