//! What a namespace's LimitRange fills in for containers that say nothing.

use std::collections::HashMap;

use crate::lint::Overlay;
use crate::object::effective;
use crate::quantity::Quantity;
use crate::tree::Node;
use crate::view::Workload;

/// Defaults of memory for one container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filled {
    /// `defaultRequest`, or else `default`.
    pub(crate) request: Option<Quantity>,
    /// `default`.
    pub(crate) limit: Option<Quantity>,
}

/// The LimitRanges of an overlay.
#[derive(Debug)]
pub(crate) struct Defaults<'a> {
    ranges: HashMap<&'a str, Vec<&'a Node>>,
}

impl<'a> Defaults<'a> {
    /// Those of an overlay.
    pub(crate) fn of(overlay: &'a Overlay<'_>) -> Self {
        let mut ranges: HashMap<&str, Vec<&Node>> = HashMap::new();
        for object in overlay.of_kind("LimitRange") {
            let items = object.node.at(&["spec", "limits"]).map_or(&[][..], Node::items);
            let containers = items.iter().filter(|one| one.str_at(&["type"]) == Some("Container"));
            ranges.entry(effective(object.namespace())).or_default().extend(containers);
        }
        Defaults { ranges }
    }

    /// The memory that a workload's containers get.
    pub(crate) fn of_workload(&self, workload: &Workload<'_>) -> Filled {
        self.find(workload, "memory")
    }

    /// The same for any resource.
    pub(crate) fn find(&self, workload: &Workload<'_>, resource: &str) -> Filled {
        let namespace = effective(workload.object.namespace());
        let ranges = self.ranges.get(namespace).map_or(&[][..], Vec::as_slice);
        let amount = |list: &str| {
            let mut set = ranges.iter().filter_map(|range| range.at(&[list, resource]));
            set.find_map(|node| Quantity::parse(&node.scalar()?.text))
        };
        let limit = amount("default");
        Filled { request: amount("defaultRequest").or(limit), limit }
    }
}
