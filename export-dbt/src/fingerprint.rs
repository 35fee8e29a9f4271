//! Tells whether a table's rows are the ones that were exported last.
//!
//! The fingerprint is the number of rows and the sum of one 64-bit hash a row, so the order of
//! rows does not matter and duplicates count. DuckDB computes the hashes: beside the columns
//! while a table is exported, or alone, in one parallel scan, to find out whether to export it.
//! A version of DuckDB with another hash function sees every table as changed, never the
//! opposite.

use crate::source::{Mapping, SourceType};
use crate::types::DeltaType;

/// Rows and hash sum of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fingerprint {
    pub(crate) rows: u64,
    /// Sum of the rows' hashes, modulo 2^128.
    pub(crate) sum: u128,
}

impl Fingerprint {
    /// Adds rows by their hashes.
    pub(crate) fn extend(&mut self, hashes: &[u64]) {
        self.rows += hashes.len() as u64;
        for hash in hashes {
            self.sum = self.sum.wrapping_add(u128::from(*hash));
        }
    }
}

impl std::ops::Add for Fingerprint {
    type Output = Self;

    /// The fingerprint of the rows of both.
    fn add(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, sum: self.sum.wrapping_add(other.sum) }
    }
}

impl std::iter::Sum for Fingerprint {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |total, part| total + part)
    }
}

/// FNV-1a, 64 bits: the same in every version of every toolchain.
pub(crate) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Version of the recipe below, a part of what is compared.
pub(crate) const RECIPE: u32 = 2;

/// Bytes of the longest text that is copied to be hashed a second time.
const COPIED: usize = 1024;

/// The SQL of one row's hash, from its columns' types and exported expressions.
pub(crate) fn row_hash(columns: &[(&SourceType, String)]) -> String {
    let mut parts = Vec::with_capacity(columns.len());
    for (ty, expression) in columns {
        let ty = ty.to_delta(Mapping::default());
        parts.push(hashable(expression, &ty));
        // DuckDB hashes 0.0 and -0.0 alike.
        if matches!(ty, DeltaType::Float | DeltaType::Double) {
            parts.push(format!("signbit({expression})"));
        }
    }
    // Columns are combined with an exclusive or at the end, which two rows that swap a value
    // could survive in a sum; the outer hash mixes it.
    format!("hash(hash({}))", parts.join(", "))
}

