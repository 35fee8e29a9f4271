//! The documents of a patch's text.

use crate::load::Context;
use crate::tree::{self, Dialect, FileId, Node, Place, Text};

/// Reads a patch. kustomize gives JSON patches to its other reader.
pub(super) fn understood(file: FileId, text: &str) -> Result<Text, (Place, String)> {
    let read = tree::read(file, text, Dialect::Object)?;
    if read.documents.iter().any(Node::is_sequence) {
        return tree::read(file, text, Dialect::Kustomization);
    }
    Ok(read)
}

pub(super) fn parsed(read: Result<Text, (Place, String)>, context: &mut Context) -> Vec<Node> {
    match read {
        Ok(read) => {
            let last = read.documents.iter().any(Node::is_sequence);
            context.files.hide_twice(&read.duplicates);

            context.twice(read.duplicates, last);
            // The reader of JSON patches makes text of such keys.
            let odd = if last { Vec::new() } else { read.odd_keys };
            for place in odd {
                context.malformed(place, "a key must be text; put quotes around it");
            }
            read.documents
        }
        Err((place, message)) => {
            context.malformed(place, message);
            Vec::new()
        }
    }
}
