//! The merge rules of the Compose Specification: mappings by their keys, lists appended, and
//! the keys that have a rule of their own.
//!
//! A list of `NAME=value` and a mapping mean the same, so both become a mapping before they are
//! merged.

use std::collections::HashMap;

use super::tree::{Tag, Text, Tree, Value};
use super::unique;
use crate::compose::scalar::Scalar;
use crate::diagnostic::{Diagnostic, Report};

/// One file over another.
pub(super) fn files(base: Tree, overlay: Tree, report: &mut Report) -> Tree {
    Merge { path: Vec::new(), report }.over(base, overlay)
}

/// A service over the service that it extends.
pub(super) fn services(base: Tree, overlay: Tree, report: &mut Report) -> Tree {
    Merge { path: vec!["services".to_owned(), String::new()], report }.over(base, overlay)
}

/// How the values of a key are merged.
enum Rule {
    /// Mappings by their keys, lists appended; anything else is replaced.
    Generic,
    /// Halves of two commands are no command.
    Replace,
    /// Values of another kind replace each other.
    Either,
    /// A mapping, also written as a list of `NAME=value`.
    Pairs,
    /// A list, also written as one text.
    OneOrMany,
    /// A list of `host=address`, also written as a mapping; a host may have several addresses. An
    /// entry with the text of an entry of the base is that entry.
    Hosts,
    /// A mapping with a default for each name, also written as a list of names.
    Names(fn(&Tree) -> Value),
    /// A mapping, also written as its `context`.
    Build,
    /// Options belong to their driver.
    Logging,
    /// A list of mappings that are told apart by their subnet.
    Subnets,
}

fn rule(path: &[&str]) -> Rule {
    match path {
        ["services", _, "command" | "entrypoint" | "extends"]
        | ["services", _, "healthcheck", "test"] => Rule::Replace,
        ["services", _, "annotations" | "environment" | "labels" | "sysctls"]
        | ["services", _, "build", "additional_contexts" | "args" | "labels"]
        | ["services", _, "deploy", "labels"]
        | ["networks" | "volumes", _, "labels"] => Rule::Pairs,
        ["services", _, "dns" | "dns_opt" | "dns_search" | "env_file" | "label_file" | "tmpfs"] => {
            Rule::OneOrMany
        }
        ["services", _, "extra_hosts"] | ["services", _, "build", "extra_hosts"] => Rule::Hosts,
        ["services", _, "depends_on"] => Rule::Names(dependency),
        ["services", _, "networks"] => Rule::Names(|_| Value::Plain(Scalar::Null, String::new())),
        ["services", _, "build"] => Rule::Build,
        ["services", _, "logging"] => Rule::Logging,
        ["services", _, "ulimits", _] => Rule::Either,
        ["networks", _, "ipam", "config"] => Rule::Subnets,
        [.., key] if key.starts_with("x-") => Rule::Either,
        _ => Rule::Generic,
    }
}

struct Merge<'a> {
    path: Vec<String>,
    report: &'a mut Report,
}

