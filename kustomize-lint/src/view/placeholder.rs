//! Values that somebody was to fill in.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;

use crate::object::Object;
use crate::tree::{Node, Value};

pub(crate) struct Placeholder<'a> {
    pub(crate) node: &'a Node,
    /// The field: `spec/template/spec/containers/0/image`.
    pub(crate) path: String,
    /// The placeholder, unless the value is a secret.
    pub(crate) token: Option<String>,
}

/// `<account-id>`, `${ACCOUNT_ID}`, and words that ask for another.
static ANY: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"<[A-Za-z][A-Za-z0-9_-]*>|\$\{[A-Z_][A-Z0-9_]*\}|(?:REPLACE|CHANGE)[_-]?(?:ME|THIS)|(?:replace|change)[_-]?me";
    Regex::new(pattern).expect("a pattern")
});

/// The whole value, perhaps behind a key.
static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?m)^(?:[ \t]*[\w.-]+[ \t]*[:=])?[ \t]*["']?((?:REPLACE|CHANGE)[_-]?(?:ME|THIS)|(?:replace|change)[_-]?me|TODO|FIXME|TBD)["']?[ \t]*$"#;
    Regex::new(pattern).expect("a pattern")
});

/// How much of a value is meant as it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// All of it.
    Plain,
    /// Text for somebody else, who may replace parts of it.
    Foreign,
    /// A variable of a container: many programs replace `${NAME}` in theirs.
    Variable,
    /// The same in base64, and not to be shown.
    Encoded,
    /// As it is written, and not to be shown.
    Secret,
}

/// The placeholders of an object, in the order of its fields.
pub(crate) fn find(object: &Object) -> Vec<Placeholder<'_>> {
    let mut found = Vec::new();
    if object.kind() != "CustomResourceDefinition" {
        walk(&object.node, object.kind(), &mut Vec::new(), Reading::Plain, &mut found);
    }
    found
}

fn walk<'a>(
    node: &'a Node,
    kind: &str,
    path: &mut Vec<String>,
    reading: Reading,
    found: &mut Vec<Placeholder<'a>>,
) {
    match &node.value {
        Value::Scalar(scalar) => {
            if let Some(token) = token(&scalar.text, reading) {
                let hidden = matches!(reading, Reading::Secret | Reading::Encoded);
                let token = (!hidden).then_some(token);
                found.push(Placeholder { node, path: path.join("/"), token });
            }
        }
        Value::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(at.to_string());
                walk(item, kind, path, reading, found);
                path.pop();
            }
        }
        Value::Mapping(entries) => {
            for entry in entries {
                let key = entry.key.as_str();
                let inner = match (kind, path.len(), key) {
                    _ if reading != Reading::Plain => reading,
                    ("ConfigMap", 0, "data" | "binaryData") => Reading::Foreign,
                    ("Secret", 0, "data") => Reading::Encoded,
                    ("Secret", 0, "stringData") => Reading::Secret,
                    (_, _, "env") => Reading::Variable,
                    (_, _, "command" | "args" | "script" | "expr") => Reading::Foreign,
                    _ if is_prose(key) => Reading::Foreign,
                    // Custom resources with the configuration of a program.
                    (_, _, "config" | "configuration" | "values") => Reading::Foreign,
                    _ => Reading::Plain,
                };
                path.push(key.to_owned());
                walk(&entry.value, kind, path, inner, found);
                path.pop();
            }
        }
    }
}

/// Whether a field or an annotation is for people to read.
fn is_prose(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or(key).to_ascii_lowercase();
    name.starts_with("runbook")
        || matches!(
            name.as_str(),
            "description" | "summary" | "message" | "title" | "note" | "notes"
        )
}

fn token(text: &str, reading: Reading) -> Option<String> {
    let decoded;
    let text = match reading {
        Reading::Encoded => {
            decoded = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
            decoded.as_str()
        }
        _ => text,
    };
    if let Some(whole) = WHOLE.captures(text).filter(|_| !text.starts_with("#!")) {
        return Some(whole[1].to_owned());
    }
    // A text of several lines is a script, a template or a file.
    if reading == Reading::Foreign || text.contains('\n') || text.contains("</") {
        return None;
    }
    let counts = |token: &str| reading != Reading::Variable || !token.starts_with('$');
    let mut found = ANY.find_iter(text);
    let found =
        found.find(|found| counts(found.as_str()) && alone(text, found.start(), found.end()))?;
    Some(found.as_str().to_owned())
}

/// Whether what was found is no part of a longer word, and not escaped.
fn alone(text: &str, start: usize, end: usize) -> bool {
    let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '$';
    let before = text[..start].chars().next_back().is_some_and(word);
    let after = text[end..].chars().next().is_some_and(word);
    // Brackets and braces end by themselves.
    match text[start..].chars().next() {
        // The whole value, or a whole part of a path, an address or a list.
        Some('<') => {
            let edge = |letter: char| "/:.@-_=,".contains(letter);
            text[..start].chars().next_back().is_none_or(edge)
                && text[end..].chars().next().is_none_or(edge)
                && !matches!(&text[start..end], "<none>" | "<nil>" | "<unknown>" | "<unset>")
        }
        Some('$') => !text[..start].ends_with('$'),
        _ => !before && !after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_filled_in_is_told_from_what_is_meant() {
        for text in [
            "arn:aws:iam::<account-id>:role/web",
            "REPLACE_ME",
            "https://CHANGEME/path",
            "changeme",
            "registry/${PROJECT}/web:1",
            "TODO",
        ] {
            assert!(token(text, Reading::Plain).is_some(), "{text}");
        }
        for text in [
            "todo",
            "TODO-service",
            "$(POD_IP)",
            "${env:HOME}",
            "${1}:9100",
            "$${VAR}",
            "a < b > c",
            "<b>bold</b>",
            "exchangement",
            "DONT_REPLACE_MEMORY",
            "#!/bin/sh\necho ${HOME} <file>\n",
        ] {
            assert_eq!(token(text, Reading::Plain), None, "{text}");
        }
        assert_eq!(token("host=${HOST}", Reading::Foreign), None);
        assert_eq!(token("host=${HOST}", Reading::Variable), None);
        assert!(token("${HOST}/<region>", Reading::Variable).is_some());
        assert!(token("a: 1\npassword: CHANGEME\n", Reading::Foreign).is_some());
        assert!(token("Q0hBTkdFTUU=", Reading::Encoded).is_some());
    }
}
