//! Tables at the target that have left the database: found before anything is written, and dropped at the end
//! when `--prune` says so.

use std::collections::BTreeSet;

use common::diagnostic::{Diagnostic, Report};

use crate::catalog::Relation;
use crate::cli::Cli;
use crate::export::Run;
use crate::folders::Folders;
use crate::log::TableLog;
use crate::owner::Mark;
use crate::plan::{Plan, Standing};
use crate::problem::Problem;
use crate::store::Stores;
use crate::summary::{Outcome, TableReport};
use crate::target::{Names, Template};
use crate::trino::Registration;

/// Tables of the target that the database does not have.
#[derive(Debug, Default)]
pub(crate) struct Leftovers {
    tables: Vec<Leftover>,
    /// Tables of the database that are at the target.
    known: usize,
    /// Layers that cannot be listed.
    unlisted: Vec<Diagnostic>,
}

#[derive(Debug)]
struct Leftover {
    relation: Relation,
    log: TableLog,
    version: Option<u64>,
    /// Why the table is no longer exported.
    why: String,
    /// Why it may not be dropped.
    kept: Option<String>,
}

/// Refuses `--prune` where it would be dangerous, before the store is asked.
pub(crate) fn check(cli: &Cli, template: &Template) -> Result<(), Report> {
    if !cli.prunes() {
        return Ok(());
    }
    if !template.has_layer() {
        let message =
            format!("--prune needs a --target with {{layer}}, and {} has none", template.shown());
        let problem = Diagnostic::error("prune-refused", message);
        return Err(problem.hint("put {layer} into --target").into());
    }
    Ok(())
}

/// Finds the tables that only the target has.
pub(crate) async fn find(
    run: &Run,
    stores: &Stores,
    template: &Template,
    plan: &Plan,
    listed: &Folders,
    cli: &Cli,
) -> Leftovers {
    let mut found = Leftovers::default();
    let mut seen = BTreeSet::new();
    for (database, layer) in &plan.layers {
        let Some(folder) = template.layer_folder(database, layer) else { continue };
        if let Some(error) = listed.unlisted.get(folder.url.as_str()) {
            let message = format!("the tables of {layer} at the target cannot be listed: {error}");
            found.unlisted.push(Diagnostic::warning("not-listed", message));
        }
        let names = listed.names(&folder).into_iter().flatten();
        let locate = |table: &String| template.locate(Names { database, layer, table }).ok();
        for location in names.filter_map(locate) {
            let url = location.url.to_string();
            if !seen.insert(url.clone()) {
                continue;
            }
            let standing = plan.known.get(&url);
            if standing == Some(&Standing::Table) {
                found.known += 1;
                continue;
            }
            let Some(name) = location.prefix.filename().map(str::to_string) else { continue };
            let relation = Relation::named(database, layer, name);
            if !cli.choice.names(&relation) {
                continue;
            }
            let Some(store) = stores.get(&location) else { continue };
            let log = TableLog::new(&location, store);
            found.tables.extend(leftover(run, relation, log, standing).await);
        }
    }
    found
}

async fn leftover(
    run: &Run,
    relation: Relation,
    log: TableLog,
    standing: Option<&Standing>,
) -> Option<Leftover> {
    let (version, mark, is_own) = match log.load().await {
        Ok(None) => return None,
        Ok(Some(snapshot)) => {
            let mark = Mark::read(&snapshot.metadata.configuration);
            (Some(snapshot.version), mark, snapshot.is_own())
        }
        Err(_) => (None, None, false),
    };
    let model = mark.as_ref().and_then(|mark| mark.model.as_deref());
    let node = run.manifest.as_ref().zip(model).and_then(|(m, id)| m.nodes.get(id));
    let unbuilt = node.filter(|node| node.is_virtual().is_none() && standing.is_none());
    let why = match standing {
        Some(Standing::View) => {
            "the table has become a view, so its published version is no longer updated"
        }
        Some(Standing::Leftover(_)) => {
            "dbt builds the model as a view, so its published version is no longer updated"
        }
        Some(Standing::Temporary) => "the relation is dbt's own, of an interrupted run",
        Some(Standing::Table) | None => "the table is not in the database",
    };
    let kept = match (&mark, unbuilt) {
        _ if version.is_none() => Some("its log cannot be read"),
        (None, _) => Some("it has no mark of export-dbt"),
        (Some(mark), _) if !run.owner.owns(mark) => Some("another database or project exported it"),
        _ if !is_own => Some("its newest version is not export-dbt's"),
        (_, Some(_)) => Some("its model is still in the manifest"),
        _ => None,
    };
    let (why, kept) = (why.to_owned(), kept.map(str::to_owned));
    Some(Leftover { relation, log, version, why, kept })
}

