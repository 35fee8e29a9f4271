//! Amounts of resources.

use common::quantity::Quantity;

use super::super::violation::Subject;
use super::at::{At, Refusals};
use super::syntax;

/// A quantity as Kubernetes reads it; `None` for anything else.
pub(super) fn value(at: &At<'_>) -> Option<Quantity> {
    Quantity::parse(&at.node.scalar()?.text)
}

const SYNTAX: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// One amount: that it is one, and not below zero.
pub(super) fn one(at: &At<'_>, refusals: &mut Refusals) {
    match value(at) {
        None if at.node.scalar().is_some() => {
            let why = "is not an amount such as `100m` or `1Gi`";
            refusals.about(Subject::Amount, at, why, SYNTAX);
        }
        Some(value) if value < Quantity::ZERO => {
            refusals.add(at, "has to be 0 or more", "must be greater than or equal to 0");
        }
        _ => {}
    }
}

/// Requests and limits of a container.
pub(super) fn resources(at: Option<At<'_>>, refusals: &mut Refusals) {
    let Some(at) = at else { return };
    for key in ["limits", "requests"] {
        for (entry, amount) in at.pairs(key) {
            one(&amount, refusals);
            if !is_resource(&entry.key) {
                let server = "must be a standard resource for containers";
                let why = "is not a resource: neither one of Kubernetes nor a name with a domain";
                refusals.key(&amount, entry, why, server);
            } else if is_extended(&entry.key) && !is_whole(&amount) {
                refusals.add(&amount, "has to be an integer", "must be an integer");
            } else if let Some(size) = entry.key.strip_prefix("hugepages-") {
                pages(&at, &amount, size, refusals);
            }
        }
    }
    for (entry, request) in at.pairs("requests") {
        let limit = at.get("limits").and_then(|limits| limits.get(&entry.key));
        let Some(limit) = limit else {
            if is_extended(&entry.key) || entry.key.starts_with("hugepages-") {
                let server = "Limit must be set for non overcommitable resources";
                refusals.add(&request, "needs a limit beside it", server);
            }
            continue;
        };
        match (value(&request), value(&limit)) {
            (Some(wanted), Some(most)) if wanted > most => {
                let server = "must be less than or equal to limit";
                let subject = Subject::RequestAboveLimit;
                refusals.about(subject, &request, "is more than the limit", server);
            }
            (Some(wanted), Some(most))
                if wanted < most
                    && (is_extended(&entry.key) || entry.key.starts_with("hugepages-")) =>
            {
                refusals.add(&request, "has to be equal to the limit", "must be equal to limit");
            }
            _ => {}
        }
    }
}

/// Whether a resource is counted and not shared: one with the domain of somebody else.
fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/")
}

/// Whether an amount is an integer.
pub(super) fn is_whole(at: &At<'_>) -> bool {
    value(at).is_none_or(|value| !value.is_fractional())
}

/// Huge pages: so many of a size, beside memory or processors.
fn pages(resources: &At<'_>, amount: &At<'_>, size: &str, refusals: &mut Refusals) {
    let size = Quantity::parse(size).filter(|size| *size > Quantity::ZERO);
    if let (Some(size), Some(amount_value)) = (size, value(amount))
        && amount_value.ceil() % size.ceil() != 0
    {
        refusals.add(
            amount,
            "is not a multiple of its size",
            "is not positive integer multiple of",
        );
    }
    let has = |kind: &str, key: &str| resources.get(kind).is_some_and(|at| at.has(key));
    if !["limits", "requests"].iter().any(|kind| has(kind, "cpu") || has(kind, "memory")) {
        let server = "HugePages require cpu or memory";
        refusals.add(resources, "needs `cpu` or `memory` beside huge pages", server);
    }
}

pub(super) fn is_resource(name: &str) -> bool {
    match name {
        "cpu" | "memory" | "ephemeral-storage" => true,
        _ if name.starts_with("hugepages-") => true,
        // Names with a domain are those of extensions; the project's own is reserved.
        _ => name.contains('/') && syntax::is_qualified(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{FileId, Node, Origin, Place};

    #[test]
    fn amounts_are_those_of_kubernetes() {
        let origin = Origin::new(Place { file: FileId(0), start: 0, end: 0 });
        let read = |text: &str| {
            value(&At::root(&Node::text(text, origin))).map(|value| (value * 1000).ceil())
        };
        for (text, wanted) in [
            ("100m", 100),
            ("1Gi", 1_073_741_824_000),
            ("1e3", 1_000_000),
            ("-1", -1000),
            (".5", 500),
            ("1.", 1000),
        ] {
            assert_eq!(read(text), Some(wanted), "{text}");
        }
        for text in ["", "word", "1GB", "1 Gi", "--1", "1ki", "Gi"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
