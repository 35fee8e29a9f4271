//! From trees to YAML: keys sorted, as kustomize writes, and each value's origin behind it when
//! it is asked for.

use common::yaml;

use super::node::{Entry, Node, Value};
use super::scalar::{Kind, Scalar};
use super::text;

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
    /// The first key or item of an item stands behind its dash, on the same line.
    fn indent(&mut self, depth: usize) {
        if self.out.ends_with(yaml::is_break) {
            self.out.extend(std::iter::repeat_n("  ", depth));
        }
    }

    fn mapping(&mut self, node: &Node, depth: usize) {
        // A sort of the standard library may panic, because this order has circles: a9, a10, a1b.
        let mut entries: Vec<&Entry> = Vec::new();
        for entry in node.entries() {
            let at = entries.partition_point(|before| is_before(&before.key, &entry.key));
            entries.insert(at, entry);
        }
        for entry in entries {
            self.indent(depth);
            let long = text::write_key(&mut self.out, &entry.key, 2 * depth);
            // The value of a long key begins behind the colon, as an item behind its dash.
            let (separator, sequence_depth) = if long { (' ', depth + 1) } else { ('\n', depth) };
            match &entry.value.value {
                Value::Mapping(entries) if !entries.is_empty() => {
                    self.out.push(separator);
                    self.mapping(&entry.value, depth + 1);
                }
                Value::Sequence(items) if !items.is_empty() => {
                    self.out.push(separator);
                    self.sequence(items, sequence_depth);
                }
                _ => {
                    self.out.push(' ');
                    self.inline(&entry.value, depth);
                }
            }
        }
    }

    fn sequence(&mut self, items: &[Node], depth: usize) {
        for item in items {
            self.indent(depth);
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
        let plain = match &node.value {
            Value::Mapping(_) => "{}".to_owned(),
            Value::Sequence(_) => "[]".to_owned(),
            Value::Scalar(Scalar { kind: Kind::Text, text, .. }) => {
                text::write(&mut self.out, text, 2 * depth + 2, &comment);
                return;
            }
            Value::Scalar(Scalar { kind: Kind::Float, text, .. }) => scientific(text),
            Value::Scalar(scalar) => scalar.text.clone(),
        };
        self.out.extend([plain.as_str(), &comment, "\n"]);
    }
}

/// The order of keys in go-yaml: numbers in them by their value, and letters behind other signs.
fn is_before(left: &str, right: &str) -> bool {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let Some(at) = left.iter().zip(&right).position(|(a, b)| a != b) else {
        return left.len() < right.len();
    };
    let (a, b) = (left[at], right[at]);
    match (a.is_alphabetic(), b.is_alphabetic()) {
        (true, true) => return a < b,
        (false, false) => {}
        (_, is_letter) => return is_letter,
    }
    // Digits before a zero keep it from being a leading one.
    let digits = left[..at].iter().rev().take_while(|c| c.is_ascii_digit());
    let inside = (a == '0' || b == '0') && digits.into_iter().any(|c| *c != '0');
    let number = |text: &[char]| {
        let digits = text[at..].iter().map_while(|c| c.to_digit(10));
        digits.fold((i64::from(inside), 0), |(value, length), digit| {
            (value.wrapping_mul(10).wrapping_add(i64::from(digit)), length + 1)
        })
    };
    let (a, b) = ((number(&left), a), (number(&right), b));
    a < b
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
