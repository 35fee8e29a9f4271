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

/// How a relation is read.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) fields: Vec<Field>,
    /// Conversions that lose digits, for the report.
    pub(crate) warnings: Vec<Diagnostic>,
    relation: String,
    expressions: Vec<String>,
    hash: String,
}

/// Why rows did not come.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("interrupted")]
    Interrupted,
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
    ) -> Result<Fingerprint, ReadError> {
        let _guard = cancel.interrupts(connection);
        let sql = format!(
            "SELECT count(*), CAST(coalesce(sum({}), 0) AS VARCHAR) FROM {}",
            self.hash, self.relation
        );
        let result = connection
            .query_row(&sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)));
        let (rows, sum) = result.map_err(|error| self.explain(connection, cancel, &error))?;
        Ok(Fingerprint { rows: rows.max(0) as u64, sum: sum.parse().unwrap_or_default() })
    }

    /// Sends the rows, in groups, until the end, an error or a closed channel. Every batch has
    /// the columns and then the rows' hashes.
    pub(crate) fn stream(
        &self,
        connection: &Connection,
        cancel: &Cancel,
        sender: &SyncSender<Result<Vec<RecordBatch>, ReadError>>,
    ) {
        let _guard = cancel.interrupts(connection);
        if let Err(error) = self.send_groups(connection, cancel, sender) {
            // The other end may have failed first, and has its own error to report.
            let _ = sender.send(Err(error));
        }
    }

    fn send_groups(
        &self,
        connection: &Connection,
        cancel: &Cancel,
        sender: &SyncSender<Result<Vec<RecordBatch>, ReadError>>,
    ) -> Result<(), ReadError> {
        let sql =
            format!("SELECT {}, {} FROM {}", self.expressions.join(", "), self.hash, self.relation);
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
        ReadError::Engine(sentence(error))
    }
}

/// The hashes that a batch of [`Query::stream`] ends with.
pub(crate) fn hashes(batch: &RecordBatch) -> &[u64] {
    batch.columns().last().map_or(&[], |column| column.as_primitive::<UInt64Type>().values())
}
