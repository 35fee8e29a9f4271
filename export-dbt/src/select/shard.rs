//! `--shard`: a share of the tables.

use std::str::FromStr;

use crate::fingerprint::fnv;

/// The `index`th of `count` shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    index: u64,
    count: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.split_once('/').and_then(|(index, count)| {
            Some((index.trim().parse().ok()?, count.trim().parse().ok()?))
        });
        match parsed {
            Some((index, count)) if index < count => Ok(Self { index, count }),
            _ => Err(format!("{text:?} is not a shard; write 0/4 to 3/4 for the four shares")),
        }
    }
}

impl Shard {
    /// Whether the relation is in this share. Depends on its name alone, so that adding a table
    /// moves no other.
    pub(crate) fn contains(&self, layer: &str, table: &str) -> bool {
        let hash = fnv(format!("{layer}.{table}").as_bytes());
        // Names that differ in their last letter differ in few bits of FNV; these spread them.
        let spread = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (spread >> 32) % self.count == self.index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_part_the_tables() {
        let tables: Vec<String> = (0..200).map(|i| format!("table_{i}")).collect();
        let mut sizes = Vec::new();
        for index in 0..4 {
            let shard: Shard = format!("{index}/4").parse().unwrap();
            sizes.push(tables.iter().filter(|t| shard.contains("gold", t)).count());
        }
        assert_eq!(sizes.iter().sum::<usize>(), 200);
        assert!(sizes.iter().all(|size| (25..=75).contains(size)), "{sizes:?}");
        for bad in ["4/4", "1", "a/b", "0/0", "-1/4"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }
}
