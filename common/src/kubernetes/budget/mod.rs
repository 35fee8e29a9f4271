//! The memory that the pods of some objects may use at most.
//!
//! The worst moment counts: every autoscaler at its maximum, every Deployment in the middle of a
//! rollout, every Job running beside the services that it prepares. `apply` of a new
//! configuration comes close to it, as it changes every template at once.

mod amounts;
mod defaults;
mod percent;
mod pods;
mod scaling;

use std::cmp::Reverse;

use super::{Tree, template};
use crate::quantity::Quantity;

pub use amounts::{Amounts, LIMITS, REQUESTS, limit, request};
pub use defaults::{Defaults, Filled};
pub use percent::of_node;
pub use pods::Pods;
pub use scaling::{Scale, Scales};

/// A workload's part.
#[derive(Debug)]
pub struct Part<'a, T> {
    /// The object.
    pub object: &'a T,
    /// How many pods it has.
    pub pods: Pods,
    /// Its autoscaler.
    pub scale: Option<Scale<'a, T>>,
    /// The memory of one pod.
    pub memory: Amounts<'a, T>,
}

/// The workloads among some objects, the largest first, and what they need together.
#[derive(Debug)]
pub struct Budget<'a, T> {
    /// One for each workload.
    pub parts: Vec<Part<'a, T>>,
}

impl<'a, T: Tree> Budget<'a, T> {
    /// Adds the objects up. `nodes` is the number of nodes that a DaemonSet runs on.
    pub fn of(objects: impl Iterator<Item = &'a T> + Clone, nodes: Option<i64>) -> Self {
        let defaults = Defaults::of(objects.clone());
        let scales = Scales::of(objects.clone());
        let part = |object: &'a T| {
            let pod = template(object)?.get("spec")?;
            let scale = scales.find(object);
            Some(Part {
                object,
                pods: Pods::count(object, scale, nodes),
                scale,
                memory: Amounts::of(pod, "memory", &defaults.find(object, "memory")),
            })
        };
        let mut parts: Vec<_> = objects.filter_map(part).collect();
        parts.sort_by_cached_key(|part| Reverse(part.limit()));
        Budget { parts }
    }

    /// The amount that the pods may use together.
    pub fn limits(&self) -> Quantity {
        self.parts.iter().map(Part::limit).sum()
    }

    /// The amount that is set aside for them on the nodes.
    pub fn requests(&self) -> Quantity {
        self.parts.iter().map(Part::request).sum()
    }

    /// The amount that has to fit: the limits. A container without one counts with its request.
    pub fn needed(&self) -> Quantity {
        self.limits().max(self.requests())
    }
}

impl<T: Tree> Part<'_, T> {
    /// The amount that all its pods may use at most.
    pub fn limit(&self) -> Quantity {
        self.memory.limit * self.pods.most
    }

    /// The amount that all its pods request at most.
    pub fn request(&self) -> Quantity {
        self.memory.request * self.pods.most
    }
}

#[cfg(all(test, feature = "json"))]
mod tests;
