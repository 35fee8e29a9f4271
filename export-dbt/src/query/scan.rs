//! Scans that export nothing: the fingerprint of a relation, and of its parts.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::{ArrowPrimitiveType, Int64Type, UInt64Type};
use duckdb::Connection;

use super::{MOST_SLICE, Query, ReadError, Reading, filter, slice};
use crate::cancel::Cancel;
use crate::chunk::Chunker;
use crate::failure::Failure;
use crate::fingerprint::Fingerprint;
use crate::part::FoundPart;
use crate::partition::MOST_PARTITIONS;

impl Query {
    /// The fingerprint, in one scan.
    pub(crate) fn fingerprint(
        &self,
        connection: &Connection,
        cancel: &Cancel,
        reading: Reading,
    ) -> Result<Fingerprint, ReadError> {
        let mut total = Fingerprint::default();
        self.scan(connection, cancel, reading, |condition| {
            total = total + self.hash_rows(connection, condition)?;
            Ok(())
        })?;
        Ok(total)
    }

    /// The partitions, in the order of their values. One more than [`MOST_PARTITIONS`] at the most, which stands for
    /// any greater number; their fingerprints are then those of a part of the rows.
    pub(crate) fn partitions(
        &self,
        connection: &Connection,
        cancel: &Cancel,
        reading: Reading,
    ) -> Result<Vec<FoundPart>, ReadError> {
        let mut all: BTreeMap<Vec<Option<String>>, FoundPart> = BTreeMap::new();
        self.scan(connection, cancel, reading, |condition| {
            // Too many are refused, whatever the next slices have.
            if all.len() > MOST_PARTITIONS {
                return Ok(());
            }
            for part in self.grouped(connection, condition)? {
                let are_too_many = all.len() > MOST_PARTITIONS;
                match all.get_mut(&part.values) {
                    Some(known) => {
                        known.fingerprint = known.fingerprint + part.fingerprint;
                        let rows = known.rows.take().zip(part.rows);
                        known.rows = rows.map(|(a, b)| a.start.min(b.start)..a.end.max(b.end));
                    }
                    None if are_too_many => break,
                    None => drop(all.insert(part.values.clone(), part)),
                }
            }
            Ok(())
        })?;
        Ok(all.into_values().collect())
    }

    /// The runs of rows of a table whose rows have numbers; none when these do not ascend.
    pub(crate) fn chunks(
        &self,
        connection: &Connection,
        cancel: &Cancel,
        reading: Reading,
        rows: u64,
    ) -> Result<Option<Vec<FoundPart>>, ReadError> {
        let mut chunks = Chunks::new(rows);
        self.scan(connection, cancel, reading, |condition| {
            if reading == Reading::Slices {
                // DuckDB decodes whole vectors of wide columns where `rowid` stands beside them. A slice that runs out
                // of memory is read again, so that nothing of it is added before all of it is there.
                let numbers = self.column::<Int64Type>(connection, "rowid", condition)?;
                let hashes = self.column::<UInt64Type>(connection, &self.hash, condition)?;
                chunks.add(&numbers, &hashes);
            } else {
                let sql = format!("SELECT rowid, {} FROM {}{condition}", self.hash, self.relation);
                for batch in connection.prepare(&sql)?.stream_arrow([])? {
                    let batch = batch?;
                    let numbers = batch.column(0).as_primitive::<Int64Type>().values();
                    chunks.add(numbers, batch.column(1).as_primitive::<UInt64Type>().values());
                }
            }
            Ok(())
        })?;
        Ok(chunks.end())
    }

    /// Calls `read` with the condition of all rows, or of one slice after the other.
    fn scan(
        &self,
        connection: &Connection,
        cancel: &Cancel,
        reading: Reading,
        mut read: impl FnMut(&str) -> duckdb::Result<()>,
    ) -> Result<(), ReadError> {
        let _guard = cancel.interrupts(connection);
        // A stop before the guard, or between two queries, interrupts none.
        if cancel.is_set() {
            return Err(ReadError::Interrupted);
        }
        let Some(end) = self.end(connection, reading)? else {
            return read("").map_err(|error| self.explain(connection, cancel, &error));
        };
        let (mut start, mut rows) = (0, MOST_SLICE);
        while start < end {
            if cancel.is_set() {
                return Err(ReadError::Interrupted);
            }
            match read(&filter(&[&slice(start, start + rows)])) {
                Ok(()) => start += rows,
                Err(error) if Failure::of(&error) == Failure::Memory && rows > 1 => rows /= 2,
                Err(error) => return Err(self.explain(connection, cancel, &error)),
            }
        }
        Ok(())
    }

    fn hash_rows(&self, connection: &Connection, condition: &str) -> duckdb::Result<Fingerprint> {
        let sql = format!(
            "SELECT count(*), CAST(coalesce(sum({}), 0) AS VARCHAR) FROM {}{condition}",
            self.hash, self.relation
        );
        let (rows, sum): (i64, String) =
            connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(fingerprint(rows, &sum))
    }

    /// The values of an expression, in the order of the rows.
    fn column<T: ArrowPrimitiveType>(
        &self,
        connection: &Connection,
        expression: &str,
        condition: &str,
    ) -> duckdb::Result<Vec<T::Native>> {
        let sql = format!("SELECT {expression} FROM {}{condition}", self.relation);
        let mut values = Vec::new();
        for batch in connection.prepare(&sql)?.stream_arrow([])? {
            values.extend_from_slice(batch?.column(0).as_primitive::<T>().values());
        }
        Ok(values)
    }

