//! What the pods of an overlay may use at most, against what its environment has.
//!
//! The worst moment counts: every autoscaler at its maximum, every Deployment in the middle of a
//! rollout, every Job running beside the services that it prepares. `apply` of a new
//! configuration comes close to it, as it changes every template at once.

mod amounts;
mod defaults;
mod percent;
mod pods;
pub(crate) mod quota;
mod scaling;

use std::cmp::Reverse;

use crate::lint::Overlay;
use crate::quantity::Quantity;
use crate::tree::{Node, Place};
use crate::view::{Container, Role, Workload};

pub(crate) use amounts::{Amounts, LIMITS, REQUESTS, limit, request};
pub(crate) use defaults::{Defaults, Filled};
pub(crate) use percent::of_node;
pub(crate) use pods::Pods;
pub(crate) use scaling::{Scale, Scales};

/// A workload's part.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    /// The workload.
    pub(crate) workload: Workload<'a>,
    /// How many pods it has.
    pub(crate) pods: Pods,
    /// What scales it.
    pub(crate) scale: Option<Scale<'a>>,
    /// The memory of one pod.
    pub(crate) memory: Amounts<'a>,
}

/// An overlay's workloads, the largest first, and what they need together.
#[derive(Debug)]
pub(crate) struct Budget<'a> {
    /// One for each workload.
    pub(crate) parts: Vec<Part<'a>>,
}

impl<'a> Budget<'a> {
    /// Adds an overlay up.
    pub(crate) fn of(overlay: &'a Overlay<'_>) -> Self {
        let defaults = Defaults::of(overlay);
        let scales = Scales::of(overlay);
        let nodes = overlay.environment.as_ref().and_then(|environment| environment.nodes);
        let part = |workload: Workload<'a>| {
            let scale = scales.find(&workload);
            Part {
                pods: Pods::count(&workload, scale, nodes),
                scale,
                memory: Amounts::of(&workload, "memory", &defaults.of_workload(&workload)),
                workload,
            }
        };
        let mut parts: Vec<_> = overlay.workloads().into_iter().map(part).collect();
        parts.sort_by_cached_key(|part| (Reverse(part.limit()), part.workload.object.id()));
        Budget { parts }
    }

    /// What the pods may use together.
    pub(crate) fn limits(&self) -> Quantity {
        self.parts.iter().map(Part::limit).sum()
    }

    /// What is set aside for them on the nodes.
    pub(crate) fn requests(&self) -> Quantity {
        self.parts.iter().map(Part::request).sum()
    }

    /// What has to fit: the limits. A container without one counts with what it requests.
    pub(crate) fn needed(&self) -> Quantity {
        self.limits().max(self.requests())
    }
}

impl<'a> Part<'a> {
    /// What all its pods may use at most.
    pub(crate) fn limit(&self) -> Quantity {
        self.memory.limit * self.pods.most
    }

    /// What all its pods request at most.
    pub(crate) fn request(&self) -> Quantity {
        self.memory.request * self.pods.most
    }

    /// The line that weighs most: the largest memory limit among its containers, an init
    /// container's only where there is no other.
    pub(crate) fn heaviest(&self) -> Option<Place> {
        self.largest(|container| container.resource(LIMITS, "memory"))
    }

    /// The same for what is requested: the limit where only that is set.
    pub(crate) fn largest_request(&self) -> Option<Place> {
        let either = |container: &Container<'a>| {
            let request = container.resource(REQUESTS, "memory");
            request.or_else(|| container.resource(LIMITS, "memory"))
        };
        self.largest(either)
    }

    fn largest(&self, of: impl Fn(&Container<'a>) -> Option<&'a Node>) -> Option<Place> {
        let containers = self.workload.containers();
        let amounts = containers.iter().filter_map(|container| {
            let node = of(container)?;
            let amount = Quantity::parse(&node.scalar()?.text)?;
            Some((container.role != Role::Init, amount, node))
        });
        let (.., node) = amounts.max_by_key(|(main, amount, _)| (*main, *amount))?;
        Some(node.origin.place())
    }
}
