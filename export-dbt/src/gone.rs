//! Tables at the target that have left the database.

use object_store::ObjectStore;
use object_store::path::Path;

use crate::catalog::Relation;
use crate::cli::Choice;
use crate::export::Run;
use crate::log::TableLog;
use crate::plan::{error_text, left_out};
use crate::store::Stores;
use crate::summary::{Outcome, TableReport};
use crate::target::{Location, Template};

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
        let chosen = (choice.tables.is_empty()
            || choice.tables.iter().any(|p| p.matches(&relation)))
            && !choice.exclude.iter().any(|p| p.matches(&relation))
            && choice.shard.is_none_or(|shard| shard.contains(layer, &relation.name));
        let Some(store) = stores.get(&location).filter(|_| chosen && !is_known) else { continue };
        let log = TableLog::new(&location, store);
        let (version, own) = match log.load().await {
            Ok(None) => continue,
            Ok(Some(snapshot)) => (Some(snapshot.version), snapshot.is_own()),
            Err(_) => (None, false),
        };
        let (outcome, reason) = match (prune && !run.dry_run, own) {
            (false, _) => (Outcome::Gone, "not in the database; --prune drops it".to_string()),
            (true, false) => (
                Outcome::Gone,
                "not in the database, and not written by export-dbt; left alone".to_string(),
            ),
            (true, true) => match drop(run, &relation, &log).await {
                Ok(()) => (Outcome::Dropped, "not in the database".to_string()),
                Err(error) => (Outcome::Failed, error),
            },
        };
        let mut report = left_out(&relation, location.url.to_string(), outcome, reason);
        report.version = version;
        if outcome == Outcome::Dropped && run.trino.is_some() {
            report.trino = Some("unregistered");
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

async fn drop(run: &Run, relation: &Relation, log: &TableLog) -> Result<(), String> {
    if let Some(trino) = &run.trino {
        trino
            .unregister(&relation.layer, &relation.name)
            .await
            .map_err(|error| error_text(&error))?;
    }
    log.drop_table().await.map(|_| ()).map_err(|error| error_text(&error))
}