impl Merge<'_> {
    fn over(&mut self, mut base: Tree, mut overlay: Tree) -> Tree {
        if overlay.tag != Tag::Merge || base.tag == Tag::Reset {
            return overlay;
        }
        let steps: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let rule = rule(&steps);
        let form = |tree: Tree| match &rule {
            Rule::Pairs => match pairs(&tree) {
                Some(members) => tree.with(Value::Map(members)),
                None => tree,
            },
            Rule::OneOrMany => many(tree),
            Rule::Hosts => hosts(tree),
            Rule::Names(default) => by_name(tree, *default),
            Rule::Build => context(tree),
            _ => tree,
        };
        (base, overlay) = (form(base), form(overlay));
        match rule {
            Rule::Replace => return overlay,
            _ if overlay.is_null() => return base,
            Rule::Logging if !same_driver(&base, &overlay) => return overlay,
            Rule::Subnets => return self.subnets(base, overlay),
            _ => {}
        }
        let value = std::mem::replace(&mut overlay.value, Value::List(Vec::new()));
        let value = match (base.value, value) {
            (Value::Map(base), Value::Map(members)) => Value::Map(self.join(base, members)),
            (Value::List(_), value @ Value::List(_)) if matches!(rule, Rule::Either) => value,
            (Value::List(mut all), Value::List(mut items)) => {
                if let Rule::Hosts = rule {
                    items.retain(|item| !all.contains(item));
                }
                all.extend(items);
                let steps: Vec<&str> = self.path.iter().map(String::as_str).collect();
                Value::List(unique::join(&steps, all))
            }
            (below @ (Value::Map(_) | Value::List(_)), value) => {
                if !matches!(rule, Rule::Either) {
                    let kind = if let Value::Map(_) = below { "a mapping" } else { "a list" };
                    let diagnostic =
                        Diagnostic::error("wrong-type", format!("this overrides {kind}"));
                    let hint = format!("write {kind}, or replace the other with !override");
                    self.report.push(diagnostic.at(overlay.place(), "").hint(hint));
                }
                value
            }
            (_, value) => value,
        };
        Tree { value, ..overlay }
    }

    /// The members of both.
    fn join(&mut self, base: Members, overlay: Members) -> Members {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut all: Vec<(String, Option<Tree>)> = Vec::new();
        for (name, tree) in base.into_iter().chain(overlay) {
            match places.get(&name) {
                Some(at) => {
                    let below = all[*at].1.take();
                    self.path.push(name);
                    all[*at].1 = below.map(|below| match self.pairs_above() {
                        true => tree,
                        false => self.over(below, tree),
                    });
                    self.path.pop();
                }
                None => {
                    places.insert(name.clone(), all.len());
                    all.push((name, Some(tree)));
                }
            }
        }
        all.into_iter().filter_map(|(name, tree)| Some((name, tree?))).collect()
    }

    /// Whether the value is that of a pair: null is a value there.
    fn pairs_above(&self) -> bool {
        let steps: Vec<&str> = self.path.iter().map(String::as_str).collect();
        steps.split_last().is_some_and(|(_, above)| matches!(rule(above), Rule::Pairs))
    }

    fn subnets(&mut self, base: Tree, overlay: Tree) -> Tree {
        let subnet = |tree: &Tree| tree.get("subnet").and_then(Tree::printed);
        let mut all = base.items().to_vec();
        self.path.push("*".to_owned());
        for item in overlay.items() {
            match all.iter_mut().find(|known| subnet(known) == subnet(item)) {
                Some(known) => *known = self.over(known.clone(), item.clone()),
                None => all.push(item.clone()),
            }
        }
        self.path.pop();
        overlay.with(Value::List(all))
    }
}

type Members = Vec<(String, Tree)>;

/// The members of a mapping or of a `NAME=value` list; `None` where it is neither.
pub fn pairs(tree: &Tree) -> Option<Members> {
    match &tree.value {
        Value::Map(members) => Some(members.clone()),
        Value::List(items) => items
            .iter()
            .map(|item| {
                let Value::Text(text) = &item.value else { return None };
                Some(match text.split('=') {
                    Some((name, value)) => (name, item.with(Value::Text(value))),
                    None => {
                        let nothing = Value::Plain(Scalar::Null, String::new());
                        (text.value.clone(), item.with(nothing))
                    }
                })
            })
            .collect(),
        _ => None,
    }
}

/// `depends_on` as a mapping.
pub fn dependencies(tree: &Tree) -> Tree {
    by_name(tree.clone(), dependency)
}

fn dependency(item: &Tree) -> Value {
    let required = Value::Plain(Scalar::Bool(true), "true".to_owned());
    Value::Map(vec![
        ("condition".to_owned(), item.with("service_started".into())),
        ("required".to_owned(), item.with(required)),
    ])
}

fn by_name(tree: Tree, default: fn(&Tree) -> Value) -> Tree {
    let Value::List(items) = &tree.value else { return tree };
    let member = |item: &Tree| Some((item.text()?.to_owned(), item.with(default(item))));
    match items.iter().map(member).collect() {
        Some(members) => tree.with(Value::Map(members)),
        None => tree,
    }
}

fn hosts(tree: Tree) -> Tree {
    let Value::Map(members) = &tree.value else { return tree };
    let one = |name: &str, address: &Tree| {
        let text = Text::pair(name, address)?;
        Some(address.with(Value::Text(text)))
    };
    let entries = members.iter().flat_map(|(name, tree)| match &tree.value {
        Value::List(items) => items.iter().map(|item| one(name, item)).collect(),
        _ => vec![one(name, tree)],
    });
    match entries.collect() {
        Some(items) => tree.with(Value::List(items)),
        None => tree,
    }
}

fn context(tree: Tree) -> Tree {
    match &tree.value {
        Value::Text(text) => {
            let context = tree.with(Value::Text(text.clone()));
            tree.with(Value::Map(vec![("context".to_owned(), context)]))
        }
        _ => tree,
    }
}

fn many(tree: Tree) -> Tree {
    match &tree.value {
        Value::Text(text) => {
            let item = tree.with(Value::Text(text.clone()));
            tree.with(Value::List(vec![item]))
        }
        _ => tree,
    }
}

fn same_driver(base: &Tree, overlay: &Tree) -> bool {
    match (base.get("driver"), overlay.get("driver")) {
        (Some(base), Some(overlay)) => base == overlay,
        _ => true,
    }
}
