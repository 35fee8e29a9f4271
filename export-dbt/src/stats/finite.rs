//! Infinite dates and timestamps, which Delta has no form for.

use parquet::file::metadata::ParquetMetaData;

use super::bounds::{Bounds, Leaf, merge};
use crate::types::{DeltaType, Field};

/// A value that Delta has no form for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column:?} holds the {kind} {value:?}, which Delta cannot store")]
pub(crate) struct Unstorable {
    /// The column, with the path to the member.
    pub(crate) column: String,
    /// `date` or `timestamp`.
    pub(crate) kind: &'static str,
    /// `infinity` or `-infinity`.
    pub(crate) value: &'static str,
}

/// Refuses DuckDB's infinite dates and timestamps, which Parquet's statistics show as the ends
/// of the physical range.
///
/// # Errors
/// Every column that holds one.
pub(crate) fn check_finite(
    fields: &[Field],
    metadata: &ParquetMetaData,
) -> Result<(), Vec<Unstorable>> {
    let leaves = merge(metadata);
    let mut faults = Vec::new();
    let mut leaf = 0;
    for field in fields {
        find_infinite(&field.ty, &field.name, &leaves, &mut leaf, &mut faults);
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn find_infinite(
    ty: &DeltaType,
    path: &str,
    leaves: &[Leaf],
    leaf: &mut usize,
    faults: &mut Vec<Unstorable>,
) {
    match ty {
        DeltaType::Struct(fields) => {
            for field in fields {
                find_infinite(&field.ty, &format!("{path}.{}", field.name), leaves, leaf, faults);
            }
        }
        DeltaType::Array(element) => find_infinite(element, path, leaves, leaf, faults),
        DeltaType::Map(key, value) => {
            find_infinite(key, path, leaves, leaf, faults);
            find_infinite(value, path, leaves, leaf, faults);
        }
        _ => {
            let (kind, end) = match ty {
                DeltaType::Date => ("date", i128::from(i32::MAX)),
                DeltaType::Timestamp | DeltaType::TimestampNtz => {
                    ("timestamp", i128::from(i64::MAX))
                }
                _ => {
                    *leaf += 1;
                    return;
                }
            };
            if let Some(Leaf { bounds: Bounds::Integer(min, max), .. }) = leaves.get(*leaf) {
                let mut add = |value| faults.push(Unstorable { column: path.into(), kind, value });
                if *max == end {
                    add("infinity");
                }
                // -i32::MAX and -i64::MAX: the smallest number of each type is a NULL in places.
                if *min <= -end {
                    add("-infinity");
                }
            }
            *leaf += 1;
        }
    }
}
