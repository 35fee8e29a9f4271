//! The SQL that exports a relation, and the stream of Arrow batches that it gives.

mod scan;
mod stream;

use std::ops::Range;
use std::sync::mpsc::SyncSender;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::UInt64Type;
use common::diagnostic::Diagnostic;
use common::secrets::names_secret;
use duckdb::Connection;

use crate::cancel::Cancel;
use crate::catalog::{Column, Relation};
use crate::failure::{Failure, sentence};
use crate::fingerprint::row_hash;
use crate::part::FoundPart;
use crate::partition::{self, Unfit};
use crate::source::{Mapping, literal, quote};
use crate::types::Field;

/// The most rows of a slice: those of a row group of DuckDB.
const MOST_SLICE: u64 = 122_880;

/// How the rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// In one stream, on several threads.
    Stream,
    /// Rows so wide that a vector of 2,048 does not fit the memory: few rows at a time.
    Slices,
}

/// How a relation is read.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    /// All columns, in the table's order.
    pub(crate) fields: Vec<Field>,
    /// The columns of the files: all but the partition columns.
    pub(crate) stored: Vec<Field>,
    /// The partition columns' names.
    pub(crate) partition: Vec<String>,
    /// Conversions that lose digits, for the report.
    pub(crate) warnings: Vec<Diagnostic>,
    relation: String,
    is_view: bool,
    expressions: Vec<String>,
    /// The expressions of the files' columns, in their order.
    stored_expressions: Vec<String>,
    /// The expressions of the partition columns' texts.
    texts: Vec<String>,
    hash: String,
}

/// The rows to read.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    All,
    /// Rows by their numbers, in ascending order.
    Ranges(Vec<Range<u64>>),
    /// The rows of these partitions, each partition's together.
    Partitions {
        parts: Vec<FoundPart>,
        are_all: bool,
    },
}

/// Why rows did not come.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("interrupted")]
    Interrupted,
    #[error("the rows are too wide for the memory limit: {0}")]
    Memory(String),
    #[error("column {column:?}: {message}")]
    Column { column: String, message: String },
    #[error("DuckDB: {0}")]
    Engine(String),
}

