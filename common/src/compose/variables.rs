//! `$` in a text: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:?message}`, `${NAME:+instead}`,
//! the same without a colon, and `$$` for a dollar sign. So is a `$` before anything that is
//! neither a name nor a brace.

use std::ops::Range;

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'t> {
    /// As it is; a `$` that was written `$$` stands alone.
    Literal(&'t str),
    /// A variable.
    Reference(Reference<'t>),
    /// A `$` that is none of these, and the character that follows. Compose keeps the `$`; the
    /// character is a part of what comes next.
    Lone(&'t str),
    /// Braces that Compose refuses.
    Bad(&'t str),
}

/// One `$NAME` or `${NAME…}`.
#[derive(Debug, PartialEq, Eq)]
pub struct Reference<'t> {
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// The variable.
    pub name: &'t str,
    /// `:-`, `-`, `:?`, `?`, `:+`, `+` or nothing.
    pub operator: &'t str,
    /// The text behind the operator; it may hold variables itself.
    pub argument: &'t str,
}

/// The value of a reference.
#[derive(Debug, PartialEq, Eq)]
pub enum Meaning<'t> {
    /// The variable's value.
    Value(String),
    /// The text behind the operator.
    Argument(&'t str),
    /// Nothing: `${NAME:+instead}` of a name without a value.
    Blank,
    /// The variable has no value, and the reference has no other.
    Missing,
}

impl<'t> Reference<'t> {
    /// The value of the reference when its variable has this value.
    pub fn meaning(&self, value: Option<String>) -> Meaning<'t> {
        let (colon, operator) = match self.operator.strip_prefix(':') {
            Some(operator) => (true, operator),
            None => (false, self.operator),
        };
        let set = value.filter(|value| !(colon && value.is_empty()));
        match (operator, set) {
            ("-", None) => Meaning::Argument(self.argument),
            ("+", None) => Meaning::Blank,
            ("+", Some(_)) => Meaning::Argument(self.argument),
            (_, Some(value)) => Meaning::Value(value),
            (_, None) => Meaning::Missing,
        }
    }
}

/// Where values come from.
pub struct Names<'a> {
    /// The value of a name.
    pub value: &'a dyn Fn(&str) -> Option<String>,
    /// The value of a reference whose name has none; `None` refuses the text.
    pub missing: &'a dyn Fn(&Reference<'_>) -> Option<String>,
}

/// Bytes of a text with its variables replaced. The system takes no longer values, and names that
/// mention each other twice would grow without an end.
const LONGEST: usize = 1 << 17;

/// Why a text has no meaning.
#[derive(Debug, PartialEq, Eq)]
pub enum Problem {
    /// A `$` with something behind it that is no variable.
    Bad(String),
    /// A name without a value.
    Missing(String),
    /// It would be longer than 128 KiB.
    TooLong,
}

/// The text with every variable replaced.
///
/// # Errors
/// Everything that keeps the text from having a meaning.
pub fn resolve(text: &str, names: &Names<'_>) -> Result<String, Vec<Problem>> {
    let mut length = 0;
    let read = |part: Part<'_>| match part {
        Part::Literal(text) => Ok(text.to_owned()),
        Part::Lone(_) => Ok("$".to_owned()),
        Part::Bad(text) => Err(vec![Problem::Bad(text.to_owned())]),
        Part::Reference(reference) => match reference.meaning((names.value)(reference.name)) {
            Meaning::Value(value) => Ok(value),
            Meaning::Argument(text) => resolve(text, names),
            Meaning::Blank => Ok(String::new()),
            Meaning::Missing => {
                let missing = || vec![Problem::Missing(reference.name.to_owned())];
                (names.missing)(&reference).ok_or_else(missing)
            }
        },
    };
    fill(text, &mut |part| {
        let resolved = read(part)?;
        length += resolved.len();
        let fits = length <= LONGEST.max(text.len());
        if fits { Ok(resolved) } else { Err(vec![Problem::TooLong]) }
    })
}

