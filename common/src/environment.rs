//! The environments of the specification, as far as several tools need them: their memory and
//! their nodes.

use crate::compose::quantity;
use crate::diagnostic::{Diagnostic, Report};
use crate::quantity::Quantity;
use crate::spec::File;
use crate::yaml::Node;

/// The hint for a budget that cannot be read.
pub const BUDGET_HINT: &str = "write it like 10g, 512m or 10Gi";

/// One entry of `x-environments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Memory of all nodes together, in bytes.
    pub budget: Option<Quantity>,
    /// The part of it that is not for pods.
    pub reserved: Quantity,
    /// The number of nodes that a DaemonSet runs on.
    pub nodes: Option<i64>,
    /// The Kind cluster's name.
    pub cluster: Option<String>,
    /// The Kind cluster's workers.
    pub workers: Option<i64>,
}

impl Environment {
    /// Memory that pods may have together.
    pub fn available(&self) -> Option<Quantity> {
        Some(available(self.budget?, self.reserved))
    }
}

/// The memory that a budget leaves to pods.
pub fn available(budget: Quantity, reserved: Quantity) -> Quantity {
    (budget - reserved).max(Quantity::ZERO)
}

/// Bytes of a budget in the specification, in Compose's notation (`10g`, `512m`) or with the
/// suffixes that Kubernetes uses for powers of 1024 (`10Gi`).
pub fn memory(text: &str) -> Option<Quantity> {
    quantity::size(text).map(Quantity::bytes)
}

/// Every environment of the files. An amount that cannot be read is reported.
pub fn of(files: &[File], report: &mut Report) -> Vec<Environment> {
    let mut found = Vec::new();
    for file in files {
        let entries = file.section("x-environments").and_then(Node::entries);
        for entry in entries.unwrap_or_default() {
            let mut amount = |key: &str| {
                let node = entry.value.get("memory")?.get(key)?;
                let text = node.text().unwrap_or_default();
                let bytes = memory(text);
                if bytes.is_none() {
                    let message = format!("\"{text}\" is not an amount of memory");
                    let diagnostic = Diagnostic::error("bad-quantity", message);
                    report.push(diagnostic.at(file.place(&node.span), "").hint(BUDGET_HINT));
                }
                bytes
            };
            let (budget, reserved) = (amount("budget"), amount("reserved"));
            let kind = entry.value.get("kind");
            let count = |node: Option<&Node>| node?.text()?.parse().ok();
            found.push(Environment {
                name: entry.key.clone(),
                budget,
                reserved: reserved.unwrap_or_default(),
                nodes: count(entry.value.get("nodes")),
                cluster: kind.and_then(|kind| Some(kind.get("name")?.text()?.to_owned())),
                workers: count(kind.and_then(|kind| kind.get("workers"))),
            });
        }
    }
    found
}
