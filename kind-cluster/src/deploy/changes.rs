//! The fields in which two objects differ, by path, with secrets masked.

use common::quantity::Quantity;
use common::secrets::{MASK, is_hidden, mask};
use serde_json::Value;

use crate::object::text;

/// Longer values are shortened.
const LONGEST: usize = 60;

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Its path, with the names of list items: `spec.containers[main].image`.
    pub(crate) path: String,
    /// The values, for people; `None` where there is no such field.
    from: Option<String>,
    to: Option<String>,
}

impl Change {
    /// `PATH: OLD → NEW`.
    pub(crate) fn shown(&self) -> String {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".into());
        format!("{}: {} → {}", self.path, value(&self.from), value(&self.to))
    }
}

/// The side that has to have a field, for its difference to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Fields that only the first has count, too.
    Both,
    /// Fields that only the first has do not count: the server has filled them in.
    Second,
}

/// The differences of two states of one object.
pub(crate) fn changes(from: &Value, to: &Value, side: Side) -> Vec<Change> {
    let mut differ = Differ { side, secret: text(to, "/kind") == "Secret", found: Vec::new() };
    differ.compare("", Some(from), Some(to));
    differ.found
}

struct Differ {
    side: Side,
    secret: bool,
    found: Vec<Change>,
}

impl Differ {
    fn compare(&mut self, path: &str, from: Option<&Value>, to: Option<&Value>) {
        match (from, to) {
            (Some(Value::Object(a)), Some(Value::Object(b))) => {
                for (key, value) in b {
                    self.compare(&join(path, key), a.get(key), Some(value));
                }
                for (key, value) in a.iter().filter(|(key, _)| !b.contains_key(*key)) {
                    // A selector has exactly the labels that it names.
                    if self.side == Side::Both || path.ends_with("matchLabels") {
                        self.compare(&join(path, key), Some(value), None);
                    }
                }
            }
            (Some(Value::Array(a)), Some(Value::Array(b))) => self.lists(path, a, b),
            (a, b) if is_same(a, b) => {}
            (a, b) => self.found.push(Change {
                path: path.to_owned(),
                from: a.map(|value| self.value(path, value)),
                to: b.map(|value| self.value(path, value)),
            }),
        }
    }

    /// Items with names are compared by name, others by place.
    fn lists(&mut self, path: &str, a: &[Value], b: &[Value]) {
        let all = || a.iter().chain(b);
        if all().next().is_some() && all().all(|item| !label(item).is_empty()) {
            for item in b {
                let old = a.iter().find(|old| label(old) == label(item));
                self.compare(&format!("{path}[{}]", label(item)), old, Some(item));
            }
            for item in a.iter().filter(|old| !b.iter().any(|item| label(item) == label(old))) {
                self.compare(&format!("{path}[{}]", label(item)), Some(item), None);
            }
        } else if a.len() == b.len() {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                self.compare(&format!("{path}[{index}]"), Some(a), Some(b));
            }
        } else {
            let whole = |items: &[Value]| Value::Array(items.to_vec());
            let (a, b) = (whole(a), whole(b));
            self.found.push(Change {
                path: path.to_owned(),
                from: Some(self.value(path, &a)),
                to: Some(self.value(path, &b)),
            });
        }
    }

    fn value(&self, path: &str, value: &Value) -> String {
        let name = path.rsplit('.').next().unwrap_or_default();
        let named = path
            .rsplit_once(']')
            .map_or("", |(before, _)| before.rsplit_once('[').map_or("", |(_, name)| name));
        let data = self.secret && (path.starts_with("data") || path.starts_with("stringData"));
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        // A variable's name stands in the path, and its value in the field `value`.
        if data || is_hidden(name, &text) || (name == "value" && is_hidden(named, &text)) {
            return MASK.to_owned();
        }
        let text = mask(&text).replace('\n', "⏎");
        match text.chars().count() > LONGEST {
            true => text.chars().take(LONGEST).chain(['…']).collect(),
            false => text,
        }
    }
}

/// The name of a list item.
fn label(item: &Value) -> &str {
    match text(item, "/name") {
        "" => text(item, "/metadata/name"),
        name => name,
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Whether two values are equal to Kubernetes, which writes amounts in a form of its own.
fn is_same(a: Option<&Value>, b: Option<&Value>) -> bool {
    if a == b {
        return true;
    }
    let nothing = |value: Option<&Value>| match value {
        None | Some(Value::Null) => true,
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    };
    if nothing(a) && nothing(b) {
        return true;
    }
    let amount = |value: Option<&Value>| match value? {
        Value::String(text) => Quantity::parse(text),
        Value::Number(number) => Quantity::parse(&number.to_string()),
        _ => None,
    };
    matches!((amount(a), amount(b)), (Some(a), Some(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(from: Value, to: Value, side: Side) -> Vec<String> {
        changes(&from, &to, side).iter().map(Change::shown).collect()
    }

    #[test]
    fn fields_by_path_and_items_by_name() {
        let of = |image: &str, cpu: Value| {
            json!({"spec": {"containers": [{"name": "side"},
                {"name": "main", "image": image, "resources": {"limits": {"cpu": cpu}}}]}})
        };
        let found = shown(of("a:1", json!("500m")), of("a:2", json!(0.5)), Side::Both);
        assert_eq!(found, ["spec.containers[main].image: a:1 → a:2"]);
    }

    #[test]
    fn fields_that_the_server_fills_in_count_only_when_asked_for() {
        let (from, to) = (json!({"a": 1, "b": 2}), json!({"a": 1}));
        assert_eq!(shown(from.clone(), to.clone(), Side::Second), Vec::<String>::new());
        assert_eq!(shown(from, to, Side::Both), ["b: 2 → (none)"]);
        let labels = |value| json!({"selector": {"matchLabels": value}});
        let found =
            shown(labels(json!({"a": "1", "b": "2"})), labels(json!({"a": "1"})), Side::Second);
        assert_eq!(found, ["selector.matchLabels.b: 2 → (none)"]);
    }

    #[test]
    fn secrets_are_masked() {
        let secret = |value: &str| json!({"kind": "Secret", "data": {"a": value}});
        assert_eq!(shown(secret("eA=="), secret("eQ=="), Side::Both), ["data.a: *** → ***"]);
        let pod = |value: &str| json!({"env": [{"name": "DB_PASSWORD", "value": value}]});
        let found = shown(pod("hunter2x"), pod("hunter3x"), Side::Both);
        assert_eq!(found, ["env[DB_PASSWORD].value: *** → ***"]);
    }
}
