//! One file: from YAML to a tree with its variables replaced.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::scope::Scope;
use super::tree::{Origin, Tag, Text, Tree, Value};
use crate::compose::{OPAQUE, scalar};
use crate::diagnostic::Diagnostic;
use crate::spec::File;
use crate::yaml::{Entry, Node, Style, Value as Yaml};

/// Bytes of a file's texts together with their variables replaced.
const LARGEST: usize = 64 << 20;

/// The documents of a file with their variables replaced. An empty document is left out. A text
/// without a meaning goes to `unresolved`.
pub(super) fn trees(
    file: &File,
    folder: &Path,
    scope: &Arc<Scope>,
    unresolved: &mut Vec<Diagnostic>,
) -> Vec<Tree> {
    let tag = |(span, tag): &(Range<usize>, String)| match tag.as_str() {
        "!reset" => Some((span.clone(), Tag::Reset)),
        "!override" => Some((span.clone(), Tag::Override)),
        _ => None,
    };
    let (source, scope) = (Arc::clone(&file.source), Arc::clone(scope));
    let origin = Arc::new(Origin { source, folder: folder.to_owned(), scope });
    let tags = file.tags.iter().filter_map(tag).collect();
    let mut reading = Reading { origin, tags, size: 0, unresolved };
    let documents = file.documents.iter().filter(|document| document.entries().is_some());
    documents.map(|node| reading.tree(node, head(node))).collect()
}

struct Reading<'a> {
    origin: Arc<Origin>,
    tags: HashMap<Range<usize>, Tag>,
    /// Bytes of texts so far.
    size: usize,
    unresolved: &'a mut Vec<Diagnostic>,
}

impl Reading<'_> {
    fn tree(&mut self, node: &Node, key: Range<usize>) -> Tree {
        let tag = self.tags.get(&node.span).copied().unwrap_or(Tag::Merge);
        let value = match &node.value {
            Yaml::Scalar { text, style } => {
                let plain = *style == Style::Plain;
                match if plain { scalar::read(text) } else { None } {
                    Some(scalar) => Value::Plain(scalar, text.clone()),
                    None => Value::Text(Text::new(text, self.text(text, node), plain)),
                }
            }
            Yaml::Sequence(items) => {
                // A tag of an item says nothing about the other file's items: Compose takes the
                // item with !reset away and then merges the rest.
                let mut list: Vec<Tree> =
                    items.iter().map(|item| self.tree(item, head(item))).collect();
                list.retain(|item| item.tag != Tag::Reset);
                list.iter_mut().for_each(|item| item.tag = Tag::Merge);
                Value::List(list)
            }
            Yaml::Mapping(entries) => {
                let member = |entry: &Entry| {
                    (entry.key.clone(), self.tree(&entry.value, entry.span.clone()))
                };
                Value::Map(entries.iter().map(member).collect())
            }
        };
        Tree { origin: Arc::clone(&self.origin), key, node: node.span.clone(), tag, value }
    }

    /// A text with its variables replaced, as long as they do not grow without an end.
    fn text(&mut self, text: &str, node: &Node) -> String {
        let resolved = self.origin.scope.resolve(text).unwrap_or_else(|diagnostic| {
            self.fail(*diagnostic, node);
            OPAQUE.to_string()
        });
        let had = self.size <= LARGEST;
        self.size += resolved.len();
        if self.size <= LARGEST {
            return resolved;
        }
        if had {
            let message = "from here on the file has more than 64 MiB with its variables";
            self.fail(Diagnostic::error("too-large", message), node);
        }
        String::new()
    }

    fn fail(&mut self, diagnostic: Diagnostic, node: &Node) {
        let source = Arc::clone(&self.origin.source);
        let place = crate::diagnostic::Place { source, span: node.span.clone() };
        self.unresolved.push(diagnostic.at(place, ""));
    }
}

/// A mapping is shown at its first key, not with all its lines.
pub(super) fn head(node: &Node) -> Range<usize> {
    match &node.value {
        Yaml::Mapping(entries) => {
            entries.first().map_or(node.span.clone(), |entry| entry.span.clone())
        }
        Yaml::Sequence(_) => node.span.start..node.span.start,
        Yaml::Scalar { .. } => node.span.clone(),
    }
}
