//! Where an overlay runs: how much memory there is, on how many nodes.

use std::path::Path;

use common::diagnostic::Report;
use common::yaml::{Entry, Node};
use common::{environment, spec};
use globset::GlobMatcher;

use common::quantity::Quantity;

/// The facts on an environment. Every part may be missing: then its rules are quiet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    /// A name for messages: the specification's, or the folder of the overlay.
    pub(crate) name: String,
    /// Memory of the whole environment, in bytes.
    pub(crate) budget: Option<Quantity>,
    /// The system's share of it.
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

    /// The memory of all workloads together.
    pub(crate) fn available(&self) -> Option<Quantity> {
        Some(environment::available(self.budget?, self.reserved))
    }
}

/// An environment and the overlays that it is for.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) path: GlobMatcher,
    pub(crate) environment: Environment,
}

/// The environments of a specification folder; faults of the folder are reported.
pub(crate) fn of_specification(folder: &Path, report: &mut Report) -> Vec<Environment> {
    let files = spec::read(folder, report).unwrap_or_default();
    let of_specification = |known: environment::Environment| {
        // The reserved memory is what the control plane of a Kind cluster takes, or the
        // system of every node; the workers share the rest.
        let share = known.workers.or(known.nodes).filter(|share| *share > 0);
        let node_memory = known.available().zip(share).map(|(available, share)| {
            let bytes = available.ceil() / i128::from(share);
            Quantity::units(i64::try_from(bytes).unwrap_or(i64::MAX))
        });
        Environment {
            name: known.name,
            budget: known.budget,
            reserved: known.reserved,
            nodes: known.nodes,
            node_memory,
            ..Environment::default()
        }
    };
    let mut found: Vec<Environment> =
        environment::of(&files, report).into_iter().map(of_specification).collect();
    let services = files.iter().filter_map(|file| file.section("services")?.entries()).flatten();
    for service in services {
        for environment in &mut found {
            differences(service, environment);
        }
    }
    found
}

/// The differences that a service of the specification declares for an environment.
fn differences(service: &Entry, environment: &mut Environment) {
    let said = |key: &str| service.value.get(key).and_then(|said| said.get(&environment.name));
    if said("x-absent").is_some() {
        environment.absent.push(service.key.clone());
    }
    let variables = said("x-environment").and_then(Node::entries).unwrap_or_default();
    let pair = |entry: &Entry| (service.key.clone(), entry.key.clone());
    environment.differs.extend(variables.iter().map(pair));
}
