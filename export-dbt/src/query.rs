//! The SQL that exports a relation, and the stream of Arrow batches that it gives.

use std::sync::mpsc::SyncSender;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use common::diagnostic::Diagnostic;
use common::secrets::names_secret;
use duckdb::Connection;

use crate::cancel::Cancel;
use crate::catalog::{Column, Relation};
use crate::failure::{Failure, sentence};
use crate::fingerprint::{Fingerprint, row_hash};
use crate::source::{Mapping, quote};
use crate::types::Field;

/// Rows that are encoded together.
const GROUP_ROWS: usize = 61_440;

/// Bytes of Arrow memory after which a group is passed on, however few its rows.
const GROUP_BYTES: usize = 8 << 20;

/// The first slice of wide rows, and the most rows of one.
const FIRST_SLICE: u64 = 32;
const MOST_SLICE: u64 = 122_880;

/// Bytes of Arrow memory that a slice is to have. DuckDB decodes each vector of 2,048 rows again for every
/// slice in it, so that smaller slices cost time.
const SLICE_BYTES: u64 = 12 << 20;

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
    pub(crate) fields: Vec<Field>,
    /// Conversions that lose digits, for the report.
    pub(crate) warnings: Vec<Diagnostic>,
    relation: String,
    is_view: bool,
    expressions: Vec<String>,
    hash: String,
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
        Self {
            fields: columns
                .iter()
                .map(|column| Field {
                    name: column.name.clone(),
                    ty: column.ty.to_delta(mapping),
                    comment: column.comment.clone(),
                })
                .collect(),
            warnings,
            relation: relation.sql_name(),
            is_view: relation.is_view,
            hash: row_hash(&hashed),
            expressions,
        }
    }

    /// The number of rows, which DuckDB knows of a table without a scan.
    pub(crate) fn count(&self, connection: &Connection) -> Result<u64, ReadError> {
        let sql = format!("SELECT count(*) FROM {}", self.relation);
        let rows: i64 = connection
            .query_row(&sql, [], |row| row.get(0))
            .map_err(|error| ReadError::Engine(sentence(&error)))?;
        Ok(rows.max(0) as u64)
    }

    /// The fingerprint, in one scan that exports nothing.
    pub(crate) fn fingerprint(
        &self,
        connection: &Connection,
        cancel: &Cancel,
        reading: Reading,
    ) -> Result<Fingerprint, ReadError> {
        let _guard = cancel.interrupts(connection);
        let Some(end) = self.end(connection, reading)? else {
            let found = self.hash_rows(connection, "");
            return found.map_err(|error| self.explain(connection, cancel, &error));
        };
        let mut total = Fingerprint::default();
        let (mut start, mut rows) = (0, MOST_SLICE);
        while start < end {
            match self.hash_rows(connection, &slice(start, start + rows)) {
                Ok(part) => {
                    total = total + part;
                    start += rows;
                }
                Err(error) if Failure::of(&error) == Failure::Memory && rows > 1 => rows /= 2,
                Err(error) => return Err(self.explain(connection, cancel, &error)),
            }
        }
        Ok(total)
    }

    fn hash_rows(&self, connection: &Connection, part: &str) -> duckdb::Result<Fingerprint> {
        let sql = format!(
            "SELECT count(*), CAST(coalesce(sum({}), 0) AS VARCHAR) FROM {}{part}",
            self.hash, self.relation
        );
        let (rows, sum): (i64, String) =
            connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Fingerprint { rows: rows.max(0) as u64, sum: sum.parse().unwrap_or_default() })
    }

    /// The number after the last row's, where rows are read in slices and can be: a view's have no numbers, and
    /// a column may hide them.
    fn end(&self, connection: &Connection, reading: Reading) -> Result<Option<u64>, ReadError> {
        let hidden =
            self.is_view || self.fields.iter().any(|f| f.name.eq_ignore_ascii_case("rowid"));
        if reading == Reading::Stream || hidden {
            return Ok(None);
        }
        let sql = format!("SELECT coalesce(max(rowid) + 1, 0) FROM {}", self.relation);
        let end: i64 = connection
            .query_row(&sql, [], |row| row.get(0))
            .map_err(|error| ReadError::Engine(sentence(&error)))?;
        Ok(Some(end.max(0) as u64))
    }

    /// Sends the rows, in groups, until the end, an error or a closed channel. Every batch has
    /// the columns and then the rows' hashes.
    pub(crate) fn stream(
        &self,
        connection: &Connection,
        cancel: &Cancel,
        reading: Reading,
        sender: &Groups,
    ) {
        let _guard = cancel.interrupts(connection);
        let sent = match self.end(connection, reading) {
            Ok(Some(end)) => self.send_slices(connection, cancel, end, sender),
            Ok(None) => self.send_groups(connection, cancel, sender),
            Err(error) => Err(error),
        };
        if let Err(error) = sent {
            // The other end may have failed first, and has its own error to report.
            let _ = sender.send(Err(error));
        }
    }

    fn send_groups(
        &self,
        connection: &Connection,
        cancel: &Cancel,
        sender: &Groups,
    ) -> Result<(), ReadError> {
        let sql = self.select("");
        let explain = |error: duckdb::Error| self.explain(connection, cancel, &error);
        let mut statement = connection.prepare(&sql).map_err(explain)?;
        let stream = statement.stream_arrow([]).map_err(explain)?;
        let (mut group, mut rows, mut bytes) = (Vec::new(), 0, 0);
        for batch in stream {
            if cancel.is_set() {
                return Err(ReadError::Interrupted);
            }
            let batch = batch.map_err(explain)?;
            rows += batch.num_rows();
            bytes += batch.get_array_memory_size();
            group.push(batch);
            if rows >= GROUP_ROWS || bytes >= GROUP_BYTES {
                (rows, bytes) = (0, 0);
                if sender.send(Ok(std::mem::take(&mut group))).is_err() {
                    return Ok(());
                }
            }
        }
        if !group.is_empty() {
            let _ = sender.send(Ok(group));
        }
        Ok(())
    }

    /// As [`Query::send_groups`], few rows at a time: as many as the last slice lets expect to be small enough.
    fn send_slices(
        &self,
        connection: &Connection,
        cancel: &Cancel,
        end: u64,
        sender: &Groups,
    ) -> Result<(), ReadError> {
        let (mut start, mut rows) = (0, FIRST_SLICE);
        while start < end {
            if cancel.is_set() {
                return Err(ReadError::Interrupted);
            }
            let group = match self.slice_rows(connection, start, start + rows) {
                Ok(group) => group,
                Err(error) if Failure::of(&error) == Failure::Memory && rows > 1 => {
                    rows /= 2;
                    continue;
                }
                Err(error) => return Err(self.explain(connection, cancel, &error)),
            };
            start += rows;
            let bytes: usize = group.iter().map(RecordBatch::get_array_memory_size).sum();
            let fitting = (rows as f64 * SLICE_BYTES as f64 / bytes.max(1) as f64) as u64;
            rows = fitting.clamp(1, MOST_SLICE.min(rows * 4));
            if !group.is_empty() && sender.send(Ok(group)).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn slice_rows(
        &self,
        connection: &Connection,
        start: u64,
        end: u64,
    ) -> duckdb::Result<Vec<RecordBatch>> {
        let mut statement = connection.prepare(&self.select(&slice(start, end)))?;
        statement.stream_arrow([])?.collect()
    }

    fn select(&self, part: &str) -> String {
        let expressions = self.expressions.join(", ");
        format!("SELECT {expressions}, {} FROM {}{part}", self.hash, self.relation)
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
    format!(" WHERE rowid >= {start} AND rowid < {end}")
}

/// The way of groups of batches to the encoder.
pub(crate) type Groups = SyncSender<Result<Vec<RecordBatch>, ReadError>>;

/// The hashes that a batch of [`Query::stream`] ends with.
pub(crate) fn hashes(batch: &RecordBatch) -> &[u64] {
    batch.columns().last().map_or(&[], |column| column.as_primitive::<UInt64Type>().values())
}
