//! Every scalar of an object, and the words in a text.

use crate::tree::{Node, Value};

/// A scalar, with the keys that lead to it; lists add none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'a, 'p> {
    /// The scalar.
    pub(crate) node: &'a Node,
    pub(crate) text: &'a str,
    /// The keys from the object down to it.
    pub(crate) keys: &'p [&'a str],
    /// The mapping that it is in.
    pub(crate) parent: Option<&'a Node>,
}

/// Calls `each` with every scalar below `node`.
pub(crate) fn words<'a>(node: &'a Node, each: &mut impl FnMut(Word<'a, '_>)) {
    walk(node, None, &mut Vec::new(), each);
}

fn walk<'a>(
    node: &'a Node,
    parent: Option<&'a Node>,
    keys: &mut Vec<&'a str>,
    each: &mut impl FnMut(Word<'a, '_>),
) {
    match &node.value {
        Value::Scalar(scalar) => each(Word { node, text: &scalar.text, keys, parent }),
        Value::Sequence(items) => items.iter().for_each(|item| walk(item, parent, keys, each)),
        Value::Mapping(entries) => {
            for entry in entries {
                keys.push(&entry.key);
                walk(&entry.value, Some(node), keys, each);
                keys.pop();
            }
        }
    }
}

/// The parts of a text that could be names of objects.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.')))
        .map(|word| word.trim_matches(['-', '.']))
        .filter(|word| !word.is_empty())
}
