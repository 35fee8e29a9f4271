//! The tree that positions hang on.

use std::fmt;
use std::ops::Range;

/// A value and the bytes it was read from.
#[derive(Clone)]
pub struct Node {
    /// Bytes in the file. A value reached through an alias keeps the place of its anchor.
    pub span: Range<usize>,
    /// The value itself.
    pub value: Value,
}

/// The value of a node.
#[derive(Clone)]
pub enum Value {
    /// Text, as written; see [`Node::as_str`] and [`Node::is_null`] for its meaning.
    Scalar {
        /// Escapes and folding resolved.
        text: String,
        /// Whether YAML would read the text as something other than a string.
        style: Style,
    },
    /// `- a`, or `[a]`.
    Sequence(Vec<Node>),
    /// `k: v`, or `{k: v}`, in the order of the file.
    Mapping(Vec<Entry>),
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: `12`, `true` and nothing at all are not strings.
    Plain,
    /// Quoted, or a block: always a string.
    Quoted,
}

/// One line of a mapping.
#[derive(Clone)]
pub struct Entry {
    /// The bytes of the key.
    pub span: Range<usize>,
    /// The key; only scalar keys are accepted.
    pub key: String,
    /// Its value.
    pub value: Node,
}

/// The place and the kind; a file may hold secret values.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:?}", self.kind(), self.span)
    }
}

impl Node {
    /// The entries of a mapping.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items of a sequence.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The value under `key` of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()?.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The text of a scalar that YAML reads as a string: not a number, boolean or null.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, style: Style::Quoted } => Some(text),
            Value::Scalar { text, style: Style::Plain } if !resolves(text) => Some(text),
            _ => None,
        }
    }

    /// The text of any scalar, as written.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether the value is null, or absent behind its key.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, style: Style::Plain } if is_null(text))
    }

    /// The word for this kind of value in messages.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
            Value::Scalar { .. } if self.is_null() => "nothing",
            Value::Scalar { .. } if self.as_str().is_some() => "a string",
            Value::Scalar { text, .. } if is_boolean(text) => "a boolean",
            Value::Scalar { .. } => "a number",
        }
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn is_boolean(text: &str) -> bool {
    // YAML 1.1's words count too: Compose and Kubernetes read files with such parsers.
    matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
    )
}

/// Whether some common YAML reader takes the unquoted `text` for something else than a string.
fn resolves(text: &str) -> bool {
    let unsigned = text.trim_start_matches(['+', '-']);
    is_null(text)
        || is_boolean(text)
        || unsigned.starts_with(|c: char| c.is_ascii_digit())
            && unsigned.chars().all(|c| c.is_ascii_hexdigit() || "_.xob+-:".contains(c))
            && !unsigned.contains("..")
            && (unsigned.parse::<f64>().is_ok()
                || unsigned.starts_with("0x")
                || unsigned.starts_with("0o")
                || unsigned.chars().all(|c| c.is_ascii_digit() || "_:".contains(c)))
        || unsigned.parse::<f64>().is_ok()
        || matches!(unsigned.to_ascii_lowercase().as_str(), ".inf" | ".nan")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Node {
        Node { span: 0..0, value: Value::Scalar { text: text.into(), style: Style::Plain } }
    }

    #[test]
    fn plain_scalars_that_some_reader_resolves_are_not_strings() {
        for text in ["", "~", "true", "No", "12", "-1.5", "1e3", "0x1f", "0o7", "12:30", ".inf"] {
            assert_eq!(plain(text).as_str(), None, "{text:?}");
        }
        for text in ["admin", "1.2.3", "a: b", "10.0.0.1/8", "7a", "-", "x12"] {
            assert_eq!(plain(text).as_str(), Some(text));
        }
    }
}