/// The arguments of DuckDB's `hash` for a value, so that other values have other hashes.
///
/// DuckDB's hash of some types has collisions by construction, which real updates meet:
/// - 128 bits: the exclusive or of both halves' hashes, so 0, -1 and every other number with equal halves is 0.
/// - Text and bytes of 14 and more: a difference in the last byte of one block of eight is undone by one in the
///   last byte of another, about once in a hundred pairs. Behind four other bytes, the same bytes lie in the middle
///   of their blocks.
/// - An empty list, a list of NULL, and NULL are alike.
pub(crate) fn hashable(expression: &str, ty: &DeltaType) -> String {
    let text = format!("CAST({expression} AS VARCHAR)");
    match ty {
        DeltaType::Array(_) | DeltaType::Struct(_) | DeltaType::Map(..) => {
            format!("md5_number_lower({text})")
        }
        DeltaType::Decimal(19.., _) => format!("{text}, concat('....', {text})"),
        // A copy of long values would double the memory of a vector.
        DeltaType::String => format!(
            "{expression}, CASE WHEN strlen({expression}) > {COPIED} THEN md5({expression}) \
             ELSE concat('....', {expression}) END"
        ),
        DeltaType::Binary => format!(
            "{expression}, CASE WHEN octet_length({expression}) > {COPIED} THEN encode(md5({expression})) \
             ELSE CAST('....' AS BLOB) || {expression} END"
        ),
        _ => expression.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_duplicates_do() {
        let mut a = Fingerprint::default();
        a.extend(&[1, u64::MAX, 7]);
        let mut b = Fingerprint::default();
        b.extend(&[7]);
        b.extend(&[u64::MAX, 1]);
        assert_eq!(a, b);
        b.extend(&[7]);
        b.extend(&[7]);
        assert_ne!(a.sum, b.sum);
        let mut twice = Fingerprint::default();
        twice.extend(&[5, 5]);
        assert_ne!(twice.sum, 0);
    }

    /// Whether two values of a type, written in SQL, have the same hash.
    fn collide(ty: &SourceType, name: &str, one: &str, other: &str) -> bool {
        let value = ty.to_sql("v");
        let hash = row_hash(&[(ty, value)]);
        let sql = format!(
            "SELECT count(DISTINCT {hash}) = 1 FROM (SELECT unnest([CAST({one} AS {name}), CAST({other} AS {name})]) AS v)"
        );
        let connection = duckdb::Connection::open_in_memory().unwrap();
        let collide = connection.query_row(&sql, [], |row| row.get(0));
        collide.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// One test for each pair of values that DuckDB's hash alone does not tell apart.
    macro_rules! told_apart {
        ($($test:ident: $ty:expr, $name:expr, $one:expr, $other:expr;)*) => {
            $(
                #[test]
                fn $test() {
                    assert!(collide(&$ty, $name, $one, $one));
                    assert!(!collide(&$ty, $name, $one, $other));
                }
            )*
        };
    }

    fn plain(ty: DeltaType) -> SourceType {
        SourceType::Plain(ty)
    }

    fn list(ty: SourceType) -> SourceType {
        SourceType::List(ty.into())
    }

    told_apart! {
        zero_and_minus_one: SourceType::HugeInt, "HUGEINT", "0", "-1";
        huge_numbers_of_equal_halves: SourceType::HugeInt, "HUGEINT", "0", "36893488147419103234";
        unsigned_numbers_of_equal_halves: SourceType::UHugeInt, "UHUGEINT", "0", "18446744073709551617";
        huge_numbers_of_swapped_halves: SourceType::UHugeInt, "UHUGEINT", "1", "18446744073709551616";
        decimals_of_128_bits: plain(DeltaType::Decimal(19, 4)), "DECIMAL(19,4)", "0", "-0.0001";
        decimals_of_all_digits: plain(DeltaType::Decimal(38, 10)), "DECIMAL(38,10)", "0", "1844674407.3709551617";
        numbers_in_a_list: list(SourceType::HugeInt), "HUGEINT[]", "[0]", "[-1]";
        two_letters_of_a_text: plain(DeltaType::String), "VARCHAR", "'zzzzzzzbzzzzzzzzzzzzzzzbzzzzzzzz'", "'zzzzzzzzzzzzzzzzzzzzzzzbzzzzzzzb'";
        two_bytes_of_a_blob: plain(DeltaType::Binary), "BLOB", "'zzzzzzzbzzzzzzzzzzzzzzzbzzzzzzzz'", "'zzzzzzzzzzzzzzzzzzzzzzzbzzzzzzzb'";
        two_letters_in_a_list: list(plain(DeltaType::String)), "VARCHAR[]", "['zzzzzbzbzzzzzzzzzzzzzzzbzzzzzzzz']", "['zzzzzbzzzzzzzzzzzzzzzzzbzzzzzzzb']";
        two_letters_of_a_long_text: plain(DeltaType::String), "VARCHAR", "repeat('z', 1024) || 'zzzzzzzbzzzzzzzzzzzzzzzbzzzzzzzz'", "repeat('z', 1024) || 'zzzzzzzzzzzzzzzzzzzzzzzbzzzzzzzb'";
        two_bytes_of_a_long_blob: plain(DeltaType::Binary), "BLOB", "repeat('z', 1024) || 'zzzzzzzbzzzzzzzzzzzzzzzbzzzzzzzz'", "repeat('z', 1024) || 'zzzzzzzzzzzzzzzzzzzzzzzbzzzzzzzb'";
        an_empty_list_and_null: list(plain(DeltaType::Long)), "BIGINT[]", "[]", "NULL";
        an_empty_list_and_a_list_of_null: list(plain(DeltaType::Long)), "BIGINT[]", "[]", "[NULL]";
        empty_text_and_null: plain(DeltaType::String), "VARCHAR", "''", "NULL";
        empty_bytes_and_null: plain(DeltaType::Binary), "BLOB", "''", "NULL";
        zeros_of_both_signs: plain(DeltaType::Double), "DOUBLE", "'0.0'", "'-0.0'";
        intervals_with_equal_parts: SourceType::Interval, "INTERVAL", "'0 days'", "'1 day 00:00:00.000001'";
    }
}
