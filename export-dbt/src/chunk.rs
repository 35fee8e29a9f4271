//! Cuts an unpartitioned table into runs of rows by their content, so that a row that comes, goes or changes moves
//! no cut but the ones beside it. A run that is as it was keeps its files.

use arrow::array::RecordBatch;

/// Bytes of Arrow memory that a run is to have: a file of some tens of MiB.
const BYTES: u64 = 128 << 20;

/// The fewest and the most rows that a run is to have.
const FEWEST: u64 = 2_048;
const MOST: u64 = 1 << 20;

/// Finds the ends of runs. It has to see all rows of a table in their order, or all of a run's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunker {
    rows: u64,
    held: u64,
}

impl Chunker {
    /// For runs of about so many rows, a power of two.
    pub(crate) fn new(rows: u64) -> Self {
        Self { rows: rows.max(2), held: 0 }
    }

    /// For rows as wide as those of a table's first batches.
    pub(crate) fn rows_for(batches: &[RecordBatch]) -> u64 {
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let bytes: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
        let fitting = BYTES * rows as u64 / (bytes as u64).max(1);
        (fitting.clamp(FEWEST, MOST) + 1).next_power_of_two() / 2
    }

    /// How many of the next rows, known by their hashes, belong to the open run, when it ends among them.
    pub(crate) fn cut(&mut self, hashes: &[u64]) -> Option<usize> {
        let (least, most) = (self.rows / 2, self.rows * 4);
        let skipped = (least.saturating_sub(self.held + 1) as usize).min(hashes.len());
        let is_end = |(index, hash): (usize, &u64)| {
            hash % least == 0 || self.held + index as u64 + 1 >= most
        };
        let found = hashes.iter().enumerate().skip(skipped).find(|each| is_end(*each));
        match found {
            Some((index, _)) => {
                self.held = 0;
                Some(index + 1)
            }
            None => {
                self.held += hashes.len() as u64;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::fnv;

    fn runs(hashes: &[u64], batch: usize) -> Vec<Vec<u64>> {
        let mut chunker = Chunker::new(64);
        let (mut runs, mut open) = (Vec::new(), Vec::new());
        for batch in hashes.chunks(batch) {
            let mut rest = batch;
            while let Some(rows) = chunker.cut(rest) {
                open.extend_from_slice(&rest[..rows]);
                runs.push(std::mem::take(&mut open));
                rest = &rest[rows..];
            }
            open.extend_from_slice(rest);
        }
        runs.push(open);
        runs
    }

    fn hashes(count: u64) -> Vec<u64> {
        (0..count).map(|i| fnv(&i.to_le_bytes()).rotate_left(17)).collect()
    }

    #[test]
    fn batches_do_not_matter() {
        let hashes = hashes(5_000);
        let whole = runs(&hashes, 5_000);
        assert!((40..150).contains(&whole.len()), "{}", whole.len());
        for batch in [1, 7, 64, 2048] {
            assert_eq!(runs(&hashes, batch), whole, "{batch}");
        }
    }

    #[test]
    fn a_change_moves_only_the_cuts_beside_it() {
        let before = hashes(5_000);
        let old = runs(&before, 500);
        let (mut gone, mut come) = (before.clone(), before.clone());
        gone.remove(2_500);
        come.insert(2_500, 3);
        for after in [gone, come, hashes(5_001)] {
            let new = runs(&after, 500);
            let changed = new.iter().filter(|run| !old.contains(run)).count();
            assert!(changed <= 3, "{changed} of {}", new.len());
        }
    }

    #[test]
    fn equal_rows_are_cut_too() {
        let runs = runs(&[1; 1_000], 100);
        assert_eq!(runs[0].len(), 256);
    }
}
