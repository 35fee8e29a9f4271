//! The amounts that one pod needs, as the scheduler counts them.
//!
//! Source: "Resource sharing within containers" in Kubernetes' page on sidecar containers, and
//! "Pod overhead". Init containers run one after the other, beside the sidecars that were
//! started before them; the main containers run beside all sidecars.

use super::defaults::Filled;
use crate::kubernetes::{Container, Role, Tree, containers};
use crate::quantity::Quantity;

/// The key of what is set aside.
pub const REQUESTS: &str = "requests";
/// The key of what must not be exceeded.
pub const LIMITS: &str = "limits";

/// One pod's amounts of one resource.
#[derive(Debug)]
pub struct Amounts<'a, T> {
    /// The amount that is set aside for it.
    pub request: Quantity,
    /// The amount that it may use. A container without a limit counts with its request.
    pub limit: Quantity,
    /// The containers without a limit: they may use all that the node has.
    pub unlimited: Vec<Container<'a, T>>,
}

impl<'a, T: Tree> Amounts<'a, T> {
    /// Adds up the containers of a pod's spec.
    pub fn of(pod: &'a T, resource: &str, default: &Filled) -> Self {
        let containers = containers(pod);
        let overhead = amount(pod, &["overhead"], resource).unwrap_or_default();
        let requested = |container: &Container<'_, T>| request(container, resource, default);
        let most = |container: &Container<'_, T>| {
            let limit = limit(container, resource, default);
            limit.or_else(|| requested(container)).unwrap_or_default()
        };
        let requests = together(&containers, |one| requested(one).unwrap_or_default());
        let limits = together(&containers, most);
        // Amounts of the pod as a whole hold in place of the sums.
        let pod_limit = amount(pod, &["resources", LIMITS], resource);
        let pod_request = amount(pod, &["resources", REQUESTS], resource);
        let fallback = if requests == Quantity::ZERO { pod_limit } else { None };
        let unlimited =
            |one: &Container<'_, T>| pod_limit.is_none() && limit(one, resource, default).is_none();
        Amounts {
            request: pod_request.or(fallback).unwrap_or(requests) + overhead,
            limit: pod_limit.unwrap_or(limits) + overhead,
            unlimited: containers.into_iter().filter(unlimited).collect(),
        }
    }
}

/// The amount that is set aside for a container; the limit where only that is set.
pub fn request<T: Tree>(
    container: &Container<'_, T>,
    resource: &str,
    default: &Filled,
) -> Option<Quantity> {
    positive(container.request(resource)).or(default.request)
}

/// The amount that a container may use. A limit of 0 is none.
pub fn limit<T: Tree>(
    container: &Container<'_, T>,
    resource: &str,
    default: &Filled,
) -> Option<Quantity> {
    match container.amount(LIMITS, resource) {
        Some(Quantity::ZERO) => None,
        limit => positive(limit).or(default.limit),
    }
}

fn amount<T: Tree>(pod: &T, path: &[&str], resource: &str) -> Option<Quantity> {
    positive(pod.at(path)?.get(resource)?.quantity())
}

/// Amounts below zero are another rule's business.
fn positive(amount: Option<Quantity>) -> Option<Quantity> {
    amount.filter(|amount| *amount >= Quantity::ZERO)
}

/// The most that is in use at one time.
fn together<T>(
    containers: &[Container<'_, T>],
    of: impl Fn(&Container<'_, T>) -> Quantity,
) -> Quantity {
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
