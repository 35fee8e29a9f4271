//! Gateways, their listeners, and how routes attach to them.

use common::kubernetes::{self, GATEWAY_API};

use crate::lint::Overlay;
use crate::object::{Object, group};
use crate::tree::Node;

/// A Gateway that a route names as its parent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parent<'a> {
    /// The node of the field.
    pub(crate) node: &'a Node,
    /// The scalar with the name.
    pub(crate) name: &'a Node,
    /// The namespace: the route's when nothing is said.
    pub(crate) namespace: &'a str,
}

/// The Gateways that a route names as its parents; a parent may be of another kind, too.
pub(crate) fn parents(route: &Object) -> impl Iterator<Item = Parent<'_>> {
    kubernetes::parents(&route.node).filter_map(|node| {
        let name = node.get("name")?;
        let namespace = node.word_at(&["namespace"]).unwrap_or(route.namespace());
        Some(Parent { node, name, namespace })
    })
}

impl<'a> Parent<'a> {
    pub(crate) fn name(&self) -> &'a str {
        self.name.scalar().map_or("", |scalar| scalar.text.as_str())
    }

    /// The Gateway, if the overlay has it.
    pub(crate) fn gateway<'o>(&self, overlay: &'o Overlay<'_>) -> Option<&'o Object> {
        let found = overlay.find("Gateway", self.namespace, self.name())?;
        (group(found) == GATEWAY_API).then_some(found)
    }

    /// The listeners that are meant: all, or those of the section and port that it says.
    pub(crate) fn listeners<'o>(&self, gateway: &'o Object) -> Vec<&'o Node> {
        let section = self.node.word_at(&["sectionName"]);
        let port = self.node.word_at(&["port"]);
        listeners(gateway)
            .iter()
            .filter(|listener| {
                section.is_none_or(|name| listener.word_at(&["name"]) == Some(name))
                    && port.is_none_or(|port| listener.word_at(&["port"]) == Some(port))
            })
            .collect()
    }
}

pub(crate) fn listeners(gateway: &Object) -> &[Node] {
    gateway.node.items_at(&["spec", "listeners"])
}

/// Whether two host names, each perhaps with a wildcard for one or more labels, have a name in
/// common.
pub(crate) fn intersects(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    match (a.strip_prefix('*'), b.strip_prefix('*')) {
        (None, None) => a == b,
        (Some(suffix), None) => b.len() > suffix.len() && b.ends_with(suffix),
        (None, Some(suffix)) => a.len() > suffix.len() && a.ends_with(suffix),
        (Some(a), Some(b)) => a.ends_with(b) || b.ends_with(a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_one_or_more_labels() {
        assert!(intersects("*.example.com", "a.b.example.com"));
        assert!(intersects("*.example.com", "*.b.example.com"));
        assert!(intersects("A.example.com", "a.example.com"));
        assert!(!intersects("*.example.com", "example.com"));
        assert!(!intersects("*.example.com", "anexample.com"));
        assert!(!intersects("*.a.com", "*.b.com"));
    }
}
