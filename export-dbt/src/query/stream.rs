//! The rows on their way to the encoder, in groups.

use std::ops::Range;

use arrow::array::RecordBatch;
use duckdb::Connection;

use super::{Groups, MOST_SLICE, Query, ReadError, Reading, Wanted, filter, slice};
use crate::cancel::Cancel;
use crate::failure::Failure;
use crate::part::FoundPart;

/// Rows that are encoded together.
const GROUP_ROWS: usize = 61_440;

/// Bytes of Arrow memory after which a group is passed on, however few its rows.
const GROUP_BYTES: usize = 8 << 20;

/// The rows of the first slice.
const FIRST_SLICE: u64 = 32;

/// Bytes of Arrow memory that a slice is to have. DuckDB decodes each vector of 2,048 rows again for every
/// slice in it, so that smaller slices cost time.
const SLICE_BYTES: u64 = 8 << 20;

/// Partitions of one query.
const PARTITIONS: usize = 5_000;

/// A reading of each partition for itself may cost as many scans of the table; a sort costs as much as a few.
const SCANS: u64 = 3;

/// Whether the encoder still takes groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Open,
    Closed,
}

impl Query {
    /// Sends the rows, in groups, until the end, an error or a closed channel. Every batch has
    /// the files' columns, the texts of the partition columns, and the rows' hashes. Batches of more than
    /// `widest` bytes are to be read in slices.
    pub(crate) fn stream(
        &self,
        connection: &Connection,
        cancel: &Cancel,
        reading: Reading,
        widest: usize,
        wanted: &Wanted,
        sender: &Groups,
    ) {
        let _guard = cancel.interrupts(connection);
        let sending = Sending { query: self, connection, cancel, reading, widest, sender };
        // A stop before the guard interrupts no query.
        let sent = match cancel.is_set() {
            true => Err(ReadError::Interrupted),
            false => sending.send(wanted),
        };
        if let Err(error) = sent {
            // The other end may have failed first, and has its own error to report.
            let _ = sender.send(Err(error));
        }
    }

    fn select(&self, rest: &str) -> String {
        let columns = self.stored_expressions.iter().chain(&self.texts).chain([&self.hash]);
        let columns = columns.map(String::as_str).collect::<Vec<_>>().join(", ");
        format!("SELECT {columns} FROM {}{rest}", self.relation)
    }
}

#[derive(Clone, Copy)]
struct Sending<'a> {
    query: &'a Query,
    connection: &'a Connection,
    cancel: &'a Cancel,
    reading: Reading,
    widest: usize,
    sender: &'a Groups,
}

