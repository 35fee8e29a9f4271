//! The containers of a pod.

use crate::quantity::Quantity;
use crate::tree::Node;

/// When a container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Before the others, to its end.
    Init,
    /// An init container with `restartPolicy: Always`: from its turn on until the end.
    Sidecar,
    /// All the time.
    Main,
}

/// A container of a pod.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Container<'a> {
    /// When it runs.
    pub(crate) role: Role,
    /// What is written.
    pub(crate) node: &'a Node,
}

/// The containers of a pod spec: init containers first.
pub(crate) fn of(pod: &Node) -> Vec<Container<'_>> {
    let list = |field: &str| pod.get(field).map_or(&[][..], Node::items);
    let init = list("initContainers").iter().map(|node| {
        let sidecar = node.str_at(&["restartPolicy"]) == Some("Always");
        Container { role: if sidecar { Role::Sidecar } else { Role::Init }, node }
    });
    let main = list("containers").iter().map(|node| Container { role: Role::Main, node });
    init.chain(main).collect()
}

impl<'a> Container<'a> {
    /// Its name.
    pub(crate) fn name(&self) -> &'a str {
        self.node.word_at(&["name"]).unwrap_or_default()
    }

    /// Its image.
    pub(crate) fn image(&self) -> Option<&'a Node> {
        self.node.get("image")
    }

    /// The value of `resources.limits.memory` and the like; 500 is an amount, too.
    pub(crate) fn resource(&self, list: &str, name: &str) -> Option<&'a Node> {
        self.node.at(&["resources", list, name]).filter(|node| !node.is_null())
    }

    /// The same as an amount, if it is one.
    pub(crate) fn amount(&self, list: &str, name: &str) -> Option<Quantity> {
        Quantity::parse(&self.resource(list, name)?.scalar()?.text)
    }

    /// What it requests: the limit where only that is set, as Kubernetes fills it in.
    pub(crate) fn request(&self, name: &str) -> Option<Quantity> {
        self.amount("requests", name).or_else(|| self.amount("limits", name))
    }

    /// The entries of `env`, `ports` or another list.
    pub(crate) fn list(&self, field: &str) -> &'a [Node] {
        self.node.get(field).map_or(&[], Node::items)
    }
}
