//! One table as it is to be written, and whether it has to be.

use std::sync::Arc;

use common::diagnostic::Diagnostic;
use duckdb::Connection;
use serde_json::Value;

use super::error::ExportError;
use super::run::Run;
use super::write::Written;
use crate::catalog::{self, Relation};
use crate::fingerprint::Fingerprint;
use crate::log::actions::{fingerprint_rows, fingerprint_text};
use crate::log::{Change, Snapshot};
use crate::query::Query;
use crate::types::{name_faults, schema_json};

/// The content to write for a table.
pub(super) struct TablePlan {
    pub(super) query: Arc<Query>,
    schema: Value,
    description: Option<String>,
    options: String,
}

impl TablePlan {
    pub(super) fn new(
        run: &Run,
        connection: &Connection,
        relation: &Relation,
    ) -> Result<Self, ExportError> {
        let mut columns = catalog::columns(connection, relation)?;
        let node = run.manifest.as_ref().and_then(|m| m.node(&relation.layer, &relation.name));
        for column in &mut columns {
            let described = node.and_then(|node| node.column_description(&column.name));
            column.comment = described.map(str::to_string).or(column.comment.take());
        }
        let description = node.and_then(|node| node.description()).map(str::to_string);
        let query = Query::new(relation, &columns, run.mapping);
        let faults = name_faults(&query.fields);
        if !faults.is_empty() {
            return Err(ExportError::Names(faults));
        }
        Ok(Self {
            schema: schema_json(&query.fields),
            description: description.or_else(|| relation.comment.clone()),
            options: format!("file_size={}", run.file_size),
            query: Arc::new(query),
        })
    }

    pub(super) fn needs_ntz(&self) -> bool {
        self.query.fields.iter().any(|field| field.ty.has_timestamp_ntz())
    }

    /// The fingerprint, when the newest version has these rows, this schema and these options.
    pub(super) async fn compare(
        &self,
        run: &Arc<Run>,
        connection: Connection,
        relation: &Relation,
        snapshot: Option<&Snapshot>,
    ) -> Result<(Connection, Option<Fingerprint>), ExportError> {
        let Some(stored) = snapshot.filter(|_| !run.force).and_then(|snapshot| {
            let current = snapshot.metadata.says(&self.schema, self.description.as_deref());
            current.then(|| snapshot.fingerprint()).flatten()
        }) else {
            return Ok((connection, None));
        };
        let stored = stored.to_string();
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
            let fingerprint = query.fingerprint(&connection, &run.cancel)?;
            let same = fingerprint_text(fingerprint, &options) == stored;
            Ok((connection, same.then_some(fingerprint)))
        });
        compared.await.map_err(|_| ExportError::Panic)?
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
            needs_ntz: self.needs_ntz(),
            adds: written.adds.clone(),
            rows: written.fingerprint.rows,
            run_id: run.id.clone(),
            fingerprint: fingerprint_text(written.fingerprint, &self.options),
        }
    }
}
