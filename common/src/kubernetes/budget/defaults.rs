//! The amounts that a namespace's LimitRange fills in for containers without any.

use std::collections::HashMap;

use crate::kubernetes::{Tree, kind, namespace};
use crate::quantity::Quantity;

/// Defaults of one resource for one container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// `defaultRequest`, or else `default`.
    pub request: Option<Quantity>,
    /// `default`.
    pub limit: Option<Quantity>,
}

/// The LimitRanges among some objects.
#[derive(Debug)]
pub struct Defaults<'a, T> {
    ranges: HashMap<&'a str, Vec<&'a T>>,
}

impl<'a, T: Tree> Defaults<'a, T> {
    /// Finds them.
    pub fn of(objects: impl Iterator<Item = &'a T>) -> Self {
        let mut ranges: HashMap<&str, Vec<&T>> = HashMap::new();
        for object in objects.filter(|object| kind(*object) == "LimitRange") {
            let items = object.at(&["spec", "limits"]).map_or(&[][..], T::items);
            let containers = items.iter().filter(|one| one.word_at(&["type"]) == Some("Container"));
            ranges.entry(namespace(object)).or_default().extend(containers);
        }
        Defaults { ranges }
    }

    /// The amounts of a resource that the containers of a workload get.
    pub fn find(&self, workload: &T, resource: &str) -> Filled {
        let ranges = self.ranges.get(namespace(workload)).map_or(&[][..], Vec::as_slice);
        let amount = |list: &str| {
            let mut set = ranges.iter().filter_map(|range| range.at(&[list, resource]));
            set.find_map(|node| node.quantity())
        };
        let limit = amount("default");
        Filled { request: amount("defaultRequest").or(limit), limit }
    }
}
