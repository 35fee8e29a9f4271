//! Where routes and Ingresses send traffic to.

use common::kubernetes::{self, ACTION};

use crate::object::Object;
use crate::tree::Node;

/// A Service that a route or an Ingress names.
#[derive(Clone, Debug)]
pub(crate) struct Backend<'a> {
    /// The name, which may stand in the text of an annotation.
    pub(crate) name: String,
    /// Its place: the scalar with the name, or the annotation.
    pub(crate) node: &'a Node,
    /// The namespace, where another is said.
    pub(crate) namespace: Option<&'a Node>,
    /// The port, as a number or a name.
    pub(crate) port: Option<Port<'a>>,
}

impl Backend<'_> {
    /// The namespace of the Service: that of the object when it says no other.
    pub(crate) fn namespace_of<'b>(&'b self, object: &'b Object) -> &'b str {
        let said = self.namespace.and_then(Node::scalar);
        said.map_or(object.namespace(), |scalar| &scalar.text)
    }
}

/// The port of a Service.
#[derive(Clone, Debug)]
pub(crate) struct Port<'a> {
    /// Number or name.
    pub(crate) text: String,
    pub(crate) named: bool,
    pub(crate) node: &'a Node,
}

/// Whether the object is a route of the Gateway API.
pub(crate) fn is_route(object: &Object) -> bool {
    kubernetes::is_route(&object.node)
}

pub(crate) fn is_ingress(object: &Object) -> bool {
    kubernetes::is_ingress(&object.node)
}

/// Every Service that the object sends traffic to.
pub(crate) fn backends(object: &Object) -> Vec<Backend<'_>> {
    let port = |node| {
        let scalar = Node::scalar(node)?;
        Some(Port { text: scalar.text.clone(), named: node.as_str().is_some(), node })
    };
    let of_fields = kubernetes::backends(&object.node).into_iter().map(|backend| Backend {
        name: backend.name.scalar().map_or_else(String::new, |scalar| scalar.text.clone()),
        node: backend.name,
        namespace: backend.namespace,
        port: backend.port.and_then(port),
    });
    of_fields.chain(actions(object)).collect()
}

/// The Services that actions of the AWS controller forward to.
fn actions(object: &Object) -> Vec<Backend<'_>> {
    let annotations = object.annotations();
    let mut found = Vec::new();
    if !is_ingress(object) {
        return found;
    }
    for entry in annotations.iter().filter(|entry| entry.key.starts_with(ACTION)) {
        let text = entry.value.as_str().unwrap_or_default();
        let Ok(action) = serde_json::from_str::<serde_json::Value>(text) else { continue };
        let groups = action.pointer("/forwardConfig/targetGroups").and_then(|g| g.as_array());
        for group in groups.into_iter().flatten() {
            let Some(name) = group.get("serviceName").and_then(|name| name.as_str()) else {
                continue;
            };
            let node = &entry.value;
            let port = group.get("servicePort").and_then(|port| match port {
                serde_json::Value::Number(number) => Some((number.to_string(), false)),
                // The controller takes a number in quotes for a number.
                serde_json::Value::String(text) => {
                    Some((text.clone(), text.parse::<u16>().is_err()))
                }
                _ => None,
            });
            let port = port.map(|(text, named)| Port { text, named, node });
            found.push(Backend { name: name.to_owned(), node, namespace: None, port });
        }
    }
    found
}
