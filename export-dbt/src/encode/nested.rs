//! Null counts of lists and maps, which Parquet's statistics are not about.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;

use crate::types::{DeltaType, Field};

/// The lists and maps that are not themselves in a list or map.
pub(super) fn count_nested(fields: &[Field]) -> usize {
    fields
        .iter()
        .map(|field| match &field.ty {
            DeltaType::Array(_) | DeltaType::Map(..) => 1,
            DeltaType::Struct(members) => count_nested(members),
            _ => 0,
        })
        .sum()
}

/// Adds the NULLs of every list and map that is not itself in a list or map.
pub(super) fn count_nulls(
    ty: &DeltaType,
    array: &ArrayRef,
    outer: Option<&NullBuffer>,
    counts: &mut [u64],
    slot: &mut usize,
) {
    match ty {
        DeltaType::Array(_) | DeltaType::Map(..) => {
            let nulls = NullBuffer::union(outer, array.nulls());
            counts[*slot] += nulls.map_or(0, |nulls| nulls.null_count()) as u64;
            *slot += 1;
        }
        DeltaType::Struct(members) => {
            let nulls = NullBuffer::union(outer, array.nulls());
            for (member, column) in members.iter().zip(array.as_struct().columns()) {
                count_nulls(&member.ty, column, nulls.as_ref(), counts, slot);
            }
        }
        _ => {}
    }
}
