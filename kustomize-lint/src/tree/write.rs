//! From trees to YAML: keys sorted, as kustomize writes, and each value's origin behind it when
//! it is asked for.

use super::node::{Node, Value};
use super::scalar::{Kind, Scalar};

/// The comment behind a value; nothing for an empty text.
pub(crate) type Comment<'a> = &'a dyn Fn(&Node) -> String;

/// Writes one document, without a marker before it.
pub(crate) fn write(node: &Node, comment: Comment<'_>) -> String {
    let mut writer = Writer { out: String::new(), comment };
    match &node.value {
        Value::Mapping(entries) if !entries.is_empty() => writer.mapping(node, 0),
        Value::Sequence(items) if !items.is_empty() => writer.sequence(items, 0),
        _ => {
            writer.inline(node, 0);
        }
    }
    writer.out
}

struct Writer<'a> {
    out: String,
    comment: Comment<'a>,
}

impl Writer<'_> {
    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
    }

    fn mapping(&mut self, node: &Node, depth: usize) {
        let mut entries: Vec<_> = node.entries().iter().collect();
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        for (at, entry) in entries.into_iter().enumerate() {
            // The first key of an item stands behind its dash.
            if at > 0 || !self.out.ends_with("- ") {
                self.indent(depth);
            }
            self.out.push_str(&key(&entry.key));
            self.out.push(':');
            match &entry.value.value {
                Value::Mapping(entries) if !entries.is_empty() => {
                    self.out.push('\n');
                    self.mapping(&entry.value, depth + 1);
                }
                Value::Sequence(items) if !items.is_empty() => {
                    self.out.push('\n');
                    self.sequence(items, depth);
                }
                _ => {
                    self.out.push(' ');
                    self.inline(&entry.value, depth);
                }
            }
        }
    }

    fn sequence(&mut self, items: &[Node], depth: usize) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 || !self.out.ends_with("- ") {
                self.indent(depth);
            }
            self.out.push_str("- ");
            match &item.value {
                Value::Mapping(entries) if !entries.is_empty() => self.mapping(item, depth + 1),
                Value::Sequence(items) if !items.is_empty() => self.sequence(items, depth + 1),
                _ => self.inline(item, depth),
            }
        }
    }

    /// A scalar or something empty, to the end of its line.
    fn inline(&mut self, node: &Node, depth: usize) {
        let comment = (self.comment)(node);
        let comment = if comment.is_empty() { comment } else { format!(" # {comment}") };
        match &node.value {
            Value::Mapping(_) => self.out.push_str("{}"),
            Value::Sequence(_) => self.out.push_str("[]"),
            Value::Scalar(scalar) if scalar.kind == Kind::Text && block(&scalar.text) => {
                self.out.push_str(match scalar.text.as_bytes() {
                    [.., b'\n', b'\n'] => "|+",
                    [.., b'\n'] => "|",
                    _ => "|-",
                });
                self.out.push_str(&comment);
                self.out.push('\n');
                for line in scalar.text.split_terminator('\n') {
                    if !line.is_empty() {
                        self.indent(depth + 1);
                        self.out.push_str(line);
                    }
                    self.out.push('\n');
                }
                return;
            }
            Value::Scalar(scalar) => self.out.push_str(&inline(scalar)),
        }
        self.out.push_str(&comment);
        self.out.push('\n');
    }
}

/// Whether a text is best read as a block of lines.
fn block(text: &str) -> bool {
    let first = text.trim_start_matches('\n');
    text.trim_end_matches('\n').contains('\n')
        && first.len() == text.len()
        && !first.starts_with([' ', '\t'])
        && text.chars().all(|c| c == '\n' || c == '\t' || printable(c))
}

fn printable(letter: char) -> bool {
    !letter.is_control() && !matches!(letter, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{85}')
}

fn key(text: &str) -> String {
    inline(&Scalar::text(text))
}

fn inline(scalar: &Scalar) -> String {
    match scalar.kind {
        Kind::Text => {}
        Kind::Float => return scientific(&scalar.text),
        Kind::Null | Kind::Bool | Kind::Int => return scalar.text.clone(),
    }
    let text = &scalar.text;
    if plain(text) {
        text.clone()
    } else if text.chars().all(printable) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        quoted(text)
    }
}

/// A number as kustomize writes it: with an exponent from a million on and below a ten-thousandth.
fn scientific(text: &str) -> String {
    let Some(value) = text.parse().ok().filter(|value: &f64| value.is_finite()) else {
        return text.to_owned();
    };
    let shortest = format!("{value:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => value.to_string(),
    }
}

/// Whether every reader takes the unquoted text for the same text.
fn plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(first) = bytes.first() else { return false };
    let starts = first.is_ascii_alphabetic()
        || matches!(first, b'/' | b'_' | b'$' | b'(')
        || (first.is_ascii_digit() && bytes.iter().any(u8::is_ascii_alphabetic));
    let rest = bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"_-./:=@+,;()$% ~".contains(b));
    starts
        && rest
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !word(text)
        && Scalar::plain(text).kind == Kind::Text
        // Texts that some reader takes for a number: 0x1f, 1e3, 12:30, 0b1, 1_000.
        && !(first.is_ascii_digit()
            && bytes.iter().all(|b| b.is_ascii_hexdigit() || b"_.:+-xobTtZz ".contains(b)))
}

fn word(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
    )
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if printable(c) => out.push(c),
            c if (c as u32) < 0x100 => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if (c as u32) < 0x10000 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push_str(&format!("\\U{:08x}", c as u32)),
        }
    }
    out + "\""
}
