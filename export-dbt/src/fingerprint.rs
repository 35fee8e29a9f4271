//! Tells whether a table's rows are the ones that were exported last.
//!
//! The fingerprint is the number of rows and the sum of one 64-bit hash a row, so the order of
//! rows does not matter and duplicates count. DuckDB computes the hashes: beside the columns
//! while a table is exported, or alone, in one parallel scan, to find out whether to export it.
//! A version of DuckDB with another hash function sees every table as changed, never the
//! opposite.

use crate::source::SourceType;

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
pub(crate) const RECIPE: u32 = 1;

/// The SQL of one row's hash, from its columns' types and exported expressions.
pub(crate) fn row_hash(columns: &[(&SourceType, String)]) -> String {
    let mut parts = Vec::with_capacity(columns.len());
    for (ty, expression) in columns {
        match ty {
            // DuckDB hashes an empty list, a list of NULL and NULL alike; their text differs.
            ty if ty.is_nested() => parts.push(format!("CAST({expression} AS VARCHAR)")),
            // It also hashes 0.0 and -0.0 alike.
            SourceType::Plain(crate::types::DeltaType::Float | crate::types::DeltaType::Double) => {
                parts.push(expression.clone());
                parts.push(format!("signbit({expression})"));
            }
            _ => parts.push(expression.clone()),
        }
    }
    // Columns are combined with an exclusive or at the end, which two rows that swap a value
    // could survive in a sum; the outer hash mixes it.
    format!("hash(hash({}))", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::DeltaType;

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

    #[test]
    fn nested_and_signed_values_are_told_apart() {
        let list = SourceType::List(SourceType::HugeInt.into());
        let double = SourceType::Plain(DeltaType::Double);
        let sql = row_hash(&[(&list, "l".into()), (&double, "d".into())]);
        assert_eq!(sql, "hash(hash(CAST(l AS VARCHAR), d, signbit(d)))");
    }
}
