//! Everything that makes pods.

use super::container::{self, Container};
use crate::object::Object;
use crate::schema::is_builtin;
use crate::tree::{Node, Origin};

/// An object that makes pods, or is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload<'a> {
    /// The object.
    pub(crate) object: &'a Object,
    /// The pod's spec.
    pub(crate) pod: &'a Node,
    /// The pod's metadata, where there is any.
    pub(crate) metadata: Option<&'a Node>,
}

/// Where the pod template is, for each kind.
const TEMPLATES: &[(&str, &str, &[&str])] = &[
    ("apps", "Deployment", &["spec", "template"]),
    ("apps", "StatefulSet", &["spec", "template"]),
    ("apps", "DaemonSet", &["spec", "template"]),
    ("apps", "ReplicaSet", &["spec", "template"]),
    ("batch", "Job", &["spec", "template"]),
    ("batch", "CronJob", &["spec", "jobTemplate", "spec", "template"]),
    ("", "ReplicationController", &["spec", "template"]),
    ("", "Pod", &[]),
];

impl<'a> Workload<'a> {
    /// The object as a workload, if it makes pods.
    pub(crate) fn of(object: &'a Object) -> Option<Self> {
        let api = object.node.str_at(&["apiVersion"])?;
        let group = api.rsplit_once('/').map_or("", |(group, _)| group);
        // Old Deployments came from other groups; they have the same shape.
        let fits = |known: &str| known == group || known == "apps" && group == "extensions";
        let known = TEMPLATES.iter().find(|(known, kind, _)| fits(known) && *kind == object.kind());
        let template = match known {
            Some((.., path)) => object.node.at(path)?,
            // Custom resources with a pod template in the usual place, as Rollouts of Argo.
            None if !is_builtin(group) => {
                let template = object.node.at(&["spec", "template"])?;
                template.at(&["spec", "containers"]).filter(|node| node.is_sequence())?;
                template
            }
            None => return None,
        };
        Some(Workload { object, pod: template.get("spec")?, metadata: template.get("metadata") })
    }

    /// The kind.
    pub(crate) fn kind(&self) -> &'a str {
        self.object.kind()
    }

    /// Init containers first, then the containers, in the order in which they start.
    pub(crate) fn containers(&self) -> Vec<Container<'a>> {
        container::of(self.pod)
    }

    /// The key of the pod's spec to look at: the first of `keys` that is there.
    pub(crate) fn key(&self, keys: &[&str]) -> &'a Origin {
        let mut entries = keys.iter().filter_map(|key| self.pod.entry(key));
        entries.next().map_or(&self.pod.origin, |entry| &entry.origin)
    }

    /// The pods' labels.
    pub(crate) fn labels(&self) -> Option<&'a Node> {
        self.metadata?.get("labels")
    }

    /// How many pods are wanted: `spec.replicas`, 1 when nothing is said. A DaemonSet's pods
    /// are as many as the nodes, a Job's `parallelism`; neither is counted here.
    pub(crate) fn replicas(&self) -> i64 {
        self.object.node.at(&["spec", "replicas"]).and_then(Node::as_int).unwrap_or(1)
    }
}