impl Sending<'_> {
    fn send(self, wanted: &Wanted) -> Result<Channel, ReadError> {
        match wanted {
            Wanted::All => match self.query.end(self.connection, self.reading)? {
                Some(end) => self.send_slices(0..end, ""),
                None => self.send_groups(""),
            },
            Wanted::Ranges(ranges) => {
                for range in ranges {
                    if self.send_range(range, "")? == Channel::Closed {
                        return Ok(Channel::Closed);
                    }
                }
                Ok(Channel::Open)
            }
            Wanted::Partitions { parts, are_all } => match self.each_for_itself(parts)? {
                true => self.send_partitions(parts),
                false => self.send_sorted(parts, *are_all),
            },
        }
    }

    /// Whether to read one partition after the other: wide rows are never sorted, and rows that lie together need not be.
    fn each_for_itself(self, parts: &[FoundPart]) -> Result<bool, ReadError> {
        if !self.query.has_row_numbers() {
            return Ok(false);
        }
        let spans = parts.iter().filter_map(|part| part.rows.as_ref());
        let read: u64 = spans.map(|rows| rows.end - rows.start).sum();
        let all = self.query.after_last(self.connection)?;
        Ok(self.reading == Reading::Slices || read <= all.saturating_mul(SCANS))
    }

    fn send_partitions(self, parts: &[FoundPart]) -> Result<Channel, ReadError> {
        for part in parts {
            let Some(rows) = &part.rows else { continue };
            if self.send_range(rows, &self.query.is_in(&part.values))? == Channel::Closed {
                return Ok(Channel::Closed);
            }
        }
        Ok(Channel::Open)
    }

    fn send_sorted(self, parts: &[FoundPart], are_all: bool) -> Result<Channel, ReadError> {
        let order = format!(" ORDER BY {}", self.query.texts.join(", "));
        if are_all {
            return self.send_groups(&order);
        }
        for parts in parts.chunks(PARTITIONS) {
            let rest = format!("{}{order}", filter(&[&self.query.is_among(parts)]));
            if self.send_groups(&rest)? == Channel::Closed {
                return Ok(Channel::Closed);
            }
        }
        Ok(Channel::Open)
    }

    fn send_range(self, rows: &Range<u64>, condition: &str) -> Result<Channel, ReadError> {
        match self.reading {
            Reading::Stream => {
                self.send_groups(&filter(&[&slice(rows.start, rows.end), condition]))
            }
            Reading::Slices => self.send_slices(rows.clone(), condition),
        }
    }

    fn send_groups(self, rest: &str) -> Result<Channel, ReadError> {
        let sql = self.query.select(rest);
        let explain = |error: duckdb::Error| self.explain(&error);
        let mut statement = self.connection.prepare(&sql).map_err(explain)?;
        let stream = statement.stream_arrow([]).map_err(explain)?;
        let (mut group, mut rows, mut bytes) = (Vec::new(), 0, 0);
        for batch in stream {
            if self.cancel.is_set() {
                return Err(ReadError::Interrupted);
            }
            let batch = batch.map_err(explain)?;
            rows += batch.num_rows();
            let size = batch.get_array_memory_size();
            if self.reading == Reading::Stream && size > self.widest {
                return Err(ReadError::Memory(format!(
                    "{} rows take {size} bytes",
                    batch.num_rows()
                )));
            }
            bytes += size;
            group.push(batch);
            if rows >= GROUP_ROWS || bytes >= GROUP_BYTES {
                (rows, bytes) = (0, 0);
                if self.sender.send(Ok(std::mem::take(&mut group))).is_err() {
                    return Ok(Channel::Closed);
                }
            }
        }
        if !group.is_empty() && self.sender.send(Ok(group)).is_err() {
            return Ok(Channel::Closed);
        }
        Ok(Channel::Open)
    }

    /// As [`Self::send_groups`], few rows at a time: as many as the last slice lets expect to be small enough.
    fn send_slices(self, range: Range<u64>, condition: &str) -> Result<Channel, ReadError> {
        let (mut start, mut rows) = (range.start, FIRST_SLICE);
        while start < range.end {
            if self.cancel.is_set() {
                return Err(ReadError::Interrupted);
            }
            let end = range.end.min(start + rows);
            let group = match self.slice_rows(&filter(&[&slice(start, end), condition])) {
                Ok(group) => group,
                Err(error) if Failure::of(&error) == Failure::Memory && rows > 1 => {
                    rows /= 2;
                    continue;
                }
                Err(error) => return Err(self.explain(&error)),
            };
            start = end;
            let bytes: usize = group.iter().map(RecordBatch::get_array_memory_size).sum();
            let fitting = (rows as f64 * SLICE_BYTES as f64 / bytes.max(1) as f64) as u64;
            rows = fitting.clamp(1, MOST_SLICE.min(rows * 4));
            if !group.is_empty() && self.sender.send(Ok(group)).is_err() {
                return Ok(Channel::Closed);
            }
        }
        Ok(Channel::Open)
    }

    fn slice_rows(self, rest: &str) -> duckdb::Result<Vec<RecordBatch>> {
        let mut statement = self.connection.prepare(&self.query.select(rest))?;
        statement.stream_arrow([])?.collect()
    }

    fn explain(self, error: &duckdb::Error) -> ReadError {
        self.query.explain(self.connection, self.cancel, error)
    }
}
