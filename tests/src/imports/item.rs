//! The item of a list that a place of a Compose file stands in.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use common::yaml::{self, Limits, Node, Value};

/// The files that rows name, each read once.
#[derive(Default)]
pub(super) struct Sources(BTreeMap<String, Option<Rc<Source>>>);

/// A file's text and its documents.
type Source = (String, Vec<Node>);

impl Sources {
    /// The text of the item that the place `file:line:column` stands in; `inner` lists are between the item
    /// and the place. `None` where it cannot be told, such as behind an alias.
    pub(super) fn item(&mut self, folder: &Path, place: &str, inner: usize) -> Option<String> {
        let mut parts = place.rsplitn(3, ':');
        let column: usize = parts.next()?.parse().ok()?;
        let line: usize = parts.next()?.parse().ok()?;
        let file = parts.next()?;
        let read = || {
            let text = std::fs::read_to_string(folder.join(file)).ok()?;
            let loaded = yaml::load(&text, Limits::default()).ok()?;
            Some(Rc::new((text, loaded.documents)))
        };
        let source = self.0.entry(file.to_owned()).or_insert_with(read).clone()?;
        let (text, documents) = &*source;
        let at = offset(text, line, column)?;
        let mut items = Vec::new();
        documents.iter().for_each(|node| walk(node, at, &mut items));
        let span = items.iter().rev().nth(inner)?;
        text.get(span.clone()).map(str::to_owned)
    }
}

/// The byte of a line and a column, both from 1.
fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let (byte, _) = text.get(start..)?.char_indices().nth(column - 1)?;
    Some(start + byte)
}

/// The spans of the items from the outside to the one at a byte.
fn walk(node: &Node, at: usize, items: &mut Vec<std::ops::Range<usize>>) {
    match &node.value {
        Value::Sequence(all) => {
            if let Some(item) = all.iter().find(|item| item.span.contains(&at)) {
                items.push(item.span.clone());
                walk(item, at, items);
            }
        }
        Value::Mapping(entries) => {
            let here = |start: usize, end: usize| (start..end).contains(&at);
            let found = entries.iter().find(|entry| here(entry.span.start, entry.value.span.end));
            found.into_iter().for_each(|entry| walk(&entry.value, at, items));
        }
        Value::Scalar { .. } => {}
    }
}

/// Whether the text of an item speaks of `wanted`: a port, a path, or a name.
pub(super) fn speaks_of(text: &str, wanted: &str) -> bool {
    // A variable, or a value that stands elsewhere.
    if text.contains('$') || text.trim_start().starts_with('*') {
        return true;
    }
    let breaks = |c: char| c.is_whitespace() || ":=,'\"{}[]".contains(c);
    // A variable may have colons in its name.
    let variable = text.trim_start_matches(['\'', '"']).strip_prefix(wanted);
    if variable.is_some_and(|rest| rest.starts_with('=')) {
        return true;
    }
    let mut tokens = text.split(breaks).filter(|token| !token.is_empty());
    let number = wanted.parse::<u32>().ok();
    tokens.any(|token| match number {
        Some(number) => {
            let token = token.split('/').next().unwrap_or_default();
            let (first, last) = token.split_once('-').unwrap_or((token, token));
            match (first.parse::<u32>(), last.parse::<u32>()) {
                (Ok(first), Ok(last)) => (first..=last).contains(&number),
                _ => false,
            }
        }
        None => {
            let token = token.trim_end_matches('/');
            // A secret or a config is named by its source, and mounted by its target.
            token == wanted.trim_end_matches('/')
                || wanted.rsplit('/').next().is_some_and(|last| last == token)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_speaks_of_its_own_values() {
        for (text, wanted) in [
            ("'8080:80'", "80"),
            ("127.0.0.1:53:53/udp", "53"),
            ("8000-8010:81-91", "85"),
            ("{target: 80, published: 8080}", "8080"),
            ("./conf:/etc/a/:ro", "/etc/a"),
            ("token", "/run/secrets/token"),
            ("A=x y", "A"),
            ("'Urls:Basket=http://b'", "Urls:Basket"),
            ("'${PORT}:80'", "8080"),
        ] {
            assert!(speaks_of(text, wanted), "{text} {wanted}");
        }
        for (text, wanted) in [("'8080:80'", "808"), ("./a:/b2", "/b"), ("AB=A1", "A1B")] {
            assert!(!speaks_of(text, wanted), "{text} {wanted}");
        }
    }

    #[test]
    fn a_place_stands_in_an_item() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "services:\n  a:\n    ports:\n      - '1:2'\n      - {target: 3, x: [4, 5]}\n";
        std::fs::write(folder.path().join("c.yml"), text).expect("a file");
        let mut sources = Sources::default();
        let mut item = |place: &str, inner| sources.item(folder.path(), place, inner);
        assert_eq!(item("c.yml:4:9", 0).as_deref(), Some("'1:2'"));
        assert_eq!(item("c.yml:5:10", 0).as_deref(), Some("{target: 3, x: [4, 5]}"));
        assert_eq!(item("c.yml:5:25", 0).as_deref(), Some("4"));
        assert_eq!(item("c.yml:5:25", 1).as_deref(), Some("{target: 3, x: [4, 5]}"));
        assert_eq!(item("c.yml:3:5", 0), None);
        assert_eq!(item("gone.yml:3:5", 0), None);
    }
}
