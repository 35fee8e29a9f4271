//! A file's statistics in the Delta log, from what the Parquet writer measured.
//!
//! A reader skips a file whose statistics exclude its predicate, so a bound may lie outside the
//! values, never inside: strings are cut with the maximum rounded up, timestamps are widened to
//! milliseconds, and what cannot be written exactly is left out.

use std::fmt::Write as _;

use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;

use crate::calendar;
use crate::types::{DeltaType, Field};

/// Characters kept of a string bound, as Spark keeps.
const STRING_PREFIX: usize = 32;

/// Bytes of a string bound that Parquet must keep so that [`STRING_PREFIX`] characters are whole.
pub const STRING_PREFIX_BYTES: usize = STRING_PREFIX * 4;

/// Digits up to which a decimal is the same after a trip through a JSON reader's double.
const DOUBLE_DIGITS: usize = 15;

/// What is known of one Parquet column over all row groups of a file.
#[derive(Debug, Clone, Default)]
struct Leaf {
    nulls: u64,
    bounds: Bounds,
}

#[derive(Debug, Clone, Default)]
enum Bounds {
    /// No value yet.
    #[default]
    Empty,
    /// Values whose bounds are not known.
    Unknown,
    Integer(i128, i128),
    Float(f64, f64),
    Text(Vec<u8>, Vec<u8>),
}

/// A value that Delta has no form for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column:?} holds the {kind} {value:?}, which Delta cannot store")]
pub struct Unstorable {
    /// The column, with the path to the member.
    pub column: String,
    /// `date` or `timestamp`.
    pub kind: &'static str,
    /// `infinity` or `-infinity`.
    pub value: &'static str,
}