/// Joins the results of `read` for the pieces of a text.
///
/// # Errors
/// Everything that `read` has against the pieces.
pub fn fill<E>(
    text: &str,
    read: &mut dyn FnMut(Part<'_>) -> Result<String, Vec<E>>,
) -> Result<String, Vec<E>> {
    let mut out = String::with_capacity(text.len());
    let mut problems = Vec::new();
    for part in parts(text) {
        match read(part) {
            Ok(text) => out.push_str(&text),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() { Ok(out) } else { Err(problems) }
}

/// The pieces of a text.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(dollar) = text[at..].find('$').map(|offset| at + offset) {
        if dollar > at {
            parts.push(Part::Literal(&text[at..dollar]));
        }
        let rest = &text[dollar + 1..];
        let (part, end) = if rest.starts_with('$') {
            (Part::Literal("$"), dollar + 2)
        } else if let Some(braced) = rest.strip_prefix('{') {
            match closing(braced) {
                Some(close) => {
                    let end = dollar + 2 + close + 1;
                    (reference(text, dollar..end, &braced[..close]), end)
                }
                None => (Part::Bad(&text[dollar..]), text.len()),
            }
        } else {
            let end = dollar + 1 + word(rest);
            (reference(text, dollar..end, &text[dollar + 1..end]), end)
        };
        at = end;
        parts.push(part);
    }
    if at < text.len() {
        parts.push(Part::Literal(&text[at..]));
    }
    parts
}

/// `inner` is what `span` holds without the dollar sign and braces.
fn reference<'t>(text: &'t str, span: Range<usize>, inner: &'t str) -> Part<'t> {
    let (name, behind) = inner.split_at(word(inner));
    let operators = ["", ":-", "-", ":?", "?", ":+", "+"];
    let operator =
        operators.into_iter().rev().find(|operator| behind.starts_with(operator)).unwrap_or("");
    if span.len() == 1 {
        let next = text[span.end..].chars().next().map_or(0, char::len_utf8);
        return Part::Lone(&text[span.start..span.end + next]);
    }
    if name.is_empty() || operator.is_empty() && !behind.is_empty() {
        return Part::Bad(&text[span]);
    }
    let (operator, argument) = behind.split_at(operator.len());
    Part::Reference(Reference { span, name, operator, argument })
}

/// How many bytes at the beginning are a name.
fn word(text: &str) -> usize {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    if starts { end } else { 0 }
}

/// Where the brace that is open ends.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    let mut before = b' ';
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' if before == b'$' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
        before = byte;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_into_literals_and_references() {
        let found = parts("a$$B ${A:-x${C}}-$D ${E?m}$5${F!}${G");
        let shown: Vec<String> = found
            .iter()
            .map(|part| match part {
                Part::Literal(text) => format!("'{text}'"),
                Part::Reference(reference) => {
                    format!("{}|{}|{}", reference.name, reference.operator, reference.argument)
                }
                Part::Lone(text) => format!("lone {text}"),
                Part::Bad(text) => format!("bad {text}"),
            })
            .collect();
        let expected = [
            "'a'",
            "'$'",
            "'B '",
            "A|:-|x${C}",
            "'-'",
            "D||",
            "' '",
            "E|?|m",
            "lone $5",
            "'5'",
            "bad ${F!}",
            "bad ${G",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn operators_look_at_the_value() {
        let value = |name: &str| match name {
            "A" => Some("1".to_owned()),
            "E" => Some(String::new()),
            _ => None,
        };
        let names = Names {
            value: &value,
            missing: &|reference| reference.operator.is_empty().then(String::new),
        };
        let read = |text: &str| resolve(text, &names);
        let text = "${A:-x}${E:-x}${E-x}${U:-${U-y}}|${A:+p}${E:+q}${E+r}${U+s}|$U|${A:?m}";
        assert_eq!(read(text).unwrap(), "1xy|pr||1");
        assert_eq!(read("${E:?m}").unwrap_err(), [Problem::Missing("E".into())]);
        assert_eq!(read("$5 $").unwrap(), "$5 $");
        assert_eq!(read("${5} ${A!} ${A").unwrap_err().len(), 3);
        let long = |_: &str| Some("x".repeat(LONGEST));
        let names = Names { value: &long, missing: &|_| None };
        assert_eq!(resolve("$A", &names).unwrap().len(), LONGEST);
        assert_eq!(resolve("$A$B", &names).unwrap_err(), [Problem::TooLong]);
    }
}
