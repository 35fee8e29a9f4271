//! The Parquet writer's statistics of a file's columns, over all its row groups.

use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;

/// The statistics of one Parquet column over all row groups of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Leaf {
    pub(super) nulls: u64,
    pub(super) bounds: Bounds,
}

#[derive(Debug, Clone, Default)]
pub(super) enum Bounds {
    /// No value yet.
    #[default]
    Empty,
    /// Values whose bounds are not known.
    Unknown,
    Integer(i128, i128),
    Float(f64, f64),
    Text(Vec<u8>, Vec<u8>),
}

impl Bounds {
    fn widen(&mut self, other: Bounds) {
        let bounds = std::mem::take(self);
        *self = match (bounds, other) {
            (Bounds::Empty, any) | (any, Bounds::Empty) => any,
            (Bounds::Integer(a, b), Bounds::Integer(c, d)) => Bounds::Integer(a.min(c), b.max(d)),
            (Bounds::Float(a, b), Bounds::Float(c, d)) => Bounds::Float(a.min(c), b.max(d)),
            (Bounds::Text(a, b), Bounds::Text(c, d)) => Bounds::Text(a.min(c), b.max(d)),
            _ => Bounds::Unknown,
        };
    }
}

/// The columns of a file, in the order of their leaves.
pub(super) fn merge(metadata: &ParquetMetaData) -> Vec<Leaf> {
    let columns = metadata.file_metadata().schema_descr().num_columns();
    let mut leaves = vec![Leaf::default(); columns];
    for group in metadata.row_groups() {
        for (leaf, chunk) in leaves.iter_mut().zip(group.columns()) {
            let Some(statistics) = chunk.statistics() else {
                leaf.bounds = Bounds::Unknown;
                continue;
            };
            let nulls = statistics.null_count_opt().unwrap_or(0);
            leaf.nulls += nulls;
            let all_null = nulls as i64 == chunk.num_values();
            leaf.bounds.widen(chunk_bounds(statistics, all_null));
        }
    }
    leaves
}

fn chunk_bounds(statistics: &Statistics, all_null: bool) -> Bounds {
    if all_null {
        return Bounds::Empty;
    }
    let known = match statistics {
        Statistics::Int32(s) => ends(s.min_opt(), s.max_opt(), |v| i128::from(*v))
            .map(|(min, max)| Bounds::Integer(min, max)),
        Statistics::Int64(s) => ends(s.min_opt(), s.max_opt(), |v| i128::from(*v))
            .map(|(min, max)| Bounds::Integer(min, max)),
        Statistics::FixedLenByteArray(s) => {
            ends(s.min_opt(), s.max_opt(), |v| big_endian(v.data()))
                .map(|(min, max)| Bounds::Integer(min, max))
        }
        // A NaN is larger than every number for some readers and none for others, so a file
        // that holds one has no bounds that serve both.
        Statistics::Float(s) if s.nan_count_opt() == Some(0) => {
            ends(s.min_opt(), s.max_opt(), |v| f64::from(*v))
                .map(|(min, max)| Bounds::Float(min, max))
        }
        Statistics::Double(s) if s.nan_count_opt() == Some(0) => {
            ends(s.min_opt(), s.max_opt(), |v| *v).map(|(min, max)| Bounds::Float(min, max))
        }
        Statistics::ByteArray(s) => ends(s.min_opt(), s.max_opt(), |v| v.data().to_vec())
            .map(|(min, max)| Bounds::Text(min, max)),
        _ => None,
    };
    known.unwrap_or(Bounds::Unknown)
}

fn ends<T, U>(min: Option<&T>, max: Option<&T>, read: impl Fn(&T) -> U) -> Option<(U, U)> {
    Some((read(min?), read(max?)))
}

/// A two's complement number of up to 16 bytes, the form of a wide decimal.
fn big_endian(bytes: &[u8]) -> i128 {
    let start = if bytes.first().is_some_and(|b| b & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(start, |n: i128, byte| (n << 8) | i128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_numbers_are_signed() {
        assert_eq!(big_endian(&(-2i128).to_be_bytes()), -2);
        assert_eq!(big_endian(&[0xff, 0x00]), -256);
        assert_eq!(big_endian(&[0x01, 0x00]), 256);
    }

    #[test]
    fn unknown_wins() {
        let mut bounds = Bounds::Integer(1, 2);
        bounds.widen(Bounds::Unknown);
        bounds.widen(Bounds::Integer(0, 9));
        assert!(matches!(bounds, Bounds::Unknown));
        let mut bounds = Bounds::Empty;
        bounds.widen(Bounds::Integer(3, 4));
        bounds.widen(Bounds::Empty);
        assert!(matches!(bounds, Bounds::Integer(3, 4)));
    }
}
