//! The workloads of an overlay, to be found by the labels of their pods.

use std::collections::HashMap;

use super::selector::{Selector, labels};
use super::workload::Workload;
use crate::lint::Overlay;
use crate::tree::Node;
use common::kubernetes::effective;

/// Workloads, and where each label is.
pub(crate) struct ByLabel<'a> {
    workloads: Vec<Workload<'a>>,
    by_label: HashMap<(&'a str, &'a str, &'a str), Vec<usize>>,
}

impl<'a> ByLabel<'a> {
    pub(crate) fn of(overlay: &'a Overlay<'_>) -> Self {
        let workloads = overlay.workloads();
        let mut by_label: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, workload) in workloads.iter().enumerate() {
            let namespace = effective(workload.object.namespace());
            for (key, value) in labels(workload.labels()) {
                by_label.entry((namespace, key, value)).or_default().push(at);
            }
        }
        ByLabel { workloads, by_label }
    }

    /// The workloads in the namespace whose pods have all these labels. No labels select
    /// nothing, as in a Service.
    pub(crate) fn selected<'s>(
        &'s self,
        namespace: &'s str,
        wanted: &'s Node,
    ) -> impl Iterator<Item = &'s Workload<'a>> {
        // The rarest label leads to the fewest candidates.
        let lists = labels(Some(wanted)).map(|(key, value)| {
            self.by_label.get(&(effective(namespace), key, value)).map_or(&[][..], Vec::as_slice)
        });
        let candidates = lists.min_by_key(|list| list.len()).unwrap_or_default();
        candidates
            .iter()
            .map(|at| &self.workloads[*at])
            .filter(|workload| Selector::plain(wanted).selects(workload.labels()))
    }
}
