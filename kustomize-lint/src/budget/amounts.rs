//! What one pod needs, as the scheduler counts it.
//!
//! Source: "Resource sharing within containers" in Kubernetes' page on sidecar containers, and
//! "Pod overhead". Init containers run one after the other, beside the sidecars that were
//! started before them; the main containers run beside all sidecars.

use super::defaults::Filled;
use crate::quantity::Quantity;
use crate::view::{Container, Role, Workload};

/// The key of what is set aside.
pub(crate) const REQUESTS: &str = "requests";
/// The key of what must not be exceeded.
pub(crate) const LIMITS: &str = "limits";

/// One pod's amounts of one resource.
#[derive(Debug)]
pub(crate) struct Amounts<'a> {
    /// What is set aside for it.
    pub(crate) request: Quantity,
    /// What it may use. A container without a limit counts with its request.
    pub(crate) limit: Quantity,
    /// The containers without a limit: they may use all that the node has.
    pub(crate) unlimited: Vec<Container<'a>>,
}

impl<'a> Amounts<'a> {
    /// Adds up the containers of the workload's pods.
    pub(crate) fn of(workload: &Workload<'a>, resource: &str, default: &Filled) -> Self {
        let containers = workload.containers();
        let overhead = amount(workload, &["overhead"], resource).unwrap_or_default();
        let own = |container: &Container<'_>| request(container, resource, default);
        let most = |container: &Container<'_>| {
            limit(container, resource, default).or_else(|| own(container)).unwrap_or_default()
        };
        let requests = together(&containers, |one| own(one).unwrap_or_default());
        let limits = together(&containers, most);
        // What is said for the pod as a whole holds in place of the sums.
        let pod_limit = amount(workload, &["resources", LIMITS], resource);
        let pod_request = amount(workload, &["resources", REQUESTS], resource);
        let fallback = if requests == Quantity::ZERO { pod_limit } else { None };
        let unlimited =
            |one: &Container<'_>| pod_limit.is_none() && limit(one, resource, default).is_none();
        Amounts {
            request: pod_request.or(fallback).unwrap_or(requests) + overhead,
            limit: pod_limit.unwrap_or(limits) + overhead,
            unlimited: containers.into_iter().filter(unlimited).collect(),
        }
    }
}

/// What is set aside for a container; the limit where only that is set.
pub(crate) fn request(
    container: &Container<'_>,
    resource: &str,
    default: &Filled,
) -> Option<Quantity> {
    positive(container.request(resource)).or(default.request)
}

/// What a container may use. A limit of 0 is none.
pub(crate) fn limit(
    container: &Container<'_>,
    resource: &str,
    default: &Filled,
) -> Option<Quantity> {
    match container.amount(LIMITS, resource) {
        Some(Quantity::ZERO) => None,
        own => positive(own).or(default.limit),
    }
}

fn amount(workload: &Workload<'_>, path: &[&str], resource: &str) -> Option<Quantity> {
    let scalar = workload.pod.at(path)?.get(resource)?.scalar()?;
    positive(Quantity::parse(&scalar.text))
}

/// Amounts below zero are another rule's business.
fn positive(amount: Option<Quantity>) -> Option<Quantity> {
    amount.filter(|amount| *amount >= Quantity::ZERO)
}

/// The most that is in use at one time.
fn together(containers: &[Container<'_>], of: impl Fn(&Container<'_>) -> Quantity) -> Quantity {
    let (mut sidecars, mut starting, mut main) = (Quantity::ZERO, Quantity::ZERO, Quantity::ZERO);
    for container in containers {
        match container.role {
            Role::Sidecar => {
                sidecars = sidecars + of(container);
                starting = starting.max(sidecars);
            }
            Role::Init => starting = starting.max(sidecars + of(container)),
            Role::Main => main = main + of(container),
        }
    }
    starting.max(main + sidecars)
}
