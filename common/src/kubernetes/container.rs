//! The containers of a pod.

use super::Tree;
use crate::quantity::Quantity;

/// When a container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Before the others, to its end.
    Init,
    /// An init container with `restartPolicy: Always`: from its turn on until the end.
    Sidecar,
    /// All the time.
    Main,
}

/// A container of a pod.
#[derive(Debug)]
pub struct Container<'a, T> {
    /// When it runs.
    pub role: Role,
    /// Its fields.
    pub node: &'a T,
}

impl<T> Clone for Container<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Container<'_, T> {}

/// The containers of a pod's spec, in the order in which they start.
pub fn containers<T: Tree>(pod: &T) -> Vec<Container<'_, T>> {
    let init = pod.list("initContainers").iter().map(|node| {
        let sidecar = node.word_at(&["restartPolicy"]) == Some("Always");
        Container { role: if sidecar { Role::Sidecar } else { Role::Init }, node }
    });
    let main = pod.list("containers").iter().map(|node| Container { role: Role::Main, node });
    init.chain(main).collect()
}

impl<'a, T: Tree> Container<'a, T> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        self.node.word_at(&["name"]).unwrap_or_default()
    }

    /// Its image.
    pub fn image(&self) -> Option<&'a T> {
        self.node.get("image")
    }

    /// The value of `resources.limits.memory` and the like; 500 is an amount, too.
    pub fn resource(&self, list: &str, name: &str) -> Option<&'a T> {
        self.node.at(&["resources", list, name]).filter(|node| !node.is_null())
    }

    /// The same as an amount, if it is one.
    pub fn amount(&self, list: &str, name: &str) -> Option<Quantity> {
        self.resource(list, name)?.quantity()
    }

    /// The amount that it requests: the limit where only that is set, as Kubernetes fills it in.
    pub fn request(&self, name: &str) -> Option<Quantity> {
        self.amount("requests", name).or_else(|| self.amount("limits", name))
    }

    /// The entries of `env`, `ports` or another list.
    pub fn list(&self, field: &str) -> &'a [T] {
        self.node.list(field)
    }
}