    fn grouped(&self, connection: &Connection, condition: &str) -> duckdb::Result<Vec<FoundPart>> {
        let texts = self.texts.join(", ");
        let numbers = match self.has_row_numbers() {
            true => "min(rowid), max(rowid)",
            false => "CAST(NULL AS BIGINT), CAST(NULL AS BIGINT)",
        };
        let sql = format!(
            "SELECT count(*), CAST(sum({}) AS VARCHAR), {numbers}, {texts} FROM {}{condition} GROUP BY {texts} LIMIT {}",
            self.hash,
            self.relation,
            MOST_PARTITIONS + 1
        );
        let mut statement = connection.prepare(&sql)?;
        let columns = self.texts.len();
        let parts = statement.query_map([], |row| {
            let numbers: (Option<i64>, Option<i64>) = (row.get(2)?, row.get(3)?);
            let values = (4..4 + columns).map(|column| row.get(column));
            Ok(FoundPart {
                values: values.collect::<duckdb::Result<_>>()?,
                fingerprint: fingerprint(row.get(0)?, &row.get::<_, String>(1)?),
                rows: numbers.0.zip(numbers.1).map(|(a, b)| a.max(0) as u64..b.max(0) as u64 + 1),
            })
        })?;
        parts.collect()
    }
}

fn fingerprint(rows: i64, sum: &str) -> Fingerprint {
    Fingerprint { rows: rows.max(0) as u64, sum: sum.parse().unwrap_or_default() }
}

/// Runs of rows as they are found.
#[derive(Debug)]
struct Chunks {
    chunker: Chunker,
    done: Vec<FoundPart>,
    open: Fingerprint,
    start: u64,
    /// The number after the last row's.
    next: u64,
    ascending: bool,
}

impl Chunks {
    fn new(rows: u64) -> Self {
        let chunker = Chunker::new(rows);
        let open = Fingerprint::default();
        Self { chunker, done: Vec::new(), open, start: 0, next: 0, ascending: true }
    }

    fn add(&mut self, mut numbers: &[i64], mut hashes: &[u64]) {
        let in_order = numbers.windows(2).all(|pair| pair[0] < pair[1]);
        let first = numbers.first().is_none_or(|first| *first >= self.next as i64);
        self.ascending &= in_order && first;
        while let Some(rows) = self.chunker.cut(hashes) {
            self.take(&numbers[..rows], &hashes[..rows]);
            self.close();
            (numbers, hashes) = (&numbers[rows..], &hashes[rows..]);
        }
        self.take(numbers, hashes);
    }

    fn take(&mut self, numbers: &[i64], hashes: &[u64]) {
        self.open.extend(hashes);
        self.next = numbers.last().map_or(self.next, |last| *last as u64 + 1);
    }

    fn close(&mut self) {
        let fingerprint = std::mem::take(&mut self.open);
        let rows = Some(self.start..self.next);
        self.done.push(FoundPart { values: Vec::new(), fingerprint, rows });
        self.start = self.next;
    }

    fn end(mut self) -> Option<Vec<FoundPart>> {
        if self.open.rows > 0 {
            self.close();
        }
        self.ascending.then_some(self.done)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::super::Wanted;
    use super::*;
    use crate::catalog::{self, Relation};
    use crate::source::Mapping;

    /// A table of so many rows with different numbers.
    fn numbers(rows: u64) -> (Connection, Query) {
        let connection = Connection::open_in_memory().unwrap();
        let sql = format!("CREATE TABLE t AS SELECT i AS id, i AS number FROM range({rows}) t(i)");
        connection.execute_batch(&sql).unwrap();
        let relation = Relation {
            database: "memory".into(),
            schema: "main".into(),
            layer: "main".into(),
            name: "t".into(),
            is_view: false,
            comment: None,
            estimated_rows: rows,
        };
        let columns = catalog::columns(&connection, &relation).unwrap();
        (connection, Query::new(&relation, &columns, Mapping { timestamp_as_utc: false }))
    }

    #[test]
    fn a_stop_between_two_slices_is_seen() {
        let (connection, query) = numbers(2 * MOST_SLICE);
        let cancel = Cancel::default();
        let mut slices = 0;
        let scanned = query.scan(&connection, &cancel, Reading::Slices, |_| {
            slices += 1;
            cancel.set();
            Ok(())
        });
        assert!(matches!(scanned, Err(ReadError::Interrupted)), "{scanned:?}");
        assert_eq!(slices, 1);
    }

    #[test]
    fn too_many_partitions_are_no_more_than_one_too_many() {
        let (connection, mut query) = numbers(2 * MOST_SLICE);
        query.partition_by(&["number".to_owned()]).unwrap();
        for reading in [Reading::Stream, Reading::Slices] {
            let found = query.partitions(&connection, &Cancel::default(), reading).unwrap();
            assert_eq!(found.len(), MOST_PARTITIONS + 1, "{reading:?}");
        }
    }

    #[test]
    fn a_stop_before_the_first_query_is_seen() {
        let (connection, query) = numbers(1);
        let cancel = Cancel::default();
        cancel.set();
        for reading in [Reading::Stream, Reading::Slices] {
            let scanned = query.fingerprint(&connection, &cancel, reading);
            assert!(matches!(scanned, Err(ReadError::Interrupted)), "{scanned:?}");
            let (sender, receiver) = sync_channel(2);
            query.stream(&connection, &cancel, reading, usize::MAX, &Wanted::All, &sender);
            let group = receiver.recv().unwrap();
            assert!(matches!(group, Err(ReadError::Interrupted)), "{group:?}");
        }
    }
}
