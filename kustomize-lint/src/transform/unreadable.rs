//! Scalars that no YAML reader takes back.

use crate::load::Context;
use crate::tree::{Node, unreadable};

/// Reports texts that kustomize cannot read again after it has written the object.
pub(crate) fn refuse(object: &Node, context: &mut Context) {
    object.each_scalar(&mut |node, scalar| {
        if let Some(message) = unreadable(scalar) {
            context.malformed(node.place(), message);
        }
    });
}
