//! Tables at the target that have left the database.

use common::diagnostic::Diagnostic;
use object_store::ObjectStore;
use object_store::path::Path;

use crate::catalog::Relation;
use crate::cli::Choice;
use crate::export::Run;
use crate::log::TableLog;
use crate::problem::Problem;
use crate::store::Stores;
use crate::summary::{Outcome, TableReport};
use crate::target::{Location, Template};
use crate::trino::Registration;

/// Finds the tables of a layer that only the target has, and drops those that this tool wrote
/// when asked to.
pub(crate) async fn find(
    run: &Run,
    stores: &Stores,
    template: &Template,
    layer: &str,
    known: &[Relation],
    choice: &Choice,
    prune: bool,
) -> Vec<TableReport> {
    let mut reports = Vec::new();
    for location in candidates(stores, template, layer).await {
        let Some(name) = location.prefix.filename().map(str::to_string) else { continue };
        let relation = Relation {
            layer: layer.into(),
            name,
            is_view: false,
            comment: None,
            estimated_rows: 0,
        };
        let is_known = known.iter().any(|k| k.layer == layer && k.name == relation.name);
        if is_known || !choice.names(&relation) {
            continue;
        }
        let Some(store) = stores.get(&location) else { continue };
        let log = TableLog::new(&location, store);
        let (version, own) = match log.load().await {
            Ok(None) => continue,
            Ok(Some(snapshot)) => (Some(snapshot.version), snapshot.is_own()),
            Err(_) => (None, false),
        };
        let gone = |message| Diagnostic::warning("gone", message);
        let (outcome, why) = match (prune && !run.dry_run, own) {
            (false, _) => (
                Outcome::Gone,
                gone("the table is not in the database").hint("drop it with --prune"),
            ),
            (true, false) => {
                let message =
                    "the table is not in the database; its newest version is not export-dbt's";
                (Outcome::Gone, gone(message))
            }
            (true, true) => match drop(run, &relation, &log).await {
                Ok(()) => (Outcome::Dropped, gone("the table is not in the database")),
                Err(why) => (Outcome::Failed, *why),
            },
        };
        let mut report =
            TableReport::new(&relation, location.url.to_string(), outcome).because(why);
        report.version = version;
        if outcome == Outcome::Dropped && run.trino.is_some() {
            report.trino = Some(Registration::Unregistered);
        }
        reports.push(report);
    }
    reports
}

/// The places that may hold a table of the layer.
async fn candidates(stores: &Stores, template: &Template, layer: &str) -> Vec<Location> {
    let Some(folder) = template.layer_folder(layer) else {
        return Vec::new();
    };
    let Some(store) = stores.get(&folder) else {
        return Vec::new();
    };
    let prefix = Some(&folder.prefix).filter(|prefix| **prefix != Path::default());
    // A folder that cannot be listed has no tables to report; its own tables' errors tell why.
    let Ok(listed) = store.objects.list_with_delimiter(prefix).await else {
        return Vec::new();
    };
    let names = listed.common_prefixes.iter().filter_map(|path| path.filename());
    names.filter_map(|name| template.locate(layer, name).ok()).collect()
}

async fn drop(run: &Run, relation: &Relation, log: &TableLog) -> Result<(), Box<Diagnostic>> {
    if let Some(trino) = &run.trino {
        let unregistered = trino.unregister(&relation.layer, &relation.name).await;
        unregistered.map_err(|error| error.diagnostic())?;
    }
    log.drop_table().await.map_err(|error| error.diagnostic())?;
    Ok(())
}
