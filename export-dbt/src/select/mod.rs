//! The relations of a run: `--table`, `--exclude`, `--select`, `--layer` and `--shard`.

mod glob;
mod graph;
mod layer;
mod method;
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

use crate::catalog::Relation;

/// An `--exclude`: a pattern of tables' names, dbt's selection syntax, or a text that may be either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exclude {
    names: Option<Pattern>,
    nodes: Option<Selector>,
}

impl FromStr for Exclude {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains([':', '+', '@', ',']) {
            return Ok(Self { names: None, nodes: Some(text.parse()?) });
        }
        let Ok(pattern) = text.parse();
        Ok(Self { names: Some(pattern), nodes: text.parse().ok() })
    }
}

impl Exclude {
    /// Whether the pattern names a relation.
    pub(crate) fn names(&self, relation: &Relation) -> bool {
        self.names.as_ref().is_some_and(|names| names.matches(relation))
    }

    /// The pattern of one name, without a wildcard.
    pub(crate) fn one_name(&self) -> Option<&Pattern> {
        self.names.as_ref().filter(|names| !names.is_glob())
    }

    pub(crate) fn nodes(&self) -> Option<&Selector> {
        self.nodes.as_ref()
    }

    /// Whether the text has a meaning with a manifest only.
    pub(crate) fn needs_manifest(&self) -> bool {
        self.names.is_none()
    }
}
