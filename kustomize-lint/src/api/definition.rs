//! Schemas, and the text that the bundle keeps them in.
//!
//! A definition is a line with its name and, as hexadecimal bits, the versions of Kubernetes that
//! it holds for; then one line per field, indented by a tab:
//!
//! ```text
//! ContainerPort 1f
//!     containerPort! i
//!     protocol =|SCTP|TCP|UDP
//! ```
//!
//! `!` marks a required field. A definition that is no object has its type behind ` :`.

use std::fmt;
use std::fmt::Write;

/// A type of the API.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Anything.
    Any,
    /// A mapping with anything in it.
    AnyMapping,
    /// A text.
    Text,
    /// An integer of 32 bits.
    Int32,
    /// An integer of 64 bits.
    Int64,
    /// A number.
    Number,
    /// A boolean.
    Bool,
    /// A text of some form.
    Form(Form),
    /// A quantity of resources: a text or a number.
    Quantity,
    /// An integer or a text.
    IntOrText,
    /// One of some texts. An empty one among them stands for a value that is not set.
    OneOf(Vec<String>),
    /// One of some integers.
    OneOfInts(Vec<i64>),
    /// An integer from the first to the second, both included.
    Range(i64, i64),
    /// A list.
    List(Box<Type>),
    /// A mapping with any keys.
    Map(Box<Type>),
    /// The contents of a definition.
    Named(Name),
}

/// The form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Base64, with line ends anywhere.
    Base64,
    /// A time, as RFC 3339 writes it.
    Time,
    /// A label of a host name: the name of a namespace.
    DnsLabel,
    /// Labels with dots between them: the names of most objects.
    DnsSubdomain,
    /// The same, also with `*.` before it.
    Hostname,
    /// The name of a header of HTTP.
    HeaderName,
    /// A duration as Gateway API has it: whole hours, minutes, seconds and milliseconds.
    GatewayDuration,
    /// A duration as Go reads it.
    GoDuration,
}

/// The name of a definition.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// The part of the bundle that it is in: `core/v1`.
    pub chunk: String,
    /// Its name there: `PodSpec`.
    pub name: String,
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Whether it has to be there.
    pub required: bool,
    /// The type of its elements.
    pub r#type: Type,
}

/// A definition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Definition {
    /// An object with these fields, sorted by name, and no others.
    Object(Vec<Field>),
    /// Another name for a type.
    Alias(Type),
}

/// The field with this name among sorted ones.
pub fn field<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    let at = fields.binary_search_by(|field| field.name.as_str().cmp(name)).ok()?;
    Some(&fields[at])
}

/// The definitions of a chunk's text that hold for one version: their names and what they say.
/// `None` for a text that is not of this form.
pub fn parse(text: &str, version: u16) -> Option<Vec<(String, Definition)>> {
    let mut found: Vec<(String, Definition)> = Vec::new();
    let mut wanted = false;
    for line in text.lines() {
        if let Some(field) = line.strip_prefix('\t') {
            if wanted {
                let (_, Definition::Object(fields)) = found.last_mut()? else { return None };
                fields.push(parse_field(field)?);
            }
            continue;
        }
        let (head, alias) = match line.split_once(" :") {
            Some((head, alias)) => (head, Some(alias)),
            None => (line, None),
        };
        let mut words = head.split(' ');
        let (name, versions) = (words.next()?, u16::from_str_radix(words.next()?, 16).ok()?);
        wanted = versions & version != 0;
        if wanted {
            let definition = match alias {
                Some(alias) => Definition::Alias(parse_type(alias)?),
                None => Definition::Object(Vec::new()),
            };
            found.push((name.to_owned(), definition));
        }
    }
    Some(found)
}

