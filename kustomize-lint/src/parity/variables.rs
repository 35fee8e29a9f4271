//! The variables of a container as the kubelet makes them.

use std::collections::{BTreeMap, HashMap};

use crate::lint::Overlay;
use crate::tree::Node;
use crate::view::{Container, Target};

/// The value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A text that everybody can read.
    Known(String),
    /// Something from a Secret, or made of it.
    Secret,
    /// Something about the pod.
    Runtime,
    /// Nobody knows here.
    Unknown,
}

#[derive(Clone, Debug)]
pub(crate) struct Variable<'a> {
    pub(crate) value: Value,
    /// Where that is written.
    pub(crate) node: &'a Node,
    /// Where its name is written.
    pub(crate) name: &'a Node,
    /// Whether `env` names it; else `envFrom` brings it along.
    pub(crate) named: bool,
}

/// The variables of a container.
#[derive(Debug, Default)]
pub(crate) struct Variables<'a> {
    /// By name.
    pub(crate) list: BTreeMap<&'a str, Variable<'a>>,
    /// Names that `envFrom` makes with a prefix.
    prefixed: BTreeMap<String, Variable<'a>>,
    /// Whether there may be more.
    pub(crate) more: bool,
}

impl<'a> Variables<'a> {
    /// The variables of a container of a workload in `namespace`.
    pub(crate) fn of(overlay: &'a Overlay<'_>, namespace: &str, container: &Container<'a>) -> Self {
        let mut all = Variables::default();
        for source in container.list("envFrom") {
            all.from(overlay, namespace, source);
        }
        for entry in container.list("env") {
            let Some(name) = entry.word_at(&["name"]) else {
                all.more = true;
                continue;
            };
            let value = all.value(overlay, namespace, entry);
            let node = entry.get("value").or_else(|| entry.get("name")).unwrap_or(entry);
            let label = entry.get("name").unwrap_or(entry);
            all.list.insert(name, Variable { value, node, name: label, named: true });
        }
        all
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Variable<'a>> {
        self.list.get(name).or_else(|| self.prefixed.get(name))
    }

    fn from(&mut self, overlay: &'a Overlay<'_>, namespace: &str, source: &'a Node) {
        let prefix = source.word_at(&["prefix"]).unwrap_or_default();
        let references = [("configMapRef", "ConfigMap"), ("secretRef", "Secret")];
        for (field, kind) in references {
            let Some(reference) = source.get(field) else { continue };
            let name = reference.word_at(&["name"]).unwrap_or_default();
            let Some((keys, open)) = keys(overlay, kind, namespace, name) else {
                self.more = true;
                continue;
            };
            self.more |= open;
            for (key, value) in keys {
                let node = reference.get("name").unwrap_or(reference);
                let variable = Variable { value, node, name: node, named: false };
                if prefix.is_empty() {
                    self.list.insert(key, variable);
                } else {
                    self.prefixed.insert(format!("{prefix}{key}"), variable);
                }
            }
        }
    }

    fn value(&self, overlay: &'a Overlay<'_>, namespace: &str, entry: &'a Node) -> Value {
        let Some(from) = entry.get("valueFrom").filter(|node| !node.is_null()) else {
            return match entry.get("value") {
                None => Value::Known(String::new()),
                Some(node) => match node.scalar() {
                    Some(_) if node.is_null() => Value::Known(String::new()),
                    Some(scalar) => self.expand(&scalar.text),
                    None => Value::Unknown,
                },
            };
        };
        if from.get("secretKeyRef").is_some() {
            Value::Secret
        } else if let Some(reference) = from.get("configMapKeyRef") {
            let word = |field: &str| reference.word_at(&[field]).unwrap_or_default();
            let keys = keys(overlay, "ConfigMap", namespace, word("name"));
            let key = word("key");
            keys.and_then(|(mut keys, _)| keys.remove(key)).unwrap_or(Value::Unknown)
        } else if from.get("fieldRef").is_some() || from.get("resourceFieldRef").is_some() {
            Value::Runtime
        } else {
            Value::Unknown
        }
    }

    /// `$(NAME)` is what NAME holds where it is defined before, and `$$` is `$`.
    fn expand(&self, text: &str) -> Value {
        let mut out = String::new();
        let mut rest = text;
        let mut secret = false;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix('$') {
                out.push('$');
                rest = behind;
                continue;
            }
            let Some((name, behind)) = rest.strip_prefix('(').and_then(|r| r.split_once(')'))
            else {
                out.push('$');
                continue;
            };
            rest = behind;
            match self.get(name).map(|variable| &variable.value) {
                Some(Value::Known(value)) => out.push_str(value),
                Some(Value::Secret) => secret = true,
                Some(Value::Runtime | Value::Unknown) => return Value::Unknown,
                None if self.more => return Value::Unknown,
                None => out.push_str(&format!("$({name})")),
            }
        }
        out.push_str(rest);
        if secret { Value::Secret } else { Value::Known(out) }
    }
}

type Keys<'a> = HashMap<&'a str, Value>;

/// The keys of a ConfigMap or Secret, and whether there may be more; `None` when nothing is known.
fn keys<'a>(
    overlay: &'a Overlay<'_>,
    kind: &str,
    namespace: &str,
    name: &str,
) -> Option<(Keys<'a>, bool)> {
    if kind == "Secret" {
        let keys = overlay.provided().keys(Target::Secret, namespace, name)?;
        let names = keys.names.iter().map(|key| (key.as_str(), Value::Secret));
        return Some((names.collect(), keys.open));
    }
    let object = overlay.find(kind, namespace, name)?;
    let mut found = Keys::new();
    for field in ["data", "binaryData"] {
        for entry in object.node.entries_at(&[field]) {
            let value = match entry.value.scalar() {
                Some(scalar) if field == "data" => Value::Known(scalar.text.clone()),
                _ => Value::Unknown,
            };
            found.insert(&entry.key, value);
        }
    }
    Some((found, false))
}
