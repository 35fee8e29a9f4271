//! Where a field of the kustomization stands in the text.

use std::ops::Range;

use common::yaml::{Node, Value};

/// A field at the left margin.
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) key: Range<usize>,
    pub(super) value: &'a Node,
    /// The text after the colon, with the line's end.
    pub(super) rest: Range<usize>,
    /// The lines below the key that belong to the field.
    pub(super) body: Range<usize>,
    /// How far the first of them is indented.
    pub(super) indent: usize,
}

impl<'a> Field<'a> {
    pub(super) fn of(text: &'a str, document: &'a Node, name: &'a str) -> Option<Self> {
        let entry = document.entries()?.iter().find(|entry| entry.key == name)?;
        let key = entry.span.clone();
        let at_margin = key.start == 0 || text.as_bytes().get(key.start - 1) == Some(&b'\n');
        if !at_margin || text.get(key.clone()) != Some(name) || entry.value.is_null() {
            return None;
        }
        let colon = key.end + text[key.end..].find(':')?;
        let line_end = end_of_line(text, colon);
        let mut body = line_end..line_end;
        let mut indent = None;
        let mut at = line_end;
        while at < text.len() {
            let end = end_of_line(text, at);
            let line = &text[at..end];
            let depth = depth(line);
            let content = line.trim();
            let silent = content.is_empty() || content.starts_with('#');
            if !silent {
                let first = *indent.get_or_insert(depth);
                let item = depth == 0 && first == 0 && content.starts_with('-') && content != "---";
                if depth == 0 && !item {
                    break;
                }
                body.end = end;
            } else if !content.is_empty() && depth > 0 && indent.is_some() {
                body.end = end;
            }
            at = end;
        }
        if body.is_empty() {
            indent = None;
        }
        let indent = indent.unwrap_or_default();
        Some(Field { name, key, value: &entry.value, rest: colon + 1..line_end, body, indent })
    }

    /// The whole field.
    pub(super) fn whole(&self) -> Range<usize> {
        self.key.start..self.body.end
    }

    /// Whether its value is in brackets or braces, in one line.
    pub(super) fn is_flow(&self, text: &str) -> bool {
        self.body.is_empty() && text[self.rest.clone()].trim_start().starts_with(['[', '{'])
    }

    /// Whether its value is the lines below, and nothing but a comment stands behind the key.
    pub(super) fn is_block(&self, text: &str) -> bool {
        let rest = text[self.rest.clone()].trim();
        !self.body.is_empty() && (rest.is_empty() || rest.starts_with('#'))
    }

    /// The comment behind the key, as a line of its own.
    pub(super) fn comment(&self, text: &str, indent: usize) -> String {
        Self::line(&text[self.rest.clone()], indent)
    }

    /// The comment behind a value in brackets.
    pub(super) fn behind(&self, text: &str, indent: usize) -> String {
        let end = end_of(text, self.value);
        Self::line(text.get(end..self.rest.end).unwrap_or_default(), indent)
    }

    fn line(rest: &str, indent: usize) -> String {
        let rest = rest.trim();
        if rest.starts_with('#') {
            format!("{}{rest}\n", " ".repeat(indent))
        } else {
            String::new()
        }
    }
}

/// The byte behind a value. The parser counts the blanks and the comment behind a bracket, too.
pub(super) fn end_of(text: &str, node: &Node) -> usize {
    let (inner, bracket) = match &node.value {
        Value::Scalar { .. } => return node.span.end,
        Value::Sequence(items) => (items.last(), ']'),
        Value::Mapping(entries) => (entries.last().map(|entry| &entry.value), '}'),
    };
    let from = inner.map_or(node.span.start + 1, |inner| end_of(text, inner));
    text.get(from..).and_then(|rest| rest.find(bracket)).map_or(node.span.end, |at| from + at + 1)
}

/// A value as it is written.
pub(super) fn raw<'a>(text: &'a str, node: &Node) -> Option<&'a str> {
    text.get(node.span.start..end_of(text, node))
}

pub(super) fn end_of_line(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
}

pub(super) fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
