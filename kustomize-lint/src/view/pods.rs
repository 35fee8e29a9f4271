//! Pods by their labels, so that a selector need not be tried on all of them.

use std::collections::HashMap;

use super::selector::{Selector, labels};
use super::workload::Workload;
use common::kubernetes::effective;

/// The workloads of an overlay by namespace and by each of their pods' labels.
#[derive(Debug)]
pub(crate) struct Pods<'a> {
    pub(crate) workloads: Vec<Workload<'a>>,
    by_namespace: HashMap<&'a str, Vec<usize>>,
    by_label: HashMap<(&'a str, &'a str, &'a str), Vec<usize>>,
}

impl<'a> Pods<'a> {
    /// Sorts workloads.
    pub(crate) fn of(workloads: Vec<Workload<'a>>) -> Self {
        let mut by_namespace: HashMap<_, Vec<usize>> = HashMap::new();
        let mut by_label: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, workload) in workloads.iter().enumerate() {
            let namespace = effective(workload.object.namespace());
            by_namespace.entry(namespace).or_default().push(at);
            for (key, value) in labels(workload.labels()) {
                by_label.entry((namespace, key, value)).or_default().push(at);
            }
        }
        Pods { workloads, by_namespace, by_label }
    }

    /// Whether a namespace has any.
    pub(crate) fn has_namespace(&self, namespace: &str) -> bool {
        self.by_namespace.contains_key(effective(namespace))
    }

    /// The positions of the workloads in a namespace that a selector selects.
    pub(crate) fn select(&self, namespace: &str, selector: &Selector<'_>) -> Vec<usize> {
        let namespace = effective(namespace);
        let mut fewest = self.by_namespace.get(namespace).map_or(&[][..], Vec::as_slice);
        for (key, value) in selector.equalities() {
            let list = self.by_label.get(&(namespace, key, value)).map_or(&[][..], Vec::as_slice);
            if list.len() < fewest.len() {
                fewest = list;
            }
        }
        let selects = |at: &usize| selector.selects(self.workloads[*at].labels());
        fewest.iter().copied().filter(selects).collect()
    }
}
