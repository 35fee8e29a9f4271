//! Texts and keys that no YAML reader takes back.

use crate::load::Context;
use crate::tree::{Node, unreadable};

/// Reports texts that kustomize cannot read again after it has written the object.
pub(crate) fn refuse(object: &Node, context: &mut Context) {
    object.each_scalar(&mut |node, scalar| {
        if let Some(message) = unreadable(scalar) {
            context.malformed(node.place(), message);
        }
    });
    refuse_keys(object, context);
}

fn refuse_keys(node: &Node, context: &mut Context) {
    for entry in node.entries() {
        if entry.key.contains('\u{85}') {
            context
                .malformed(entry.place(), "kustomize cannot print a key with this end of a line");
        }
        refuse_keys(&entry.value, context);
    }
    node.items().iter().for_each(|item| refuse_keys(item, context));
}
