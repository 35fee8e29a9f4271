//! One table as it is to be written, and whether it has to be.

use std::sync::Arc;

use common::diagnostic::Diagnostic;
use duckdb::Connection;
use serde_json::Value;

use super::error::ExportError;
use super::run::Run;
use super::write::Written;
use crate::catalog::{self, Relation};
use crate::fingerprint::{Fingerprint, fnv};
use crate::log::actions::{fingerprint_rows, fingerprint_text};
use crate::log::{Change, Snapshot};
use crate::owner::Mark;
use crate::query::{Query, Reading};
use crate::types::{name_faults, rename, schema_json};

/// The content to write for a table.
pub(super) struct TablePlan {
    pub(super) query: Arc<Query>,
    schema: Value,
    description: Option<String>,
    options: String,
    mark: Mark,
    state: String,
}

impl TablePlan {
    pub(super) fn new(
        run: &Run,
        connection: &Connection,
        relation: &Relation,
    ) -> Result<Self, ExportError> {
        let mut columns = catalog::columns(connection, relation)?;
        let manifest = run.manifest.as_ref();
        let id = manifest.and_then(|m| m.id_of(relation));
        let node = manifest.zip(id).and_then(|(m, id)| m.nodes.get(id));
        for column in &mut columns {
            let described = node.and_then(|node| node.column_description(&column.name));
            column.comment = described.map(str::to_string).or(column.comment.take());
        }
        let description = node.and_then(|node| node.description()).map(str::to_string);
        let mut query = Query::new(relation, &columns, run.mapping);
        let renamed = rename(&mut query.fields);
        let mut faults = name_faults(&query.fields);
        if !faults.is_empty() {
            // Someone who mends the names wants to see all of them.
            faults.extend(renamed.iter().map(|warning| warning.message().to_owned()));
        }
        query.warnings.extend(renamed);
        if !faults.is_empty() {
            return Err(ExportError::Names(faults));
        }
        let schema = schema_json(&query.fields);
        let description = description.or_else(|| relation.comment.clone());
        let mark = Mark::new(&run.owner, relation, id);
        Ok(Self {
            state: state(&schema, description.as_deref(), &mark),
            schema,
            description,
            options: format!("file_size={}", run.file_size),
            mark,
            query: Arc::new(query),
        })
    }

    pub(super) fn needs_ntz(&self) -> bool {
        self.query.fields.iter().any(|field| field.ty.has_timestamp_ntz())
    }

    /// The schema, the description and the owner mark as one number.
    pub(super) fn state(&self) -> &str {
        &self.state
    }

    /// The fingerprint in a table's log, when its schema and description are the ones to write.
    pub(super) fn stored(&self, snapshot: &Snapshot) -> Option<String> {
        let says = snapshot.metadata.says(&self.schema, self.description.as_deref());
        says.then(|| snapshot.fingerprint()).flatten().map(str::to_owned)
    }

    /// The fingerprint of the rows, when it is the `stored` one with these options.
    pub(super) async fn compare(
        &self,
        run: &Arc<Run>,
        connection: Connection,
        relation: &Relation,
        stored: Option<String>,
        reading: Reading,
    ) -> Result<(Connection, Option<Fingerprint>), ExportError> {
        let Some(stored) = stored.filter(|_| !run.force) else { return Ok((connection, None)) };
        let (run, query, options) =
            (Arc::clone(run), Arc::clone(&self.query), self.options.clone());
        let is_view = relation.is_view;
        let compared = tokio::task::spawn_blocking(move || {
            // Other rows or options are found out without a scan.
            let rows = fingerprint_rows(&stored);
            let other_options = !stored.ends_with(&format!(";{options}"));
            if other_options || (!is_view && rows != Some(query.count(&connection)?)) {
                return Ok((connection, None));
            }
            let fingerprint = query.fingerprint(&connection, &run.cancel, reading)?;
            let same = fingerprint_text(fingerprint, &options) == stored;
            Ok((connection, same.then_some(fingerprint)))
        });
        compared.await.map_err(|_| ExportError::Panic)?
    }

    /// Holds the table back when a guard objects to its rows. `before` is the last version's number of rows.
    pub(super) async fn check_guards(
        &self,
        run: &Arc<Run>,
        connection: Connection,
        relation: &Relation,
        before: Option<u64>,
    ) -> Result<Connection, ExportError> {
        if !run.guards.are_set() {
            return Ok(connection);
        }
        let (run, query, relation) = (Arc::clone(run), Arc::clone(&self.query), relation.clone());
        let checked = tokio::task::spawn_blocking(move || -> Result<_, ExportError> {
            let _guard = run.cancel.interrupts(&connection);
            if let Some(before) = before.filter(|_| run.guards.max_shrink.is_some()) {
                run.guards.check_rows(before, query.count(&connection)?)?;
            }
            run.guards.check_age(&connection, &relation)?;
            Ok(connection)
        });
        checked.await.map_err(|_| ExportError::Panic)?
    }

    /// Why a dry run would export.
    pub(super) fn why(&self, snapshot: Option<&Snapshot>) -> Diagnostic {
        let (code, message) = match snapshot {
            None => ("new-table", "the table is new"),
            Some(s) if !s.is_own() => ("other-writer", "the newest version is another writer's"),
            Some(s) if !s.metadata.says(&self.schema, self.description.as_deref()) => {
                ("new-schema", "the schema or a description has changed")
            }
            Some(_) => ("new-rows", "the rows have changed"),
        };
        Diagnostic::info(code, message)
    }

    pub(super) fn change(&self, run: &Run, relation: &Relation, written: &Written) -> Change {
        Change {
            name: relation.name.clone(),
            schema: self.schema.clone(),
            description: self.description.clone(),
            mark: self.mark.clone(),
            needs_ntz: self.needs_ntz(),
            adds: written.adds.clone(),
            rows: written.fingerprint.rows,
            run_id: run.id.clone(),
            fingerprint: fingerprint_text(written.fingerprint, &self.options),
            state: self.state.clone(),
        }
    }
}

/// A number for the parts of a table that are not its rows.
fn state(schema: &Value, description: Option<&str>, mark: &Mark) -> String {
    let text = format!("{schema}\n{description:?}\n{mark:?}");
    format!("{:016x}", fnv(text.as_bytes()))
}
