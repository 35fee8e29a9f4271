//! Whether a pod can ever have a node: room that is taken may become free, labels and sizes of nodes
//! stay as they are.

use common::quantity::Quantity;
use serde_json::Value;

use super::World;
use crate::object::{containers, text};

/// Whether no node has the labels that a pod selects, or none is large enough. Without any node that is
/// known, nobody can tell.
pub(super) fn is_never(pod: &Value, world: &World) -> bool {
    let mut nodes = world.all("Node", "").peekable();
    nodes.peek().is_some() && !nodes.any(|node| is_selected(pod, node) && is_large(pod, node))
}

fn is_selected(pod: &Value, node: &Value) -> bool {
    let selector = pod.pointer("/spec/nodeSelector").and_then(Value::as_object);
    selector.into_iter().flatten().all(|(label, value)| {
        node["metadata"]["labels"].get(label).is_some_and(|found| found == value)
    })
}

fn is_large(pod: &Value, node: &Value) -> bool {
    ["cpu", "memory"].into_iter().all(|resource| {
        let size = Quantity::parse(text(node, &format!("/status/allocatable/{resource}")));
        let request = |container: &Value| {
            Quantity::parse(text(container, &format!("/resources/requests/{resource}")))
        };
        size.is_none_or(|size| containers(pod).filter_map(request).all(|wanted| wanted <= size))
    })
}