fn parse_field(line: &str) -> Option<Field> {
    let (name, r#type) = line.split_once(' ')?;
    let (name, required) = match name.strip_suffix('!') {
        Some(name) => (name, true),
        None => (name, false),
    };
    Some(Field { name: name.to_owned(), required, r#type: parse_type(r#type)? })
}

fn parse_type(text: &str) -> Option<Type> {
    let mut letters = text.chars();
    let first = letters.next()?;
    let rest = letters.as_str();
    let found = match first {
        '=' => Type::OneOf(rest.split('|').map(str::to_owned).collect()),
        '#' => Type::OneOfInts(rest.split('|').map(|n| n.parse().ok()).collect::<Option<_>>()?),
        'r' => {
            let (first, last) = rest.split_once(':')?;
            Type::Range(first.parse().ok()?, last.parse().ok()?)
        }
        '[' => Type::List(Box::new(parse_type(rest)?)),
        '{' => Type::Map(Box::new(parse_type(rest)?)),
        '@' => {
            let (chunk, name) = rest.split_once('#')?;
            Type::Named(Name { chunk: chunk.to_owned(), name: name.to_owned() })
        }
        _ => return SIMPLE.iter().find(|(letter, _)| *letter == text).map(|(_, t)| t.clone()),
    };
    Some(found)
}

const SIMPLE: [(&str, Type); 17] = [
    ("*", Type::Any),
    ("o", Type::AnyMapping),
    ("s", Type::Text),
    ("i", Type::Int32),
    ("l", Type::Int64),
    ("n", Type::Number),
    ("b", Type::Bool),
    ("q", Type::Quantity),
    ("x", Type::IntOrText),
    ("y", Type::Form(Form::Base64)),
    ("t", Type::Form(Form::Time)),
    ("d", Type::Form(Form::DnsLabel)),
    ("D", Type::Form(Form::DnsSubdomain)),
    ("h", Type::Form(Form::Hostname)),
    ("e", Type::Form(Form::HeaderName)),
    ("g", Type::Form(Form::GatewayDuration)),
    ("G", Type::Form(Form::GoDuration)),
];

/// Writes a definition as [`parse`] reads it.
pub fn write(name: &str, versions: u16, definition: &Definition) -> String {
    let mut text = format!("{name} {versions:x}");
    match definition {
        Definition::Alias(alias) => {
            let _ = write!(text, " :{alias}");
        }
        Definition::Object(fields) => {
            for Field { name, required, r#type } in fields {
                let mark = if *required { "!" } else { "" };
                let _ = write!(text, "\n\t{name}{mark} {}", r#type);
            }
        }
    }
    text + "\n"
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::OneOf(values) => write!(f, "={}", values.join("|")),
            Type::OneOfInts(values) => {
                let values: Vec<String> = values.iter().map(i64::to_string).collect();
                write!(f, "#{}", values.join("|"))
            }
            Type::Range(first, last) => write!(f, "r{first}:{last}"),
            Type::List(item) => write!(f, "[{item}"),
            Type::Map(value) => write!(f, "{{{value}"),
            Type::Named(name) => write!(f, "@{}#{}", name.chunk, name.name),
            simple => {
                let letter = SIMPLE.iter().find(|(_, known)| known == simple);
                f.write_str(letter.map_or("*", |(letter, _)| letter))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_for_its_versions() {
        let named = Name { chunk: "core/v1".into(), name: "Port".into() };
        let types = [
            Type::List(Box::new(Type::Named(named))),
            Type::Map(Box::new(Type::Quantity)),
            Type::OneOf(vec![String::new(), "A".into(), "B C".into()]),
            Type::OneOfInts(vec![301, -2]),
            Type::Range(-1, i64::MAX),
            Type::Form(Form::GoDuration),
            Type::Any,
        ];
        let fields = types.into_iter().enumerate().map(|(at, r#type)| Field {
            name: format!("f{at}"),
            required: at % 2 == 0,
            r#type,
        });
        let fields: Vec<Field> = fields.collect();
        let object = Definition::Object(fields.clone());
        let alias = Definition::Alias(Type::Form(Form::Time));
        let text = write("A", 0x3, &object) + &write("A", 0x1c, &alias) + &write("B", 0x1f, &alias);
        let pair = |name: &str, definition: &Definition| (name.to_owned(), definition.clone());
        assert_eq!(parse(&text, 0x2), Some(vec![pair("A", &object), pair("B", &alias)]));
        assert_eq!(parse(&text, 0x10), Some(vec![pair("A", &alias), pair("B", &alias)]));
        assert_eq!(field(&fields, "f3"), Some(&fields[3]));
        assert_eq!(field(&fields, "f9"), None);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["A", "A zz", "A 1 :?", "A 1\n\tf", "A 1 :s\n\tf s", "A 1 :@x"] {
            assert_eq!(parse(text, 1), None, "{text:?}");
        }
    }
}
