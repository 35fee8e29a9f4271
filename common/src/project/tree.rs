//! The project's values, each with the place where it is written.

use std::borrow::Cow;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::scope::Scope;
use crate::compose::OPAQUE;
use crate::compose::scalar::Scalar;
use crate::compose::variables::{self, Part};
use crate::diagnostic::{Place, Source};
use crate::yaml::{Node, Style, Value as Yaml};

/// A value.
#[derive(Clone)]
pub struct Tree {
    /// The file that the value comes from, as it was read for this project.
    pub origin: Arc<Origin>,
    /// The bytes of its key, or of the beginning of an item.
    pub key: Range<usize>,
    /// The bytes of the value itself; behind an alias, those at the anchor.
    pub node: Range<usize>,
    /// How the value overrides another.
    pub tag: Tag,
    /// The value.
    pub value: Value,
}

/// One reading of a file.
pub struct Origin {
    /// The text, with everything secret overwritten.
    pub source: Arc<Source>,
    /// Where the file's relative paths start.
    pub folder: PathBuf,
    /// The values of its variables.
    pub scope: Arc<Scope>,
}

/// How a value overrides another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// Both are merged.
    Merge,
    /// `!override`: the value replaces the other.
    Override,
    /// `!reset`: neither stays.
    Reset,
}

/// The content of a tree.
#[derive(Clone)]
pub enum Value {
    /// A text.
    Text(Text),
    /// A number, a switch or nothing, and how it is written.
    Plain(Scalar, String),
    /// A sequence.
    List(Vec<Tree>),
    /// A mapping, each key once, in the order of the file.
    Map(Vec<(String, Tree)>),
}

/// A text with its variables replaced.
#[derive(Clone)]
pub struct Text {
    /// The text as Compose reads it, with [`OPAQUE`] for a variable without a value.
    pub value: String,
    /// Whether the file has no quotes around it.
    pub plain: bool,
    /// The text of the file, where it has a `$`.
    written: Option<String>,
}

impl Text {
    /// A text of the file, and what it means.
    pub(super) fn new(written: &str, value: String, plain: bool) -> Self {
        let written = written.contains('$').then(|| written.to_owned());
        Text { value, plain, written }
    }

    /// `name=value` of a scalar.
    pub(super) fn pair(name: &str, value: &Tree) -> Option<Text> {
        let of = |value: &str| format!("{name}={value}");
        let written = match &value.value {
            Value::Text(text) => text.written.as_deref().map(of),
            _ => None,
        };
        Some(Text { value: of(&value.printed()?), plain: false, written })
    }

    /// The text as a Compose file writes it, with its variables.
    pub fn written(&self) -> Cow<'_, str> {
        match &self.written {
            Some(written) => Cow::Borrowed(written),
            None if self.value.contains('$') => Cow::Owned(self.value.replace('$', "$$")),
            None => Cow::Borrowed(&self.value),
        }
    }

    /// The parts on both sides of the first `separator`.
    pub(super) fn split(&self, separator: char) -> Option<(String, Text)> {
        let (name, value) = self.value.split_once(separator)?;
        let written = self.written.as_deref().and_then(|written| {
            // A separator inside of a reference is a part of its default.
            let mut plain = written.to_owned();
            for part in variables::parts(written) {
                if let Part::Reference(reference) = part {
                    plain.replace_range(reference.span.clone(), &" ".repeat(reference.span.len()));
                }
            }
            Some(&written[plain.find(separator)? + separator.len_utf8()..])
        });
        let written = written.filter(|text| text.contains('$')).map(str::to_owned);
        Some((name.to_owned(), Text { value: value.to_owned(), plain: false, written }))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(Text { value: text.to_owned(), plain: false, written: None })
    }
}

/// Of equal values in two places.
impl PartialEq for Tree {
    fn eq(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Text(a), Value::Text(b)) => a.value == b.value,
            (Value::Plain(a, _), Value::Plain(b, _)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Map(a), Value::Map(b)) => a == b,
            _ => false,
        }
    }
}

