//! One table as it is to be written, and whether it has to be.

use std::sync::Arc;

use common::diagnostic::Diagnostic;
use duckdb::Connection;
use serde_json::Value;

use super::cut::Division;
use super::error::ExportError;
use super::run::Run;
use super::write::Written;
use crate::catalog::{self, Relation};
use crate::fingerprint::{Fingerprint, fnv};
use crate::frames;
use crate::log::actions::{CommitInfo, fingerprint_rows, fingerprint_text};
use crate::log::{Change, Snapshot};
use crate::manifest::Node;
use crate::owner::Mark;
use crate::part::{FoundPart, Part};
use crate::partition;
use crate::query::{Query, Reading};
use crate::types::{DeltaType, Field, name_faults, rename, schema_json};

/// The content to write for a table.
pub(super) struct TablePlan {
    pub(super) query: Arc<Query>,
    schema: Value,
    description: Option<String>,
    options: String,
    mark: Mark,
    state: String,
    /// The warning of values that need more memory than the limit.
    pub(super) packed: Option<Diagnostic>,
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
        // Without an answer there is no warning, and nothing else is lost.
        let frame = frames::largest(connection, relation).ok().flatten();
        let packed = frame.and_then(|frame| frame.warning(&run.budget));
        query.warnings.extend(packed.clone());
        let schema = schema_json(&query.fields);
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        partition_by(&mut query, &names, run, relation, node)?;
        warn_of_instants(&mut query);
        let description = description.or_else(|| relation.comment.clone());
        let mark = Mark::new(&run.owner, relation, id);
        Ok(Self {
            packed,
            state: state(&schema, description.as_deref(), &mark, &query.partition),
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

    /// How the table is divided into parts.
    pub(super) fn division(&self, part_rows: Option<u64>) -> Division {
        match (self.query.partition.is_empty(), self.query.has_row_numbers()) {
            (false, _) => Division::Partitions,
            (true, true) => Division::Runs(part_rows),
            (true, false) => Division::Whole,
        }
    }

    /// Whether a table has this schema, description and these partitions.
    pub(super) fn is_said(&self, snapshot: &Snapshot) -> bool {
        let description = self.description.as_deref();
        snapshot.metadata.says(&self.schema, description, &self.query.partition)
    }

    /// The rows of a table's newest version, when its files may hold these columns.
    pub(super) fn stored(&self, snapshot: &Snapshot) -> Option<Stored> {
        let fits = snapshot.metadata.has_shape(&self.schema, &self.query.partition);
        snapshot.last.as_ref().filter(|_| fits).and_then(|last| self.stored_in(last))
    }

    /// As [`TablePlan::stored`], from the commit's info. None with other options.
    pub(super) fn stored_in(&self, info: &CommitInfo) -> Option<Stored> {
        let fingerprint = info.fingerprint.clone()?;
        let parts = info.table_parts.clone().unwrap_or_default();
        let same_options = fingerprint.ends_with(&format!(";{}", self.options));
        same_options.then_some(Stored { fingerprint, parts, part_rows: info.part_rows })
    }

    /// Compares the rows with the stored ones, and finds the parts where that needs no scan of its own.
    pub(super) async fn compare(
        &self,
        run: &Arc<Run>,
        relation: &Relation,
        stored: Option<Stored>,
        reading: Reading,
    ) -> Result<Compared, ExportError> {
        let connection = run.connect()?;
        let (run, query, options) =
            (Arc::clone(run), Arc::clone(&self.query), self.options.clone());
        let is_view = relation.is_view;
        let compared = tokio::task::spawn_blocking(move || {
            let stored = stored.filter(|_| !run.force);
            let parts = find_parts(&run, &query, &connection, stored.as_ref(), reading)?;
            let fingerprint = match (&parts, &stored) {
                (Some(parts), _) => parts.iter().map(|part| part.fingerprint).sum(),
                (None, None) => return Ok(Compared::default()),
                (None, Some(stored)) => {
                    // Another number of rows is found out without a scan.
                    let rows = fingerprint_rows(&stored.fingerprint);
                    if !is_view && rows != Some(query.count(&connection)?) {
                        return Ok(Compared::default());
                    }
                    query.fingerprint(&connection, &run.cancel, reading)?
                }
            };
            let text = fingerprint_text(fingerprint, &options);
            let same = stored.is_some_and(|stored| stored.fingerprint == text);
            Ok(Compared { same: same.then_some(fingerprint), parts })
        });
        compared.await.map_err(|_| ExportError::Panic)?
    }

    /// Holds the table back when a guard objects to its rows. `before` is the last version's number of rows.
    pub(super) async fn check_guards(
        &self,
        run: &Arc<Run>,
        relation: &Relation,
        before: Option<u64>,
    ) -> Result<(), ExportError> {
        if !run.guards.are_set() {
            return Ok(());
        }
        let connection = run.connect()?;
        let (run, query, relation) = (Arc::clone(run), Arc::clone(&self.query), relation.clone());
        let checked = tokio::task::spawn_blocking(move || -> Result<_, ExportError> {
            let _guard = run.cancel.interrupts(&connection);
            if run.cancel.is_set() {
                return Err(ExportError::Interrupted);
            }
            if let Some(before) = before.filter(|_| run.guards.max_shrink.is_some()) {
                run.guards.check_rows(before, query.count(&connection)?)?;
            }
            run.guards.check_age(&connection, &relation)?;
            Ok(())
        });
        checked.await.map_err(|_| ExportError::Panic)?
    }

    /// Why a dry run would export, with the number of kept and of all parts where the table has several.
    pub(super) fn why(&self, snapshot: Option<&Snapshot>, kept: usize, parts: usize) -> Diagnostic {
        let (code, message) = match snapshot {
            None => ("new-table", "the table is new".to_owned()),
            Some(s) if !s.is_own() => {
                ("other-writer", "the newest version is another writer's".to_owned())
            }
            Some(s) if !self.is_said(s) => (
                "new-schema",
                "the schema, a description or the partitions have changed".to_owned(),
            ),
            Some(_) if kept > 0 => {
                let changed = parts - kept;
                ("new-rows", format!("the rows of {changed} of {parts} parts have changed"))
            }
            Some(_) => ("new-rows", "the rows have changed".to_owned()),
        };
        Diagnostic::info(code, message)
    }

    /// The commit of the written and the kept parts.
    pub(super) fn change(
        &self,
        run: &Run,
        relation: &Relation,
        written: &Written,
        kept: &[Part],
    ) -> Change {
        let parts: Vec<Part> = kept.iter().chain(&written.parts).cloned().collect();
        let fingerprint: Fingerprint = parts.iter().map(Part::fingerprint).sum();
        Change {
            name: relation.name.clone(),
            schema: self.schema.clone(),
            description: self.description.clone(),
            mark: self.mark.clone(),
            needs_ntz: self.needs_ntz(),
            partition: self.query.partition.clone(),
            adds: written.adds.clone(),
            kept: kept.iter().flat_map(|part| part.files.keys().cloned()).collect(),
            parts,
            part_rows: written.part_rows,
            rows: fingerprint.rows,
            run_id: run.id.clone(),
            fingerprint: fingerprint_text(fingerprint, &self.options),
            state: self.state.clone(),
        }
    }
}

/// The rows of a version, as its commit has them.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    fingerprint: String,
    pub(super) parts: Vec<Part>,
    pub(super) part_rows: Option<u64>,
}

/// The rows of the database beside the stored ones.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// The fingerprint of both, when they are the same.
    pub(super) same: Option<Fingerprint>,
    /// The parts, where they were looked for.
    pub(super) parts: Option<Vec<FoundPart>>,
}