/// The `stats` string of an add action.
///
/// `nested_nulls` are the null counts of the lists and maps outside other lists and maps, in
/// the order of the columns; Parquet's own counts are of their elements.
pub fn stats_json(fields: &[Field], metadata: &ParquetMetaData, nested_nulls: &[u64]) -> String {
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

/// Refuses DuckDB's infinite dates and timestamps, which Parquet's statistics show as the ends
/// of the physical range.
///
/// # Errors
/// Every column that holds one.
pub fn check_finite(fields: &[Field], metadata: &ParquetMetaData) -> Result<(), Vec<Unstorable>> {
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

fn merge(metadata: &ParquetMetaData) -> Vec<Leaf> {
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

impl Bounds {
    fn widen(&mut self, other: Bounds) {
        let own = std::mem::take(self);
        *self = match (own, other) {
            (Bounds::Empty, any) | (any, Bounds::Empty) => any,
            (Bounds::Integer(a, b), Bounds::Integer(c, d)) => Bounds::Integer(a.min(c), b.max(d)),
            (Bounds::Float(a, b), Bounds::Float(c, d)) => Bounds::Float(a.min(c), b.max(d)),
            (Bounds::Text(a, b), Bounds::Text(c, d)) => Bounds::Text(a.min(c), b.max(d)),
            _ => Bounds::Unknown,
        };
    }

    /// The bounds as JSON values; either may be missing.
    fn to_json(&self, ty: &DeltaType) -> (Option<String>, Option<String>) {
        match (self, ty) {
            (
                Bounds::Integer(min, max),
                DeltaType::Byte | DeltaType::Short | DeltaType::Integer | DeltaType::Long,
            ) => (Some(min.to_string()), Some(max.to_string())),
            (Bounds::Integer(min, max), DeltaType::Decimal(_, scale)) => {
                (Some(decimal(*min, *scale)), Some(decimal(*max, *scale)))
            }
            (Bounds::Integer(min, max), DeltaType::Date) => (date(*min), date(*max)),
            (Bounds::Integer(min, max), DeltaType::Timestamp | DeltaType::TimestampNtz) => {
                let zone = if *ty == DeltaType::Timestamp { "Z" } else { "" };
                let ceiling = max.div_euclid(1000) + i128::from(max.rem_euclid(1000) != 0);
                (timestamp(min.div_euclid(1000), zone), timestamp(ceiling, zone))
            }
            // A float is written with its double's digits: exact for readers of either width.
            (Bounds::Float(min, max), DeltaType::Float | DeltaType::Double) => {
                (float(*min), float(*max))
            }
            (Bounds::Text(min, max), DeltaType::String) => {
                let text = |bytes| std::str::from_utf8(bytes).ok();
                (
                    text(min).map(|text| quoted(&cut_down(text))),
                    text(max).and_then(cut_up).map(|text| quoted(&text)),
                )
            }
            _ => (None, None),
        }
    }
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

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A decimal, as a JSON number when a double keeps every digit and as a string otherwise.
fn decimal(unscaled: i128, scale: u8) -> String {
    let digits = unscaled.unsigned_abs().to_string();
    let scale = usize::from(scale);
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    let dot = if scale > 0 { "." } else { "" };
    let text = format!("{sign}{whole}{dot}{fraction}");
    if digits.len() <= DOUBLE_DIGITS { text } else { format!("\"{text}\"") }
}

fn date(days: i128) -> Option<String> {
    calendar::date(days).map(|date| format!("\"{date}\""))
}

fn timestamp(millis: i128, zone: &str) -> Option<String> {
    calendar::timestamp(millis).map(|time| format!("\"{time}{zone}\""))
}

fn float(value: f64) -> Option<String> {
    value.is_finite().then(|| serde_json::Value::from(value).to_string())
}

fn cut_down(text: &str) -> String {
    text.chars().take(STRING_PREFIX).collect()
}

/// The smallest easy text that is not less than any text with the same first characters; none
/// when the prefix has no successor.
fn cut_up(text: &str) -> Option<String> {
    let mut prefix: Vec<char> = text.chars().take(STRING_PREFIX + 1).collect();
    if prefix.len() <= STRING_PREFIX {
        return Some(text.to_string());
    }
    prefix.truncate(STRING_PREFIX);
    while let Some(last) = prefix.pop() {
        // The surrogates are no characters; code points order as their UTF-8 bytes do.
        let next =
            if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(last as u32 + 1) };
        if let Some(next) = next {
            prefix.push(next);
            return Some(prefix.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_every_digit() {
        assert_eq!(decimal(123_456_789_012_345_678, 3), "\"123456789012345.678\"");
        assert_eq!(decimal(9_007_199_254_740_993, 0), "\"9007199254740993\"");
        assert_eq!(decimal(-5, 3), "-0.005");
        assert_eq!(decimal(0, 2), "0.00");
        assert_eq!(decimal(42, 0), "42");
        assert_eq!(decimal(i128::from(i64::MIN), 10), "\"-922337203.6854775808\"");
    }

    #[test]
    fn wide_numbers_are_signed() {
        assert_eq!(big_endian(&(-2i128).to_be_bytes()), -2);
        assert_eq!(big_endian(&[0xff, 0x00]), -256);
        assert_eq!(big_endian(&[0x01, 0x00]), 256);
    }

    #[test]
    fn strings_are_rounded_outward() {
        let long = "é".repeat(40);
        assert_eq!(cut_down(&long).chars().count(), 32);
        let up = cut_up(&long).unwrap();
        assert!(up > long && up.chars().count() == 32, "{up}");
        assert_eq!(cut_up("short"), Some("short".into()));
        assert_eq!(cut_up(&"\u{10ffff}".repeat(33)), None);
        let carry = format!("a{}", "\u{10ffff}".repeat(40));
        assert_eq!(cut_up(&carry), Some("b".into()));
        let surrogates = format!("{}{}", "\u{d7ff}".repeat(32), "x");
        assert!(cut_up(&surrogates).unwrap() > surrogates);
    }

    #[test]
    fn timestamps_are_rounded_outward() {
        let bounds = Bounds::Integer(-1, 1_700_000_000_000_001);
        let (min, max) = bounds.to_json(&DeltaType::Timestamp);
        assert_eq!(min.unwrap(), "\"1969-12-31T23:59:59.999Z\"");
        assert_eq!(max.unwrap(), "\"2023-11-14T22:13:20.001Z\"");
        let (_, max) =
            Bounds::Integer(0, i128::from(i64::MAX) - 1).to_json(&DeltaType::TimestampNtz);
        assert_eq!(max, None);
    }

    #[test]
    fn floats_that_are_not_numbers_have_no_bounds() {
        let bounds = Bounds::Float(f64::NEG_INFINITY, 0.1);
        assert_eq!(bounds.to_json(&DeltaType::Double), (None, Some("0.1".into())));
        assert_eq!(float(f64::from(0.1f32)).unwrap(), "0.10000000149011612");
        assert_eq!(float(1e300).unwrap(), "1e+300");
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
