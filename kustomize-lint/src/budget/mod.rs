//! The budget of an overlay: the sums of [`common::kubernetes::budget`], with the places that
//! its findings show.

pub(crate) mod quota;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Deref;
use std::ptr;

use common::kubernetes::{Tree, budget};
use common::quantity::Quantity;

use crate::lint::Overlay;
use crate::tree::{Node, Place};
use crate::view::{Container, Role, Workload};

pub(crate) use budget::{Filled, LIMITS, REQUESTS, limit, of_node, request};

pub(crate) type Amounts<'a> = budget::Amounts<'a, Node>;
pub(crate) type Defaults<'a> = budget::Defaults<'a, Node>;
pub(crate) type Scales<'a> = budget::Scales<'a, Node>;

/// A workload's part.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    pub(crate) workload: Workload<'a>,
    sums: budget::Part<'a, Node>,
}

/// An overlay's workloads, the largest first, and what they need together.
#[derive(Debug)]
pub(crate) struct Budget<'a> {
    /// One for each workload.
    pub(crate) parts: Vec<Part<'a>>,
    /// The limits of all pods together.
    pub(crate) limits: Quantity,
    /// The requests of all pods together.
    pub(crate) requests: Quantity,
    /// The amount that has to fit.
    pub(crate) needed: Quantity,
}

impl<'a> Budget<'a> {
    /// Adds an overlay up.
    pub(crate) fn of(overlay: &'a Overlay<'_>) -> Self {
        let nodes = overlay.environment.as_ref().and_then(|environment| environment.nodes);
        let budget = budget::Budget::of(overlay.nodes(), nodes);
        let (limits, requests) = (budget.limits(), budget.requests());
        let needed = budget.needed();
        let mut workloads: HashMap<*const Node, Workload<'_>> = overlay
            .workloads()
            .into_iter()
            .map(|workload| (ptr::from_ref(&workload.object.node), workload))
            .collect();
        let part = |sums: budget::Part<'a, Node>| {
            Some(Part { workload: workloads.remove(&ptr::from_ref(sums.object))?, sums })
        };
        let mut parts: Vec<_> = budget.parts.into_iter().filter_map(part).collect();
        parts.sort_by_cached_key(|part| (Reverse(part.limit()), part.workload.object.id()));
        Budget { parts, limits, requests, needed }
    }
}

impl<'a> Deref for Part<'a> {
    type Target = budget::Part<'a, Node>;

    fn deref(&self) -> &Self::Target {
        &self.sums
    }
}

impl<'a> Part<'a> {
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
            let amount = node.quantity()?;
            Some((container.role != Role::Init, amount, node))
        });
        let (.., node) = amounts.max_by_key(|(main, amount, _)| (*main, *amount))?;
        Some(node.place())
    }
}