/// The parts of the database: always of a table with partitions, and of another when its newest version has several.
fn find_parts(
    run: &Run,
    query: &Query,
    connection: &Connection,
    stored: Option<&Stored>,
    reading: Reading,
) -> Result<Option<Vec<FoundPart>>, ExportError> {
    if !query.partition.is_empty() {
        let parts = query.partitions(connection, &run.cancel, reading)?;
        partition::check(&query.partition_fields(), &parts)?;
        return Ok(Some(parts));
    }
    let rows = stored.filter(|stored| stored.parts.len() > 1).and_then(|stored| stored.part_rows);
    match rows.filter(|_| query.has_row_numbers()) {
        Some(rows) => Ok(query.chunks(connection, &run.cancel, reading, rows)?),
        None => Ok(None),
    }
}

/// Partitions the table as an option or its model says.
fn partition_by(
    query: &mut Query,
    names: &[&str],
    run: &Run,
    relation: &Relation,
    node: Option<&Node>,
) -> Result<(), ExportError> {
    // Delta may have another name for the column.
    let renamed = |column: String, query: &Query| {
        let position = names.iter().position(|name| name.eq_ignore_ascii_case(&column));
        position.map_or(column, |position| query.fields[position].name.clone())
    };
    let rule = run.partitions.iter().find(|rule| rule.pattern.matches(relation));
    if let Some(rule) = rule {
        let columns: Vec<_> = rule.columns.iter().map(|c| renamed(c.clone(), query)).collect();
        return Ok(query.partition_by(&columns)?);
    }
    let columns = node.map(Node::partition_by).unwrap_or_default();
    let columns: Vec<_> = columns.into_iter().map(|column| renamed(column, query)).collect();
    if let Err(unfit) = query.partition_by(&columns) {
        // The setting may be another adapter's, with an expression for it.
        let message = format!("the model's partition_by is not followed: {unfit}");
        query.warnings.push(Diagnostic::warning("bad-partition", message));
    }
    Ok(())
}

/// The form of an instant that has a zone is exact for all readers but one (measured with Trino 449).
fn warn_of_instants(query: &mut Query) {
    let is_instant = |field: &&Field| field.ty == DeltaType::Timestamp;
    if let Some(field) = query.partition_fields().into_iter().find(is_instant) {
        let message =
            format!("Trino cannot read the partitions by \"{}\", a TIMESTAMPTZ", field.name);
        let hint = "partition by a DATE or a TIMESTAMP";
        query.warnings.push(Diagnostic::warning("instant-partition", message).hint(hint));
    }
}

/// A number for the parts of a table that are not its rows.
fn state(schema: &Value, description: Option<&str>, mark: &Mark, partition: &[String]) -> String {
    let mut text = format!("{schema}\n{description:?}\n{mark:?}");
    if !partition.is_empty() {
        text.push_str(&format!("\n{partition:?}"));
    }
    format!("{:016x}", fnv(text.as_bytes()))
}