impl Leftovers {
    /// Refuses to drop everything that is at the target, or a table of a layer whose schema is empty: the models
    /// may just not be built.
    pub(crate) fn check(&self, cli: &Cli, empty: &BTreeSet<String>) -> Result<(), Report> {
        let mut doomed = self.tables.iter().filter(|table| table.kept.is_none()).peekable();
        if !cli.prunes() || cli.prune_all || doomed.peek().is_none() {
            return Ok(());
        }
        let labels: Vec<String> = doomed.map(|table| table.relation.label()).collect();
        let bare =
            self.tables.iter().find(|t| t.kept.is_none() && empty.contains(&t.relation.layer));
        let why = match bare {
            Some(table) => format!("the schema of {} has no table", table.relation.layer),
            None if self.known == 0 => "it would drop every table at the target".to_owned(),
            None => return Ok(()),
        };
        let message = format!("--prune is refused: {why} ({} would go)", labels.join(", "));
        let problem = Diagnostic::error("prune-refused", message);
        Err(problem.hint("build the models, check --duckdb and --layer, or add --prune-all").into())
    }

    /// The tables that `--prune` drops, for a person to see first.
    pub(crate) fn announcement(&self, cli: &Cli) -> Report {
        let mut report = Report::default();
        if !cli.prunes() || cli.dry_run {
            return report;
        }
        for table in self.tables.iter().filter(|table| table.kept.is_none()) {
            let message = format!("{} will be dropped: {}", table.log.location.url, table.why);
            report.push(Diagnostic::info("prune", message).about(&table.relation.label()));
        }
        report
    }

    /// Drops the tables when asked to, and reports all.
    pub(crate) async fn settle(self, run: &Run, cli: &Cli) -> (Vec<TableReport>, Vec<Diagnostic>) {
        let mut reports = Vec::new();
        for table in self.tables {
            let Leftover { relation, log, version, why, kept } = table;
            let gone = |message: String| Diagnostic::warning("gone", message);
            let (outcome, why) = match (cli.prunes(), kept) {
                (true, None) if cli.dry_run => {
                    (Outcome::Gone, gone(why).hint("a run without --dry-run drops it"))
                }
                (true, None) => match drop(run, &relation, &log).await {
                    Ok(()) => (Outcome::Dropped, gone(why)),
                    Err(why) => (Outcome::Failed, *why),
                },
                (false, None) => (Outcome::Gone, gone(why).hint("drop it with --prune")),
                (_, Some(kept)) => (Outcome::Gone, gone(format!("{why}; it stays: {kept}"))),
            };
            let url = log.location.url.to_string();
            let mut report = TableReport::new(&relation, url, outcome).because(why);
            report.version = version;
            if outcome == Outcome::Dropped && run.trino.is_some() {
                report.trino = Some(Registration::Unregistered);
            }
            reports.push(report);
        }
        (reports, if cli.prunes() { self.unlisted } else { Vec::new() })
    }
}

async fn drop(run: &Run, relation: &Relation, log: &TableLog) -> Result<(), Box<Diagnostic>> {
    if let Some(trino) = &run.trino {
        let unregistered = trino.unregister(&relation.layer, &relation.name).await;
        unregistered.map_err(|error| error.diagnostic())?;
    }
    log.drop_table().await.map_err(|error| error.diagnostic())?;
    Ok(())
}
