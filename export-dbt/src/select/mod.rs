//! The relations of a run: `--table`, `--exclude`, `--select`, `--layer` and `--shard`.

mod graph;
mod layer;
mod partition;
mod pattern;
mod selector;
mod shard;

use std::str::FromStr;

pub(crate) use layer::LayerRule;
pub(crate) use partition::PartitionRule;
pub(crate) use pattern::Pattern;
pub(crate) use selector::Selector;
pub(crate) use shard::Shard;

/// An `--exclude`: a pattern of names, or dbt's selection syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Exclude {
    Names(Pattern),
    Nodes(Selector),
}

impl FromStr for Exclude {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains([':', '+', '@', ',']) {
            return text.parse().map(Self::Nodes);
        }
        let Ok(pattern) = text.parse();
        Ok(Self::Names(pattern))
    }
}
