//! The objects that make pods.

use std::fmt;

use common::kubernetes;

use super::Container;
use crate::object::Object;
use crate::tree::{Node, Origin};

/// An object that makes pods, or is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload<'a> {
    pub(crate) object: &'a Object,
    /// The pod's spec.
    pub(crate) pod: &'a Node,
    /// The pod's metadata, where there is any.
    pub(crate) metadata: Option<&'a Node>,
}

/// The object's [`Id`](crate::id::Id).
impl fmt::Display for Workload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.object.fmt(f)
    }
}

impl<'a> Workload<'a> {
    /// The object as a workload, if it makes pods.
    pub(crate) fn of(object: &'a Object) -> Option<Self> {
        let template = kubernetes::template(&object.node)?;
        Some(Workload { object, pod: template.get("spec")?, metadata: template.get("metadata") })
    }

    pub(crate) fn kind(&self) -> &'a str {
        self.object.kind()
    }

    /// Init containers first, then the containers, in the order in which they start.
    pub(crate) fn containers(&self) -> Vec<Container<'a>> {
        kubernetes::containers(self.pod)
    }

    /// The key of the pod's spec to look at: the first of `keys` that is there.
    pub(crate) fn key(&self, keys: &[&str]) -> &'a Origin {
        let mut entries = keys.iter().filter_map(|key| self.pod.entry(key));
        entries.next().map_or(&self.pod.origin, |entry| &entry.origin)
    }

    /// The templates of the claims that a StatefulSet makes for its pods.
    pub(crate) fn claim_templates(&self) -> &'a [Node] {
        match self.kind() {
            "StatefulSet" => self.object.node.items_at(&["spec", "volumeClaimTemplates"]),
            _ => &[],
        }
    }

    pub(crate) fn labels(&self) -> Option<&'a Node> {
        self.metadata?.get("labels")
    }

    /// How many pods are wanted: `spec.replicas`, 1 when nothing is said. A DaemonSet's pods
    /// are as many as the nodes, a Job's `parallelism`; neither is counted here.
    pub(crate) fn replicas(&self) -> i64 {
        self.object.node.at(&["spec", "replicas"]).and_then(Node::as_int).unwrap_or(1)
    }
}