impl Tree {
    /// Another value at the same place.
    pub fn with(&self, value: Value) -> Self {
        let (origin, key, node) = (Arc::clone(&self.origin), self.key.clone(), self.node.clone());
        Tree { origin, key, node, tag: self.tag, value }
    }

    /// Where the value stands: a list's or mapping's place, and that of a value behind an alias,
    /// is its key.
    pub fn place(&self) -> Place {
        let scalar = matches!(self.value, Value::Text(_) | Value::Plain(..)) && !self.is_null();
        let at_value = scalar && self.node.start > self.key.start;
        self.at(if at_value { &self.node } else { &self.key })
    }

    /// A place in the same file.
    pub fn at(&self, span: &Range<usize>) -> Place {
        Place { source: Arc::clone(&self.origin.source), span: span.clone() }
    }

    /// The members of a mapping.
    pub fn members(&self) -> &[(String, Tree)] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    /// The items of a list.
    pub fn items(&self) -> &[Tree] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key, unless it is null.
    pub fn get(&self, key: &str) -> Option<&Tree> {
        let found = self.members().iter().find(|(name, _)| name == key).map(|(_, tree)| tree);
        found.filter(|tree| !tree.is_null())
    }

    /// The value of a key.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        let Value::Map(members) = &mut self.value else { return None };
        members.iter_mut().find(|(name, _)| name == key).map(|(_, tree)| tree)
    }

    /// Whether nothing stands there.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Plain(Scalar::Null, _))
    }

    /// A text that is one in the file.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(&text.value),
            _ => None,
        }
    }

    /// A text, or what Compose prints for a number or a switch.
    pub fn printed(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.value.clone()),
            Value::Plain(scalar, _) => Some(scalar.to_string()),
            _ => None,
        }
    }

    /// A scalar as the file writes it.
    pub fn scalar(&self) -> Option<Node> {
        let (text, plain) = match &self.value {
            Value::Text(text) => (text.written().into_owned(), text.plain),
            Value::Plain(_, raw) => (raw.clone(), true),
            Value::List(_) | Value::Map(_) => return None,
        };
        let style = if plain { Style::Plain } else { Style::Quoted };
        Some(Node { span: self.node.clone(), value: Yaml::Scalar { text, style } })
    }

    /// The word for this kind of value in messages.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Text(_) | Value::Plain(..) => self.scalar().map_or("", |scalar| scalar.kind()),
        }
    }

    /// Puts another text in the place of this one, in the form of a file.
    pub fn rewrite(&mut self, written: &str) {
        let value = self.origin.scope.resolve(written).unwrap_or(OPAQUE.to_string());
        self.value = Value::Text(Text::new(written, value, false));
    }

    /// Shows `visit` every text.
    pub fn texts(&mut self, visit: &mut impl FnMut(&mut Tree)) {
        match &mut self.value {
            Value::Text(_) => visit(self),
            Value::Plain(..) => {}
            Value::List(items) => items.iter_mut().for_each(|item| item.texts(visit)),
            Value::Map(members) => members.iter_mut().for_each(|(_, tree)| tree.texts(visit)),
        }
    }

    /// Removes the values that are reset; those that stay no longer override anything.
    pub(super) fn settle(&mut self) {
        self.tag = Tag::Merge;
        match &mut self.value {
            Value::Map(members) => {
                members.retain(|(_, tree)| tree.tag != Tag::Reset);
                members.iter_mut().for_each(|(_, tree)| tree.settle());
            }
            Value::List(items) => items.iter_mut().for_each(Tree::settle),
            _ => {}
        }
    }
}

/// A text without variables that have no value.
pub fn known(text: &str) -> Option<String> {
    (!text.contains(OPAQUE)).then(|| text.to_owned())
}
