//! Where an overlay runs: how much memory there is, on how many nodes.

use std::path::Path;

use common::compose::quantity;
use common::diagnostic::Report;
use common::spec;
use common::yaml::{Entry, Node};
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
    /// Whether values of variables may be others than in Compose, as long as the variables are
    /// the same.
    pub(crate) names_only: bool,
    /// Services of the Compose project that are not there, on purpose.
    pub(crate) absent: Vec<String>,
    /// Variables that are said to differ from Compose: service, or `*`, and name.
    pub(crate) differs: Vec<(String, String)>,
}

impl Environment {
    /// Whether a variable of a service is said to differ from Compose.
    pub(crate) fn is_different(&self, service: &str, variable: &str) -> bool {
        self.differs.iter().any(|(of, name)| name == variable && (of == service || of == "*"))
    }

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
    let files = spec::read(folder, report).unwrap_or_default();
    for file in &files {
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
                ..Environment::default()
            });
        }
    }
    let services = files.iter().filter_map(|file| file.section("services")?.entries()).flatten();
    for service in services {
        for environment in &mut found {
            differences(service, environment);
        }
    }
    found
}

/// What a service of the specification says that it has otherwise in an environment.
fn differences(service: &Entry, environment: &mut Environment) {
    let said = |key: &str| service.value.get(key).and_then(|said| said.get(&environment.name));
    if said("x-absent").is_some() {
        environment.absent.push(service.key.clone());
    }
    let variables = said("x-environment").and_then(Node::entries).unwrap_or_default();
    let pair = |entry: &Entry| (service.key.clone(), entry.key.clone());
    environment.differs.extend(variables.iter().map(pair));
}