impl Query {
    /// Plans the export of a relation.
    pub(crate) fn new(relation: &Relation, columns: &[Column], mapping: Mapping) -> Self {
        let expressions: Vec<String> =
            columns.iter().map(|column| column.ty.to_sql(&quote(&column.name))).collect();
        let hashed: Vec<_> =
            columns.iter().map(|c| &c.ty).zip(expressions.iter().cloned()).collect();
        let warnings = columns
            .iter()
            .filter(|column| column.ty.truncates())
            .map(|column| {
                let message =
                    format!("column {:?}: nanoseconds are truncated to microseconds", column.name);
                Diagnostic::warning("truncated", message)
            })
            .collect();
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| Field {
                name: column.name.clone(),
                ty: column.ty.to_delta(mapping),
                comment: column.comment.clone(),
            })
            .collect();
        Self {
            stored: fields.clone(),
            fields,
            partition: Vec::new(),
            warnings,
            relation: relation.sql_name(),
            is_view: relation.is_view,
            hash: row_hash(&hashed),
            stored_expressions: expressions.clone(),
            texts: Vec::new(),
            expressions,
        }
    }

    /// Takes the columns of these names out of the files. Called when the names are those of Delta.
    ///
    /// # Errors
    /// When a column is not there or its type has no partitions.
    pub(crate) fn partition_by(&mut self, names: &[String]) -> Result<(), Unfit> {
        let mut positions = Vec::with_capacity(names.len());
        let (mut texts, mut partition) = (Vec::new(), Vec::new());
        for name in names {
            let found = self.fields.iter().position(|field| field.name.eq_ignore_ascii_case(name));
            let position = found.ok_or_else(|| Unfit::Column(name.clone()))?;
            if !positions.contains(&position) {
                positions.push(position);
            }
        }
        for position in &positions {
            let Field { name, ty, .. } = &self.fields[*position];
            let text = partition::text(ty, &self.expressions[*position]);
            texts.push(text.ok_or_else(|| Unfit::Nested { column: name.clone() })?);
            partition.push(name.clone());
        }
        if !positions.is_empty() && positions.len() == self.fields.len() {
            return Err(Unfit::All);
        }
        let rest = || (0..self.fields.len()).filter(|position| !positions.contains(position));
        self.stored_expressions = rest().map(|p| self.expressions[p].clone()).collect();
        self.stored = rest().map(|p| self.fields[p].clone()).collect();
        (self.texts, self.partition) = (texts, partition);
        Ok(())
    }

    /// The partition columns.
    pub(crate) fn partition_fields(&self) -> Vec<&Field> {
        let field = |name: &String| self.fields.iter().find(|field| field.name == *name);
        self.partition.iter().filter_map(field).collect()
    }

    /// Whether rows have numbers: a view's have none, and a column may hide them.
    pub(crate) fn has_row_numbers(&self) -> bool {
        !self.is_view && !self.fields.iter().any(|f| f.name.eq_ignore_ascii_case("rowid"))
    }

    /// The condition of a partition's rows.
    fn is_in(&self, values: &[Option<String>]) -> String {
        let equal = |(text, value): (&String, &Option<String>)| match value {
            Some(value) => format!("({text}) = {}", literal(value)),
            None => format!("({text}) IS NULL"),
        };
        self.texts.iter().zip(values).map(equal).collect::<Vec<_>>().join(" AND ")
    }

    /// The condition of the rows of several partitions.
    fn is_among(&self, parts: &[FoundPart]) -> String {
        // No value has the empty text, so that it may stand for NULL, which no list finds.
        let texts: Vec<_> = self.texts.iter().map(|text| format!("coalesce({text}, '')")).collect();
        let values = |part: &FoundPart| {
            let values = part.values.iter().map(|value| literal(value.as_deref().unwrap_or("")));
            format!("({})", values.collect::<Vec<_>>().join(", "))
        };
        let list = parts.iter().map(values).collect::<Vec<_>>().join(", ");
        format!("({}) IN ({list})", texts.join(", "))
    }

    /// The number of rows, which DuckDB knows of a table without a scan.
    pub(crate) fn count(&self, connection: &Connection) -> Result<u64, ReadError> {
        let sql = format!("SELECT count(*) FROM {}", self.relation);
        let rows: i64 = connection
            .query_row(&sql, [], |row| row.get(0))
            .map_err(|error| ReadError::Engine(sentence(&error)))?;
        Ok(rows.max(0) as u64)
    }

    /// The number after the last row's, where rows are read in slices and have numbers.
    fn end(&self, connection: &Connection, reading: Reading) -> Result<Option<u64>, ReadError> {
        if reading == Reading::Stream || !self.has_row_numbers() {
            return Ok(None);
        }
        self.after_last(connection).map(Some)
    }

    fn after_last(&self, connection: &Connection) -> Result<u64, ReadError> {
        let sql = format!("SELECT coalesce(max(rowid) + 1, 0) FROM {}", self.relation);
        let end: i64 = connection
            .query_row(&sql, [], |row| row.get(0))
            .map_err(|error| ReadError::Engine(sentence(&error)))?;
        Ok(end.max(0) as u64)
    }

    /// Finds the column that a conversion failed on: DuckDB's message has the value alone.
    fn explain(
        &self,
        connection: &Connection,
        cancel: &Cancel,
        error: &duckdb::Error,
    ) -> ReadError {
        if cancel.is_set() {
            return ReadError::Interrupted;
        }
        if Failure::of(error) == Failure::Value {
            for (field, expression) in self.fields.iter().zip(&self.expressions) {
                // An aggregate that needs every value, so that the cast is not optimised away.
                let sql =
                    format!("SELECT count(CAST({expression} AS VARCHAR)) FROM {}", self.relation);
                if let Err(error) = connection.query_row(&sql, [], |row| row.get::<_, i64>(0)) {
                    // DuckDB's sentence has the value.
                    let message = match names_secret(&field.name) {
                        true => "a value does not fit its type in Delta".to_owned(),
                        false => sentence(&error),
                    };
                    return ReadError::Column { column: field.name.clone(), message };
                }
            }
        }
        match Failure::of(error) {
            Failure::Memory => ReadError::Memory(sentence(error)),
            _ => ReadError::Engine(sentence(error)),
        }
    }
}

/// The condition of the rows from `start` to before `end`.
fn slice(start: u64, end: u64) -> String {
    format!("rowid >= {start} AND rowid < {end}")
}

/// The condition as a clause; empty for every row.
fn filter(conditions: &[&str]) -> String {
    let conditions: Vec<&str> = conditions.iter().copied().filter(|one| !one.is_empty()).collect();
    match conditions.is_empty() {
        true => String::new(),
        false => format!(" WHERE {}", conditions.join(" AND ")),
    }
}

/// Whether a row of a batch of [`Query::stream`] is of another partition than the one before it. `columns` is the number
/// of the files' columns.
pub(crate) fn is_other_partition(batch: &RecordBatch, columns: usize, row: usize) -> bool {
    texts(batch, columns).any(|text| match (text.is_null(row - 1), text.is_null(row)) {
        (false, false) => text.value(row - 1) != text.value(row),
        (before, now) => before != now,
    })
}

/// The texts of the partition columns of a row.
pub(crate) fn partition_of(batch: &RecordBatch, columns: usize, row: usize) -> Vec<Option<String>> {
    let text = |text: &StringArray| text.is_valid(row).then(|| text.value(row).to_owned());
    texts(batch, columns).map(text).collect()
}

fn texts(batch: &RecordBatch, columns: usize) -> impl Iterator<Item = &StringArray> {
    let end = batch.num_columns().saturating_sub(1);
    batch.columns()[columns.min(end)..end].iter().map(|column| column.as_string::<i32>())
}

/// The way of groups of batches to the encoder.
pub(crate) type Groups = SyncSender<Result<Vec<RecordBatch>, ReadError>>;

/// The hashes that a batch of [`Query::stream`] ends with.
pub(crate) fn hashes(batch: &RecordBatch) -> &[u64] {
    batch.columns().last().map_or(&[], |column| column.as_primitive::<UInt64Type>().values())
}
