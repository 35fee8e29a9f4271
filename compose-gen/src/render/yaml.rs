//! YAML as people read it: names first, the rest sorted, long texts as blocks, and quotes
//! wherever some reader could take a string for something else.

use serde_json::Value;

/// Keys that a reader looks for first, in this order.
const FIRST: [&str; 8] =
    ["apiVersion", "kind", "name", "metadata", "namespace", "image", "key", "spec"];

/// Keys whose strings are always quoted, because they are values of variables.
const QUOTED: [&str; 2] = ["environment", "value"];

/// A document, ending in a newline.
pub(crate) fn document(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => mapping(value, 0, false, &mut out),
        Value::Array(items) if !items.is_empty() => sequence(items, 0, false, &mut out),
        other => {
            scalar(other, 0, false, &mut out);
        }
    }
    out
}

fn mapping(value: &Value, indent: usize, quoted: bool, out: &mut String) {
    let Value::Object(map) = value else { return };
    let rank = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    entries.sort_by_key(|(key, _)| (rank(key), key.as_str()));
    for (index, (key, value)) in entries.into_iter().enumerate() {
        // The first key of a list's item stands behind its dash.
        if index > 0 || out.is_empty() || out.ends_with('\n') {
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(&string(key, false));
        out.push(':');
        let quoted = quoted || QUOTED.contains(&key.as_str());
        node(value, indent, quoted, out);
    }
}

fn node(value: &Value, indent: usize, quoted: bool, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            mapping(value, indent + 2, quoted, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            sequence(items, indent + 2, quoted, out);
        }
        other => {
            out.push(' ');
            scalar(other, indent + 2, quoted, out);
        }
    }
}

fn sequence(items: &[Value], indent: usize, quoted: bool, out: &mut String) {
    for item in items {
        out.push_str(&" ".repeat(indent));
        out.push('-');
        match item {
            Value::Object(map) if !map.is_empty() => {
                out.push(' ');
                mapping(item, indent + 2, quoted, out);
            }
            Value::Array(inner) if !inner.is_empty() => {
                out.push('\n');
                sequence(inner, indent + 2, quoted, out);
            }
            other => {
                out.push(' ');
                scalar(other, indent + 2, quoted, out);
            }
        }
    }
}

fn scalar(value: &Value, indent: usize, quoted: bool, out: &mut String) {
    match value {
        Value::String(text) if is_block(text) => block(text, indent, out),
        Value::String(text) => {
            out.push_str(&string(text, quoted));
            out.push('\n');
        }
        Value::Object(_) => out.push_str("{}\n"),
        Value::Array(_) => out.push_str("[]\n"),
        other => {
            out.push_str(&other.to_string());
            out.push('\n');
        }
    }
}

/// Whether a text of several lines can be written as a literal block.
fn is_block(text: &str) -> bool {
    let lines = text.trim_end_matches('\n');
    lines.contains('\n')
        && !lines.starts_with([' ', '\t', '\n'])
        && !text.contains(|c: char| c != '\n' && c != '\t' && !shown(c))
        && !text.lines().any(|line| line.ends_with([' ', '\t']))
}

fn block(text: &str, indent: usize, out: &mut String) {
    let body = text.trim_end_matches('\n');
    let newlines = text.len() - body.len();
    out.push('|');
    out.push_str(match newlines {
        0 => "-",
        1 => "",
        _ => "+",
    });
    out.push('\n');
    for line in body.split('\n') {
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent));
            out.push_str(line);
        }
        out.push('\n');
    }
    for _ in 1..newlines {
        out.push('\n');
    }
}

/// A character that YAML writes as itself.
fn shown(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{A0}'..='\u{2027}' | '\u{202A}'..='\u{D7FF}' | '\u{E000}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}')
        || c > '\u{FFFF}'
}

fn string(text: &str, quoted: bool) -> String {
    if !quoted && is_plain(text) {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if shown(c) => out.push(c),
            c => out.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    out + "\""
}

/// Whether every reader takes the bare text for this string.
fn is_plain(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || " _-./:=,@+()$<>".contains(c);
    let first = |c: char| c.is_ascii_alphabetic() || "/_$".contains(c);
    // YAML 1.1's words count too: kubectl and Compose read with such parsers.
    let words = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];
    (text.starts_with(first) || text.starts_with("./") || text.starts_with("../"))
        && text.chars().all(good)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !words.contains(&text.to_ascii_lowercase().as_str())
        || is_amount(text)
}

/// `4Gi` and `500m`: begin with a digit and are no number to anyone.
fn is_amount(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    matches!(&text[digits.len()..], "Gi" | "Mi" | "Ki" | "s" | "m" | "g")
        && digits.chars().all(|c| c.is_ascii_digit())
        && !digits.is_empty()
}

#[cfg(test)]
mod tests {
    use super::document;
    use common::yaml::plain;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn names_come_first_and_texts_are_blocks() {
        let value = json!({"spec": {"b": [], "a": {}, "list": [{"x": 1, "name": "first"}, "y"]},
            "kind": "K", "script": "one\ntwo\n", "env": {"value": "8080"}});
        let text = "kind: K\nspec:\n  a: {}\n  b: []\n  list:\n    - name: first\n      x: 1\n    - \"y\"\n\
                    env:\n  value: \"8080\"\nscript: |\n  one\n  two\n";
        assert_eq!(document(&value), text);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(texts in proptest::collection::vec("(\\PC|[ \n\t$'\"\\\\:#-]){0,12}", 1..6)) {
            let mut map = serde_json::Map::new();
            for (index, text) in texts.iter().enumerate() {
                map.insert(format!("k{index}"), json!({"value": text, "list": [text, [text]], text: text}));
            }
            let value = Value::Object(map);
            let read: Value = plain::from_str(&document(&value)).unwrap();
            prop_assert_eq!(read, value);
        }
    }
}
