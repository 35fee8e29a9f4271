//! The specification against the schema: every mistake of shape at once, each with its place.
//!
//! Wrong parts are left out of the value that comes back, so that the rest can be checked.

use common::diagnostic::{Diagnostic, Report, did_you_mean};
use common::fault;
use common::project::{Tree, Value as TreeValue};
use common::yaml::{Style, Value as Yaml};
use serde_json::{Map, Number, Value};

use super::uncarried;

/// The schema of what may be anything.
static ANYTHING: Value = Value::Bool(true);

/// Walks the specification.
pub(super) struct Shape<'a> {
    pub(super) schema: &'a Value,
    pub(super) report: &'a mut Report,
}

impl<'a> Shape<'a> {
    /// The whole as JSON, without what is wrong.
    pub(super) fn document(&mut self, root: &Tree) -> Value {
        let schema = self.schema;
        self.read(root, schema, "the file").unwrap_or_default()
    }

    fn read(&mut self, node: &Tree, schema: &'a Value, label: &str) -> Option<Value> {
        let schema = self.resolve(schema);
        if let Some(choices) = schema.get("anyOf").or(schema.get("oneOf")).and_then(Value::as_array)
        {
            return self.choose(node, choices, label);
        }
        let kinds = kinds(schema);
        let value = self.scalar(node);
        if kinds.is_empty() {
            return match schema.get("const").or(schema.get("enum")) {
                Some(_) => self.choose(node, std::slice::from_ref(schema), label),
                None => self.anything(node),
            };
        }
        match (&node.value, value) {
            (TreeValue::Map(entries), _) if kinds.contains(&"object") => {
                Some(self.mapping(node, entries, schema, label))
            }
            (TreeValue::List(items), _) if kinds.contains(&"array") => {
                let of = schema.get("items").unwrap_or(&ANYTHING);
                let items = items.iter().filter_map(|item| self.read(item, of, label));
                Some(Value::Array(items.collect()))
            }
            (TreeValue::Text(_) | TreeValue::Plain(..), Some(value))
                if kinds.contains(&kind(&value)) =>
            {
                self.limits(node, value, schema, label)
            }
            // A key with nothing behind it is an empty mapping or list.
            (_, Some(Value::Null)) if kinds.contains(&"object") => Some(Value::Object(Map::new())),
            (_, Some(Value::Null)) if kinds.contains(&"array") => Some(Value::Array(Vec::new())),
            _ => {
                self.wrong_type(node, &kinds, label);
                None
            }
        }
    }

    fn limits(
        &mut self,
        node: &Tree,
        value: Value,
        schema: &'a Value,
        label: &str,
    ) -> Option<Value> {
        let known: Vec<&Value> = match (schema.get("const"), schema.get("enum")) {
            (Some(one), _) => vec![one],
            (_, Some(Value::Array(many))) => many.iter().collect(),
            _ => Vec::new(),
        };
        if !known.is_empty() && !known.contains(&&value) {
            self.not_one_of(node, &known, label);
            return None;
        }
        let number = value.as_f64();
        let below = schema.get("minimum").and_then(Value::as_f64);
        let above = schema.get("maximum").and_then(Value::as_f64);
        if number.is_some_and(|n| below.is_some_and(|b| n < b) || above.is_some_and(|a| n > a)) {
            self.push("out-of-range", format!("{label} cannot be {value}"), node, None);
            return None;
        }
        Some(value)
    }

