//! Compose's own rules for putting one service over another: mappings by their keys, lists one
//! behind the other, and a few keys in a way of their own.

use super::tree::{Tree, Value};

/// Keys of `NAME=value` lists, which are mappings.
const PAIRS: [&str; 6] = ["environment", "labels", "annotations", "extra_hosts", "sysctls", "args"];

/// Keys that may be one text or a list of them.
const ONE_OR_MANY: [&str; 5] = ["env_file", "tmpfs", "dns", "dns_search", "label_file"];

/// Keys whose lists replace each other: halves of two commands are no command.
const WHOLE: [&str; 3] = ["command", "entrypoint", "test"];

/// Keys whose members have names that people give.
const NAMED: [&str; 5] = ["services", "networks", "volumes", "configs", "secrets"];

/// `own` over `base`.
pub(super) fn merge(base: Tree, own: Tree) -> Tree {
    over("", base, own)
}

fn over(key: &str, base: Tree, own: Tree) -> Tree {
    if own.is_null() && !base.is_null() {
        return base;
    }
    if WHOLE.contains(&key) {
        return own;
    }
    let (base, own) = (alike(key, base), alike(key, own));
    let rest = own.emptied();
    match (base.value, own.value) {
        (Value::Map(base), Value::Map(members)) => {
            let mut all = base;
            for (name, tree) in members {
                match all.iter().position(|(known, _)| *known == name) {
                    Some(at) => {
                        let (_, below) = all.remove(at);
                        // A service may have the name of a key.
                        let inner = if NAMED.contains(&key) { "" } else { &name };
                        let merged = over(inner, below, tree);
                        all.insert(at, (name, merged));
                    }
                    None => all.push((name, tree)),
                }
            }
            Tree { value: Value::Map(all), ..rest }
        }
        (Value::List(base), Value::List(items)) => {
            let named = |tree: &Tree| identity(key, tree);
            let taken: Vec<String> = items.iter().map(named).collect();
            let mut all: Vec<Tree> =
                base.into_iter().filter(|item| !taken.contains(&named(item))).collect();
            all.extend(items);
            Tree { value: Value::List(all), ..rest }
        }
        (_, value) => Tree { value, ..rest },
    }
}

/// The form in which both sides can be put together.
fn alike(key: &str, tree: Tree) -> Tree {
    let place = tree.place.clone();
    let rest = tree.emptied();
    let null = || Value::Plain(serde_json::Value::Null, String::new());
    match (key, tree.value) {
        (_, Value::List(items)) if PAIRS.contains(&key) => {
            let separator = |text: &str| match key == "extra_hosts" && !text.contains('=') {
                true => ':',
                false => '=',
            };
            let member = |item: Tree| {
                let text = item.text()?.to_owned();
                let (name, value) = match text.split_once(separator(&text)) {
                    Some((name, value)) => (name, Value::Text(value.to_owned())),
                    None => (text.as_str(), null()),
                };
                Some((name.to_owned(), Tree { value, ..item }))
            };
            let value = Value::Map(items.into_iter().filter_map(member).collect());
            Tree::new(place, value)
        }
        ("depends_on" | "networks", Value::List(items)) => {
            let member = |item: Tree| {
                let name = item.text()?.to_owned();
                let condition =
                    Tree::new(item.place.clone(), Value::Text("service_started".to_owned()));
                let value = match key {
                    "depends_on" => Value::Map(vec![("condition".to_owned(), condition)]),
                    _ => null(),
                };
                Some((name, Tree { value, ..item }))
            };
            let value = Value::Map(items.into_iter().filter_map(member).collect());
            Tree::new(place, value)
        }
        ("build", Value::Text(context)) => {
            let context = Tree::new(place.clone(), Value::Text(context));
            Tree::new(place, Value::Map(vec![("context".to_owned(), context)]))
        }
        (_, Value::Text(text)) if ONE_OR_MANY.contains(&key) => {
            let item = Tree::new(place.clone(), Value::Text(text));
            Tree::new(place, Value::List(vec![item]))
        }
        (_, value) => Tree { value, place, ..rest },
    }
}

/// What tells an item of a list from the others: two mounts of one target are one mount.
fn identity(key: &str, tree: &Tree) -> String {
    let of = |name: &str| tree.get(name).map(|own| own.json().to_string());
    match (key, tree.text()) {
        ("volumes" | "devices", Some(text)) => {
            let mut parts = text.split(':');
            let first = parts.next().unwrap_or_default();
            parts.next().unwrap_or(first).to_owned()
        }
        ("volumes", None) => tree.get("target").and_then(Tree::text).unwrap_or_default().to_owned(),
        ("configs" | "secrets", Some(name)) => format!("\"{name}\""),
        ("configs" | "secrets", None) => of("target").or(of("source")).unwrap_or_default(),
        _ => tree.json().to_string(),
    }
}
