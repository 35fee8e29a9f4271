//! Where a part's rows end in the stream.

use arrow::array::RecordBatch;

use crate::chunk::Chunker;
use crate::query::{hashes, is_other_partition, partition_of};

/// How a table is divided into parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Division {
    /// One part.
    Whole,
    /// Runs of about so many rows; none for as many as the first rows' width lets expect to fit a file.
    Runs(Option<u64>),
    Partitions,
}

/// The next rows of a batch that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    /// 0 when the open part has ended with the batch before.
    pub(super) rows: usize,
    /// Whether the part ends after them.
    pub(super) ends: bool,
}

/// Finds the ends of parts.
#[derive(Debug)]
pub(super) enum Cutter {
    Whole,
    Runs(Chunker),
    Partitions {
        /// Columns before the partition columns' texts.
        columns: usize,
        /// The partition of the open part.
        open: Option<Vec<Option<String>>>,
    },
}

impl Cutter {
    /// The ends of the parts of a division into runs of `rows`, in batches with this many columns of the files.
    pub(super) fn new(division: Division, rows: u64, columns: usize) -> Self {
        match division {
            Division::Whole => Self::Whole,
            Division::Runs(_) => Self::Runs(Chunker::new(rows)),
            Division::Partitions => Self::Partitions { columns, open: None },
        }
    }

    /// The rows from `start` on that belong to the open part.
    pub(super) fn next(&mut self, batch: &RecordBatch, start: usize) -> Cut {
        let rest = batch.num_rows() - start;
        match self {
            Self::Whole => Cut { rows: rest, ends: false },
            Self::Runs(chunker) => match chunker.cut(&hashes(batch)[start..]) {
                Some(rows) => Cut { rows, ends: true },
                None => Cut { rows: rest, ends: false },
            },
            Self::Partitions { columns, open } => {
                let values = partition_of(batch, *columns, start);
                if open.as_ref().is_some_and(|open| *open != values) {
                    return Cut { rows: 0, ends: true };
                }
                *open = Some(values);
                let is_end = |row: &usize| is_other_partition(batch, *columns, *row);
                match (start + 1..batch.num_rows()).find(is_end) {
                    Some(end) => Cut { rows: end - start, ends: true },
                    None => Cut { rows: rest, ends: false },
                }
            }
        }
    }

    /// The values of the open part's partition.
    pub(super) fn partition(&self) -> &[Option<String>] {
        match self {
            Self::Partitions { open, .. } => open.as_deref().unwrap_or_default(),
            Self::Whole | Self::Runs(_) => &[],
        }
    }

    /// Closes the open part, and returns the values of its partition.
    pub(super) fn close(&mut self) -> Vec<Option<String>> {
        match self {
            Self::Partitions { open, .. } => open.take().unwrap_or_default(),
            Self::Whole | Self::Runs(_) => Vec::new(),
        }
    }
}
