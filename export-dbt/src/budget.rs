//! One memory limit, shared out to DuckDB, the encoders and the uploads.

use crate::catalog::Limits;
use crate::encode;
use crate::problem::{Advice, Problem};
use crate::query::Reading;
use common::quantity;

/// The memory of the process before it exports a row: code, threads, TLS, DuckDB's catalog.
const BASE: u64 = 96 << 20;

/// S3 wants parts of at least 5 MiB, and at most 10,000 of them.
const PART_BYTES: u64 = 8 << 20;

/// Most parts of one file, with room to spare.
const MOST_PARTS: u64 = 9_000;

/// The least memory of one table beside its row group: two groups of rows, and the parts
/// being filled, waiting and sent.
const PER_TABLE: u64 = 48 << 20;

/// Row groups of a table that are held: one being encoded, and one on its way into the file.
const ROW_GROUPS: u64 = 2;

/// The smallest row group that is worth its footer.
const LEAST_ROW_GROUP: u64 = 4 << 20;

/// The largest row group; Trino reads a row group of a column at a time.
const MOST_ROW_GROUP: u64 = 64 << 20;

/// The row group of wide rows, which need the memory in DuckDB.
const WIDE_ROW_GROUP: u64 = 16 << 20;

/// Vectors of wide rows, batches on their way and free pages that DuckDB keeps, beside its limit, as measured.
const WIDE_ROWS: u64 = 96 << 20;

/// The memory of the process beside values that DuckDB has unpacked together, as measured.
const BESIDE_UNPACKED: u64 = 128 << 20;

/// The least that DuckDB gets.
const LEAST_DUCKDB: u64 = 64 << 20;

/// One byte of memory for this many of a database file, as measured.
const REMEMBERED_PART: u64 = 80;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Bytes of the process.
    limit: u64,
    /// Tables at a time.
    pub(crate) jobs: usize,
    /// DuckDB's memory, in bytes.
    pub(crate) duckdb: u64,
    /// Bytes after which a row group ends.
    pub(crate) row_group: u64,
    /// Bytes of a part of an upload.
    pub(crate) part: usize,
    /// Threads that encode one table.
    pub(crate) threads: usize,
}

/// A limit that is too small to work in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("--memory-limit is too small; the least is {}", quantity::show(Budget::least()))]
pub(crate) struct TooSmall;

impl Problem for TooSmall {
    fn advice(&self) -> Advice {
        ("memory-limit", "")
    }
}

impl Budget {
    /// The least memory limit, in bytes.
    pub(crate) const fn least() -> u64 {
        BASE + LEAST_DUCKDB + PER_TABLE + ROW_GROUPS * LEAST_ROW_GROUP
    }

    /// Shares `limit` bytes out to up to `jobs` tables at a time on `cores` cores.
    pub(crate) fn new(
        limit: u64,
        jobs: usize,
        cores: usize,
        file_size: u64,
    ) -> Result<Self, TooSmall> {
        if limit < Self::least() {
            return Err(TooSmall);
        }
        let usable = limit - BASE;
        let duckdb = (usable / 3).max(LEAST_DUCKDB);
        let tables = usable - duckdb;
        let fit = (tables / (PER_TABLE + ROW_GROUPS * LEAST_ROW_GROUP)).max(1);
        let jobs = jobs.min(fit as usize).max(1);
        let row_group = (tables / jobs as u64).saturating_sub(PER_TABLE) / ROW_GROUPS;
        Ok(Self {
            limit,
            jobs,
            duckdb,
            // A file holds whole row groups.
            row_group: row_group.clamp(LEAST_ROW_GROUP, MOST_ROW_GROUP).min(file_size),
            part: PART_BYTES.max(file_size / MOST_PARTS) as usize,
            threads: cores.max(1),
        })
    }

    /// DuckDB's share, for a database file of `file` bytes. DuckDB's notes on each segment that it has read
    /// are outside its limit and grow with the file, so the limit shrinks by them.
    ///
    /// The thread that takes a stream's batches works in DuckDB too, and more threads than are
    /// needed wait busily for it, so half of them leave the rest to the encoders.
    pub(crate) fn limits(&self, file: u64) -> Limits {
        let remembered = (file / REMEMBERED_PART).min(self.duckdb / 2);
        let memory = (self.duckdb - remembered).max(LEAST_DUCKDB);
        Limits { memory, threads: (self.threads / 2).max(1) }
    }

    /// DuckDB's shares while one table with wide rows is alone, to be tried in turn: all but that table's and the rows
    /// beside it; and these, too, for values that DuckDB has to hold together.
    pub(crate) fn wide_limits(&self) -> [Limits; 2] {
        let tables = self.jobs as u64 * (PER_TABLE + ROW_GROUPS * self.row_group);
        let alone = PER_TABLE + ROW_GROUPS * self.wide_row_group();
        let all = self.duckdb + tables.saturating_sub(alone);
        [all.saturating_sub(WIDE_ROWS).max(LEAST_DUCKDB), all]
            .map(|memory| Limits { memory, threads: 1 })
    }

    /// The memory of the process while DuckDB holds so many bytes of values beside its limit, if that is more than the
    /// process is to have.
    pub(crate) fn beyond(&self, bytes: u64) -> Option<u64> {
        let whole = BESIDE_UNPACKED + bytes;
        (whole > self.limit).then_some(whole)
    }

    /// The largest batch of 2,048 rows that is read in one stream: several are on their way at a time.
    pub(crate) fn widest_batch(&self) -> usize {
        (self.duckdb / 6) as usize
    }

    fn wide_row_group(&self) -> u64 {
        self.row_group.min(WIDE_ROW_GROUP)
    }

    /// An encoder's share.
    pub(crate) fn encoder(&self, reading: Reading) -> encode::Settings {
        let row_group = match reading {
            Reading::Stream => self.row_group,
            Reading::Slices => self.wide_row_group(),
        };
        encode::Settings { threads: self.threads, row_group_bytes: row_group as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn shares_fit_the_limit() {
        for limit in [Budget::least(), 256 * MIB, 384 * MIB, 1024 * MIB, 8192 * MIB] {
            for asked in [1, 2, 8] {
                let budget = Budget::new(limit, asked, 4, 256 * MIB).unwrap();
                let jobs = budget.jobs as u64;
                let used =
                    BASE + budget.duckdb + jobs * (PER_TABLE + ROW_GROUPS * budget.row_group);
                assert!(used <= limit, "{limit} {asked}: {budget:?}");
                assert!(budget.jobs >= 1 && budget.jobs <= asked);
                let alone = BASE + PER_TABLE + ROW_GROUPS * budget.wide_row_group();
                let [careful, all] = budget.wide_limits().map(|limits| limits.memory);
                assert!(alone + all <= limit && careful <= all);
                assert!(alone + WIDE_ROWS + careful <= limit || careful == LEAST_DUCKDB);
            }
        }
        assert_eq!(Budget::new(100 * MIB, 1, 1, MIB), Err(TooSmall));
    }

    #[test]
    fn huge_files_get_larger_parts() {
        let budget = Budget::new(1024 * MIB, 1, 1, 1 << 40).unwrap();
        assert!((1u64 << 40).div_ceil(budget.part as u64) < 10_000);
    }
}
