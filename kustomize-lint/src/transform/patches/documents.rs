//! The documents of a patch's text.

use crate::facts::{DuplicateKey, ProblemKind};
use crate::render::Context;
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
            let pairs = read.duplicates.into_iter();
            context.duplicate_keys.extend(pairs.map(|(place, earlier)| DuplicateKey {
                place,
                earlier,
                last,
            }));
            // The reader of JSON patches makes text of such keys.
            let odd = if last { Vec::new() } else { read.odd_keys };
            for place in odd {
                let message = "a key must be text; put quotes around it";
                context.problem(ProblemKind::Malformed, Some(place), message);
            }
            read.documents
        }
        Err((place, message)) => {
            context.problem(ProblemKind::Malformed, Some(place), message);
            Vec::new()
        }
    }
}
