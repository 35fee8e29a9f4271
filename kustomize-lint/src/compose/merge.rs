//! Compose's own rules for putting one file over another: mappings by their keys, lists one
//! behind the other, and a few keys in a way of their own.

use std::collections::HashMap;

use common::compose::scalar::Scalar;

use super::tree::{Tag, Tree, Value};

/// Keys of a service that may be a list of `NAME=value` or a mapping.
const PAIRS: [&str; 6] =
    ["environment", "labels", "annotations", "extra_hosts", "sysctls", "additional_contexts"];

/// Keys of a service that may be one text or a list of them.
const ONE_OR_MANY: [&str; 5] = ["env_file", "tmpfs", "dns", "dns_search", "label_file"];

/// One file over another.
pub(super) fn files(base: Tree, own: Tree) -> Tree {
    over(&mut Vec::new(), base, own)
}

/// A service over the one that it extends.
pub(super) fn services(base: Tree, own: Tree) -> Tree {
    over(&mut vec!["services".to_owned(), "".to_owned()], base, own)
}

fn over(path: &mut Vec<String>, base: Tree, own: Tree) -> Tree {
    if own.tag != Tag::Merge || base.tag == Tag::Reset {
        return own;
    }
    let steps: Vec<&str> = path.iter().map(String::as_str).collect();
    let (mut base, mut own) = (base, own);
    match steps.as_slice() {
        // Halves of two commands are no command.
        ["services", _, "command" | "entrypoint"] | ["services", _, "healthcheck", "test"] => {
            return own;
        }
        ["services", _, key] if PAIRS.contains(key) => {
            return match (pairs(&base), pairs(&own)) {
                (Some(base), Some(members)) => {
                    Tree::new(&own.place, Value::Map(join(base, members, |_, _, tree| tree)))
                }
                (_, None) if own.is_null() => base,
                _ => own,
            };
        }
        ["services", _, "depends_on"] => {
            base = by_name(base);
            own = by_name(own);
        }
        ["services", _, "build"] => {
            base = context(base);
            own = context(own);
        }
        ["services", _, key] if ONE_OR_MANY.contains(key) => {
            base = many(base);
            own = many(own);
        }
        [.., key] if key.starts_with("x-") => return own,
        _ => {}
    }
    if own.is_null() {
        return base;
    }
    let value = match (base.value, own.value) {
        (Value::Map(base), Value::Map(members)) => {
            Value::Map(join(base, members, |name, below, tree| {
                path.push(name.to_owned());
                let merged = over(path, below, tree);
                path.pop();
                merged
            }))
        }
        (Value::List(mut all), Value::List(items)) => {
            all.extend(items);
            Value::List(all)
        }
        (_, value) => value,
    };
    Tree { value, ..own }
}

type Members = Vec<(String, Tree)>;

/// The members of both, with what `both` makes of those that both have.
fn join(base: Members, own: Members, mut both: impl FnMut(&str, Tree, Tree) -> Tree) -> Members {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<(String, Option<Tree>)> = Vec::new();
    for (name, tree) in base.into_iter().chain(own) {
        match places.get(&name) {
            Some(at) => {
                let below = all[*at].1.take();
                all[*at].1 = below.map(|below| both(&name, below, tree));
            }
            None => {
                places.insert(name.clone(), all.len());
                all.push((name, Some(tree)));
            }
        }
    }
    all.into_iter().filter_map(|(name, tree)| Some((name, tree?))).collect()
}

/// The members of a mapping or of a `NAME=value` list; `None` where it is neither.
pub(super) fn pairs(tree: &Tree) -> Option<Members> {
    match &tree.value {
        Value::Map(members) => Some(members.clone()),
        Value::List(items) => items
            .iter()
            .map(|item| {
                let text = item.text()?;
                let (name, value) = match text.split_once('=') {
                    Some((name, value)) => (name, Value::Text(value.to_owned())),
                    None => (text, Value::Plain(Scalar::Null)),
                };
                Some((name.to_owned(), Tree { value, ..item.clone() }))
            })
            .collect(),
        _ => None,
    }
}

/// A list of services as the mapping that it stands for.
pub(super) fn by_name(tree: Tree) -> Tree {
    let Value::List(items) = &tree.value else { return tree };
    let member = |item: &Tree| {
        let started = Tree::text_at(&item.place, "service_started");
        let required = Tree::new(&item.place, Value::Plain(Scalar::Bool(true)));
        let own = vec![("condition".to_owned(), started), ("required".to_owned(), required)];
        Some((item.text()?.to_owned(), Tree::new(&item.place, Value::Map(own))))
    };
    match items.iter().map(member).collect() {
        Some(members) => Tree { value: Value::Map(members), ..tree },
        None => tree,
    }
}

fn context(tree: Tree) -> Tree {
    match tree.text() {
        Some(text) => {
            let context = ("context".to_owned(), Tree::text_at(&tree.place, text));
            Tree { value: Value::Map(vec![context]), ..tree }
        }
        None => tree,
    }
}

fn many(tree: Tree) -> Tree {
    match tree.text() {
        Some(text) => {
            let item = Tree::text_at(&tree.place, text);
            Tree { value: Value::List(vec![item]), ..tree }
        }
        None => tree,
    }
}
