//! A file's statistics in the Delta log, from what the Parquet writer measured.
//!
//! A reader skips a file whose statistics exclude its predicate, so a bound may lie outside the
//! values, never inside: strings are cut with the maximum rounded up, timestamps are widened to
//! milliseconds, and values that cannot be written exactly are left out.

mod bounds;
mod finite;
mod value;

use std::fmt::Write as _;

use parquet::file::metadata::ParquetMetaData;

use self::bounds::{Leaf, merge};
pub(crate) use self::finite::{Unstorable, check_finite};
pub(crate) use self::value::STRING_PREFIX_BYTES;
use self::value::quoted;
use crate::types::{DeltaType, Field};

/// The `stats` string of an add action.
///
/// `nested_nulls` are the null counts of the lists and maps outside other lists and maps, in
/// the order of the columns; Parquet's own counts are of their elements.
pub(crate) fn stats_json(
    fields: &[Field],
    metadata: &ParquetMetaData,
    nested_nulls: &[u64],
) -> String {
    let mut walk = Walk { leaves: merge(metadata), leaf: 0, nested_nulls, nested: 0 };
    let object = walk.object(fields);
    let rows = metadata.file_metadata().num_rows();
    let mut out = format!("{{\"numRecords\":{rows}");
    for (key, value) in
        [("minValues", object.min), ("maxValues", object.max), ("nullCount", object.nulls)]
    {
        let _ = write!(out, ",\"{key}\":{{{value}}}");
    }
    out.push('}');
    out
}

/// The parts of one struct's statistics, without their braces.
#[derive(Default)]
struct Object {
    min: String,
    max: String,
    nulls: String,
}

struct Walk<'a> {
    leaves: Vec<Leaf>,
    leaf: usize,
    nested_nulls: &'a [u64],
    nested: usize,
}

impl Walk<'_> {
    fn object(&mut self, fields: &[Field]) -> Object {
        let mut out = Object::default();
        for field in fields {
            let name = quoted(&field.name);
            match &field.ty {
                DeltaType::Struct(members) => {
                    let inner = self.object(members);
                    for (out, inner) in [
                        (&mut out.min, inner.min),
                        (&mut out.max, inner.max),
                        (&mut out.nulls, inner.nulls),
                    ] {
                        if !inner.is_empty() {
                            push(out, &name, &format!("{{{inner}}}"));
                        }
                    }
                }
                DeltaType::Array(_) | DeltaType::Map(..) => {
                    self.leaf += field.ty.leaves();
                    let nulls = self.nested_nulls.get(self.nested).copied();
                    self.nested += 1;
                    if let Some(nulls) = nulls {
                        push(&mut out.nulls, &name, &nulls.to_string());
                    }
                }
                ty => {
                    let Leaf { nulls, bounds } = self.leaves[self.leaf].clone();
                    self.leaf += 1;
                    let (min, max) = bounds.to_json(ty);
                    if let Some(min) = min {
                        push(&mut out.min, &name, &min);
                    }
                    if let Some(max) = max {
                        push(&mut out.max, &name, &max);
                    }
                    push(&mut out.nulls, &name, &nulls.to_string());
                }
            }
        }
        out
    }
}

fn push(object: &mut String, name: &str, value: &str) {
    if !object.is_empty() {
        object.push(',');
    }
    let _ = write!(object, "{name}:{value}");
}
