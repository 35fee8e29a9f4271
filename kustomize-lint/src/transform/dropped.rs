//! The entries that are lost when a list takes the place of another.

use std::collections::{HashMap, HashSet};

use crate::tree::{Entry, Node, Place, Value};

/// The elements of a replaced list that the new one has no counterpart for. An element's
/// counterpart has its name or key, or stands for it for want of one of that name, and says
/// everything that it says; then the list was written anew on purpose.
pub(crate) fn dropped(before: &Node, patch: &Node) -> Vec<Place> {
    const KEYS: [&str; 4] = ["name", "secretKey", "key", "id"];
    let name =
        |node: &Node| KEYS.iter().find_map(|key| Some(format!("{key}={}", node.word_at(&[key])?)));
    let mut free: HashMap<String, &Node> = HashMap::new();
    let mut others: Vec<&Node> = Vec::new();
    let known: HashSet<Option<String>> = before.items().iter().map(name).collect();
    for item in patch.items() {
        match name(item).filter(|name| known.contains(&Some(name.clone()))) {
            Some(name) => {
                free.insert(name, item);
            }
            None => others.push(item),
        }
    }
    let mut others = others.into_iter().peekable();
    let mut lost = |item: &Node| {
        let same = name(item).and_then(|name| free.get(&name).copied());
        let kept = match same {
            Some(new) => covers(new, item),
            None => others.next_if(|new| covers(new, item)).is_some(),
        };
        !kept
    };
    before.items().iter().filter(|item| lost(item)).map(|item| item.origin.base).collect()
}

/// Whether `new` has every field of `old`, whatever the values.
fn covers(new: &Node, old: &Node) -> bool {
    let inside = |entry: &Entry| new.get(&entry.key).is_some_and(|new| covers(new, &entry.value));
    let items = || old.items().iter().zip(new.items()).all(|(old, new)| covers(new, old));
    match &old.value {
        Value::Mapping(entries) => entries.iter().all(inside),
        // A list of scalars is a value; one of mappings must not get shorter unseen.
        Value::Sequence(list) if list.iter().any(Node::is_mapping) => {
            list.len() <= new.items().len() && items()
        }
        _ => true,
    }
}
