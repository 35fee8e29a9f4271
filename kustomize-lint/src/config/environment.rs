//! Where an overlay runs: how much memory there is, on how many nodes.

use std::path::Path;

use common::compose::quantity;
use common::diagnostic::Report;
use common::spec;
use common::yaml::Node;
use globset::GlobMatcher;

use crate::quantity::Quantity;

/// What is known of an environment. Every part may be missing: then its rules are quiet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    /// A name for messages: the specification's, or the folder of the overlay.
    pub(crate) name: String,
    /// Memory of the whole environment, in bytes.
    pub(crate) budget: Option<Quantity>,
    /// What the system takes of it.
    pub(crate) reserved: Quantity,
    /// Nodes that a DaemonSet runs on.
    pub(crate) nodes: Option<i64>,
    /// Memory that pods may have of one node, in bytes.
    pub(crate) node_memory: Option<Quantity>,
}

impl Environment {
    /// What workloads may have together.
    pub(crate) fn available(&self) -> Option<Quantity> {
        Some((self.budget? - self.reserved).max(Quantity::ZERO))
    }
}

/// An environment and the overlays that it is for.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) path: GlobMatcher,
    pub(crate) environment: Environment,
}

/// The environments of a specification folder; what is wrong with the folder is reported.
pub(crate) fn of_specification(folder: &Path, report: &mut Report) -> Vec<Environment> {
    let mut found = Vec::new();
    for file in spec::read(folder, report).unwrap_or_default() {
        let Some(section) = file.section("x-environments").and_then(Node::entries) else {
            continue;
        };
        for entry in section {
            let memory = |key: &str| {
                entry.value.get("memory").and_then(|memory| memory.get(key)).and_then(Node::text)
            };
            let text = |node: Option<&Node>| {
                node.and_then(Node::text).and_then(|text| text.parse::<i64>().ok())
            };
            let bytes = |text| quantity::memory(text).map(|bytes| Quantity::units(bytes as i64));
            let budget = memory("budget").and_then(bytes);
            let reserved = memory("reserved").and_then(bytes).unwrap_or_default();
            let nodes = text(entry.value.get("nodes"));
            // The reserved memory is what the control plane of a Kind cluster takes, or the
            // system of every node; the workers share the rest.
            let workers = text(entry.value.get("kind").and_then(|kind| kind.get("workers")));
            let share = workers.or(nodes).filter(|share| *share > 0);
            let node_memory = budget.zip(share).map(|(budget, share)| {
                Quantity::units(
                    i64::try_from((budget - reserved).ceil() / i128::from(share))
                        .unwrap_or(i64::MAX),
                )
            });
            found.push(Environment {
                name: entry.key.clone(),
                budget,
                reserved,
                nodes,
                node_memory,
            });
        }
    }
    found
}