    /// The choice among several shapes: the shape of the node's own kind.
    fn choose(&mut self, node: &Tree, choices: &'a [Value], label: &str) -> Option<Value> {
        let resolved: Vec<&'a Value> = choices.iter().map(|choice| self.resolve(choice)).collect();
        let scalar = self.scalar(node);
        let node_kind = match &node.value {
            TreeValue::Map(_) => "object",
            TreeValue::List(_) => "array",
            TreeValue::Text(_) | TreeValue::Plain(..) => scalar.as_ref().map_or("string", kind),
        };
        let mut all = Vec::new();
        let mut fitting = Vec::new();
        for choice in resolved {
            let nested = choice.get("anyOf").or(choice.get("oneOf")).and_then(Value::as_array);
            let nested: Vec<&'a Value> = match nested {
                Some(nested) => nested.iter().map(|n| self.resolve(n)).collect(),
                None => vec![choice],
            };
            for one in nested {
                all.extend(kinds(one));
                if kinds(one).contains(&node_kind) || one.is_boolean() {
                    fitting.push(one);
                }
            }
        }
        let words: Vec<Value> = fitting.iter().filter_map(|f| f.get("const").cloned()).collect();
        match fitting.as_slice() {
            [] if scalar == Some(Value::Null) && all.contains(&"object") => {
                Some(Value::Object(Map::new()))
            }
            [] => {
                self.wrong_type(node, &all, label);
                None
            }
            [one] => self.read(node, one, label),
            _ if !words.is_empty() => {
                if scalar.as_ref().is_some_and(|value| words.contains(value)) {
                    return scalar;
                }
                self.not_one_of(node, &words.iter().collect::<Vec<_>>(), label);
                None
            }
            [one, ..] => self.read(node, one, label),
        }
    }

    fn mapping(
        &mut self,
        node: &Tree,
        entries: &[(String, Tree)],
        schema: &'a Value,
        label: &str,
    ) -> Value {
        let properties: Option<&'a Map<String, Value>> =
            schema.get("properties").and_then(Value::as_object);
        let rest = schema.get("additionalProperties");
        let mut map = Map::new();
        for (key, entry) in entries {
            let named = format!("\"{key}\"");
            let value = match (properties.and_then(|properties| properties.get(key)), rest) {
                // The catalogue has checks of its own, which show no value.
                _ if key == "x-secrets" && label == "the file" => None,
                (Some(property), _) => self.read(entry, property, &named),
                (None, None | Some(Value::Bool(false))) if closed(schema) => {
                    self.unknown_key(key, entry, properties.into_iter().flat_map(Map::keys), label);
                    None
                }
                (None, Some(Value::Bool(_)) | None) => self.anything(entry),
                (None, Some(of)) => self.read(entry, of, &named),
            };
            // Of files beside each other, each may have such a key.
            if let Some(value) = value.filter(|_| !map.contains_key(key)) {
                map.insert(key.clone(), value);
            }
        }
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = name.as_str() else { continue };
            if !entries.iter().any(|(key, _)| key == name) {
                self.push("missing-key", format!("{label} needs \"{name}\""), node, None);
            }
        }
        Value::Object(map)
    }

    /// A value of any shape.
    fn anything(&mut self, node: &Tree) -> Option<Value> {
        Some(match &node.value {
            TreeValue::Text(_) | TreeValue::Plain(..) => self.known_scalar(node)?,
            TreeValue::List(items) => {
                Value::Array(items.iter().filter_map(|item| self.anything(item)).collect())
            }
            TreeValue::Map(entries) => Value::Object(
                entries
                    .iter()
                    .filter_map(|(key, entry)| Some((key.clone(), self.anything(entry)?)))
                    .collect(),
            ),
        })
    }

    /// A scalar's meaning; `None` where the readers of YAML do not agree on one.
    fn scalar(&mut self, node: &Tree) -> Option<Value> {
        let node = node.scalar()?;
        let Yaml::Scalar { text, style } = &node.value else { return None };
        if *style == Style::Quoted || node.as_str().is_some() {
            return Some(Value::String(text.clone()));
        }
        if node.is_null() {
            return Some(Value::Null);
        }
        match text.as_str() {
            "true" => return Some(Value::Bool(true)),
            "false" => return Some(Value::Bool(false)),
            _ => {}
        }
        if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
            return Some(Value::String(text.clone()));
        }
        let integer = text.parse::<i64>().ok().map(Number::from);
        let integer = integer.or_else(|| text.parse::<u64>().ok().map(Number::from));
        let number = integer.or_else(|| text.parse().ok().and_then(Number::from_f64))?;
        (number.to_string() == *text).then_some(Value::Number(number))
    }

    fn known_scalar(&mut self, node: &Tree) -> Option<Value> {
        let value = self.scalar(node);
        if value.is_none() {
            self.wrong_type(node, &[], "this");
        }
        value
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        // Beside a description a reference stands in a list of one.
        let reference = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref"));
        let Some(name) = reference.and_then(Value::as_str) else { return schema };
        let name = name.rsplit('/').next().unwrap_or_default();
        let root: &'a Value = self.schema;
        definitions(root).and_then(|all| all.get(name)).unwrap_or(schema)
    }

    fn wrong_type(&mut self, node: &Tree, kinds: &[&str], label: &str) {
        let scalar = node.scalar();
        if let Some(text) = scalar.as_ref().and_then(|scalar| scalar.text())
            && self.scalar(node).is_none()
        {
            let message = format!("{text} means different things to different readers of YAML");
            self.push("ambiguous", message, node, Some("put it in quotes".into()));
            return;
        }
        let mut names: Vec<&str> = Vec::new();
        for kind in kinds {
            let name = match *kind {
                "object" => "a mapping",
                "array" => "a list",
                "boolean" => "true or false",
                "integer" | "number" => "a number",
                "null" => continue,
                _ => "a string",
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let text = scalar.as_ref().and_then(|scalar| scalar.text()).unwrap_or_default();
        let word = switch(text).filter(|_| names.contains(&"true or false"));
        let found = match &node.value {
            TreeValue::Text(text) if word.is_some() && text.plain => "another word",
            _ => node.kind(),
        };
        let message = format!("{label} must be {}, and this is {found}", names.join(" or "));
        let quote = names.contains(&"a string") && scalar.is_some();
        let hint = match word {
            Some(word) => Some(format!("write {word}")),
            None if quote && DURATIONS.contains(&label.trim_matches('"')) => {
                Some(format!("a unit is missing, such as {text}s"))
            }
            None => quote.then(|| "put it in quotes".into()),
        };
        self.push("wrong-type", message, node, hint);
    }

    fn not_one_of(&mut self, node: &Tree, known: &[&Value], label: &str) {
        let known: Vec<&str> = known.iter().filter_map(|value| value.as_str()).collect();
        let Some(node_text) = node.scalar() else { return };
        let text = node_text.text().unwrap_or_default();
        let hint = fault::available(text, known.iter().copied());
        self.push("unknown-value", format!("{label} cannot be \"{text}\""), node, Some(hint));
    }

    fn unknown_key<'k>(
        &mut self,
        key: &str,
        entry: &Tree,
        known: impl Iterator<Item = &'k String> + Clone,
        label: &str,
    ) {
        let known = known.map(String::as_str);
        let near = did_you_mean(key, known.clone());
        let hint = near
            .unwrap_or_else(|| fault::all(known.filter(|name| uncarried::reason(name).is_none())));
        let message = format!("unknown key \"{key}\" in {label}");
        let diagnostic = Diagnostic::error("unknown-key", message).at(entry.at(&entry.key), "");
        self.report.push(diagnostic.hint(hint));
    }

    fn push(&mut self, code: &'static str, message: String, node: &Tree, hint: Option<String>) {
        // A mapping's place is where it begins, not all its lines.
        let place = match node.members().first() {
            Some((_, first)) => first.at(&first.key),
            None => node.at(&node.node),
        };
        let diagnostic = Diagnostic::error(code, message).at(place, "");
        self.report.push(diagnostic.hint_if(hint));
    }
}

/// The keys whose text is a time.
const DURATIONS: [&str; 5] =
    ["interval", "timeout", "start_period", "start_interval", "stop_grace_period"];

/// The words that Compose takes for a switch where its schema has one, in quotes, too.
pub(crate) fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "y" | "yes" | "on" => Some(true),
        "false" | "n" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn definitions(schema: &Value) -> Option<&Value> {
    schema.get("definitions").or(schema.get("$defs"))
}

fn closed(schema: &Value) -> bool {
    schema.get("additionalProperties") == Some(&Value::Bool(false))
}

fn kinds(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => match schema.get("const") {
            Some(_) => vec!["string"],
            None => Vec::new(),
        },
    }
    .into_iter()
    .flat_map(|kind| if kind == "number" { vec!["number", "integer"] } else { vec![kind] })
    .collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
