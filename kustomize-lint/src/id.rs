//! An object's identity: group, version, kind, namespace and name.

use std::fmt;

use crate::schema;
use crate::tree::Node;

/// An object's identity at one moment of the rendering.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version in the group.
    pub version: String,
    pub kind: String,
    pub name: String,
    /// The namespace as written; empty when there is none.
    pub namespace: String,
}

impl Id {
    /// Reads the identity that an object has now.
    pub fn of(node: &Node) -> Self {
        let (group, version) = split(node.str_at(&["apiVersion"]).unwrap_or_default());
        let text = |path: &[&str]| node.word_at(path).unwrap_or_default().to_owned();
        Id {
            group,
            version,
            kind: text(&["kind"]),
            name: text(&["metadata", "name"]),
            namespace: text(&["metadata", "namespace"]),
        }
    }

    /// Whether objects of this kind live in a namespace for kustomize; true for kinds that it does not
    /// know.
    pub fn is_namespaced(&self) -> bool {
        !schema::is_known_cluster_scoped(&self.group, &self.version, &self.kind)
    }

    /// Whether objects of this kind live outside namespaces in a cluster.
    pub(crate) fn is_cluster_wide(&self) -> bool {
        schema::is_cluster_wide(&self.group, &self.kind)
    }

    /// The namespace for comparisons: `default` stands for none, and kinds of the whole cluster
    /// have a common one.
    pub fn effective_namespace(&self) -> &str {
        if !self.is_namespaced() {
            "_non_namespaceable_"
        } else if self.namespace.is_empty() {
            "default"
        } else {
            &self.namespace
        }
    }

    /// Whether both are in the same namespace, as kustomize sees it.
    pub fn same_namespace(&self, other: &Id) -> bool {
        self.effective_namespace() == other.effective_namespace()
    }

    /// Whether both are the same object for kustomize.
    pub fn matches(&self, other: &Id) -> bool {
        self.name == other.name && self.same_kind(other) && self.same_namespace(other)
    }

    /// Whether group, version and kind are equal.
    pub fn same_kind(&self, other: &Id) -> bool {
        self.group == other.group && self.version == other.version && self.kind == other.kind
    }

    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

/// Whether a part of an identity is as wanted; an empty text matches any.
pub(crate) fn fits(wanted: &str, is: &str) -> bool {
    wanted.is_empty() || wanted == is
}

/// Group and version of an `apiVersion`.
pub(crate) fn split(api_version: &str) -> (String, String) {
    match api_version.split_once('/') {
        Some((group, version)) => (group.to_owned(), version.to_owned()),
        None => (String::new(), api_version.to_owned()),
    }
}

impl fmt::Display for Id {
    /// `Deployment web`, or `Deployment prod/web`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{} {}", self.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind, self.name),
        }
    }
}
