//! The kinds of nodes in dbt's graph.

use serde::Deserialize;

/// The kind of a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Model,
    Seed,
    Snapshot,
    Source,
    Test,
    UnitTest,
    Exposure,
    Analysis,
    Operation,
    Metric,
    SemanticModel,
    SavedQuery,
    Function,
    /// A newer dbt's: nothing that builds a relation.
    #[default]
    #[serde(other)]
    Other,
}

impl Kind {
    /// As dbt names them.
    pub(crate) const NAMES: [(Self, &str); 13] = [
        (Self::Model, "model"),
        (Self::Seed, "seed"),
        (Self::Snapshot, "snapshot"),
        (Self::Source, "source"),
        (Self::Test, "test"),
        (Self::UnitTest, "unit_test"),
        (Self::Exposure, "exposure"),
        (Self::Analysis, "analysis"),
        (Self::Operation, "operation"),
        (Self::Metric, "metric"),
        (Self::SemanticModel, "semantic_model"),
        (Self::SavedQuery, "saved_query"),
        (Self::Function, "function"),
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("node", |(_, name)| name)
    }
}
