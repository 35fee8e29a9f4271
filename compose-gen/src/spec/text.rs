//! `$` in the specification: the text that Compose would put in its place, from declared names only.
//!
//! The text that comes out is literal, except for marks: a reference to a secret's variable,
//! and, for the Compose file alone, a variable that `docker compose up` may change.

use std::collections::{BTreeMap, BTreeSet};

use common::compose::OPAQUE;
use common::compose::variables::{Meaning, Part, Reference, fill};

const OPEN: char = OPAQUE;
const CLOSE: char = '\u{F0001}';

/// The characters of variables and marks.
pub(super) const INTERPOLATED: [char; 3] = ['$', OPEN, CLOSE];

const SECRET: char = 's';
const LATE: char = 'l';

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Literal(&'a str),
    /// The value of a secret's variable.
    Secret(&'a str),
    /// A variable of `docker compose up`, and its default.
    Late(&'a str, &'a str),
}

/// The values of names in one place of the specification.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Name → value.
    pub(crate) values: BTreeMap<String, String>,
    /// Names that stay variable in the Compose file.
    pub(crate) late: BTreeSet<String>,
    /// Variables of the secret catalogue.
    pub(crate) secrets: BTreeSet<String>,
}

/// Why a text cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// `$` followed by something that is no name. The text itself may be a part of a secret.
    Syntax,
    /// A declared name with an operator that it cannot have.
    Operator(String),
    /// A name that nothing declares.
    Unknown(String),
    /// A character that marks are made of.
    Mark,
}

/// The text with every `${…}` replaced and every `$$` a `$`.
pub(crate) fn interpolate(text: &str, names: &Names) -> Result<String, Vec<Problem>> {
    if text.contains([OPEN, CLOSE]) {
        return Err(vec![Problem::Mark]);
    }
    fill(text, &mut |part| match part {
        Part::Literal(text) => Ok(text.to_owned()),
        Part::Reference(variable) => reference(&variable, names),
        // Compose would keep the first as it is; that a person meant it is not sure.
        Part::Lone(_) | Part::Bad(_) => Err(vec![Problem::Syntax]),
    })
}

/// The value of a reference.
fn reference(reference: &Reference<'_>, names: &Names) -> Result<String, Vec<Problem>> {
    let operator = || vec![Problem::Operator(reference.name.to_owned())];
    // A secret's value is not known here, nor whether it is empty.
    if names.secrets.contains(reference.name) && reference.operator.ends_with(['-', '+']) {
        return Err(operator());
    }
    if names.late.contains(reference.name) && !reference.operator.is_empty() {
        return late(reference, names).ok_or_else(operator);
    }
    match reference.meaning(lookup(reference.name, names)) {
        Meaning::Value(value) => Ok(value),
        Meaning::Argument(text) => interpolate(text, names),
        Meaning::Blank => Ok(String::new()),
        Meaning::Missing => Err(vec![Problem::Unknown(reference.name.to_owned())]),
    }
}

/// A variable that stays one in the Compose file: only its default may be said again.
fn late(reference: &Reference<'_>, names: &Names) -> Option<String> {
    let declared = names.values.get(reference.name)?;
    let default = match reference.operator {
        ":-" if declared.is_empty() => interpolate(reference.argument, names).ok()?,
        "+" | ":+" => return None,
        _ => declared.clone(),
    };
    let plain = !default.contains([OPEN, CLOSE, '}']);
    plain.then(|| format!("{OPEN}{LATE}{}={default}{CLOSE}", reference.name))
}

fn lookup(name: &str, names: &Names) -> Option<String> {
    if names.secrets.contains(name) {
        return Some(format!("{OPEN}{SECRET}{name}{CLOSE}"));
    }
    let value = names.values.get(name)?;
    Some(match names.late.contains(name) {
        true => format!("{OPEN}{LATE}{name}={value}{CLOSE}"),
        false => value.clone(),
    })
}

/// A text that begins with a variable of `docker compose up`, with another default for it.
pub(crate) fn with_default(text: &str, change: impl Fn(&str) -> String) -> Option<String> {
    let (mark, rest) = text.strip_prefix(OPEN)?.strip_prefix(LATE)?.split_once(CLOSE)?;
    let (name, default) = mark.split_once('=')?;
    Some(format!("{OPEN}{LATE}{name}={}{CLOSE}{rest}", change(default)))
}

pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for (index, part) in text.split(OPEN).enumerate() {
        let (mark, literal) = match part.split_once(CLOSE) {
            Some((mark, literal)) if index > 0 => (mark, literal),
            _ => ("", part),
        };
        if let Some(name) = mark.strip_prefix(SECRET) {
            pieces.push(Piece::Secret(name));
        } else if let Some(late) = mark.strip_prefix(LATE) {
            let (name, default) = late.split_once('=').unwrap_or((late, ""));
            pieces.push(Piece::Late(name, default));
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
    }
    pieces
}

/// The text with the defaults of what `docker compose up` may change, for a place in which nothing can vary.
pub(crate) fn settled(text: &str) -> String {
    let piece = |piece: Piece<'_>| match piece {
        Piece::Literal(text) | Piece::Late(_, text) => text.to_owned(),
        Piece::Secret(name) => format!("{OPEN}{SECRET}{name}{CLOSE}"),
    };
    pieces(text).into_iter().map(piece).collect()
}

/// The secrets' variables that a text mentions.
pub(crate) fn secrets(text: &str) -> Vec<&str> {
    let of = |piece| match piece {
        Piece::Secret(name) => Some(name),
        _ => None,
    };
    pieces(text).into_iter().filter_map(of).collect()
}

/// For a Compose file: every `$` doubled.
pub(crate) fn compose(text: &str) -> String {
    let piece = |piece| match piece {
        Piece::Literal(text) => text.replace('$', "$$"),
        Piece::Late(name, default) => format!("${{{name}:-{}}}", default.replace('$', "$$")),
        Piece::Secret(name) => format!("$${name}"),
    };
    pieces(text).into_iter().map(piece).collect()
}

/// For `env`, `command` and `args` of Kubernetes: `$(NAME)` would be replaced, and `$$` is `$`.
///
/// The kubelet reads `$$` as `$` and `$(` as the start of a reference; a `$` before anything
/// else stays as it is. So exactly the `$` before `(` or `$` is doubled. The text after a run counts: the
/// last `$` of `$$(` stands before `(`, and that of `$$x` before `x`.
pub(crate) fn kubernetes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Literal(text) => {
                let mut characters = text.chars().peekable();
                while let Some(c) = characters.next() {
                    out.push(c);
                    if c == '$' && matches!(characters.peek(), Some('$' | '(')) {
                        out.push('$');
                    }
                }
                // A reference that follows begins with `$`, too.
                if out.ends_with('$') && ends_single(text) {
                    out.push('$');
                }
            }
            Piece::Secret(name) => out.push_str(&format!("$({name})")),
            Piece::Late(_, default) => out.push_str(default),
        }
    }
    // Nothing follows the last one, where a single `$` is itself.
    if let Some(Piece::Literal(last)) = pieces(text).last()
        && ends_single(last)
    {
        out.pop();
    }
    out
}

fn ends_single(text: &str) -> bool {
    text.ends_with('$')
}

/// For a POSIX shell: one word, with `"${NAME}"` for a secret's variable.
pub(crate) fn shell(text: &str) -> String {
    let mut out = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Literal(text) => out.push_str(&format!("'{}'", text.replace('\'', "'\\''"))),
            Piece::Secret(name) => out.push_str(&format!("\"${{{name}}}\"")),
            Piece::Late(_, default) => {
                out.push_str(&format!("'{}'", default.replace('\'', "'\\''")))
            }
        }
    }
    if out.is_empty() { "''".into() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names {
            values: [("A", "1"), ("E", ""), ("UP", "x$y")]
                .map(|(k, v)| (k.into(), v.into()))
                .into(),
            late: ["UP".to_owned()].into(),
            secrets: ["PASSWORD".to_owned()].into(),
        }
    }

    #[test]
    fn compose_syntax_is_read_as_compose_reads_it() {
        let read = |text| interpolate(text, &names()).unwrap();
        assert_eq!(
            read("a$$b ${A} $A ${A:-2} ${B:-2} ${B-${A}} ${E:-3} ${E-3}"),
            "a$b 1 1 1 2 1 3 "
        );
        assert_eq!(read("${A:+y}${B:+n}${A:?must}"), "y1");
        let bad = |text| interpolate(text, &names()).unwrap_err();
        assert_eq!(bad("$5"), [Problem::Syntax]);
        assert_eq!(bad("${B}"), [Problem::Unknown("B".into())]);
        assert_eq!(bad("${A"), [Problem::Syntax]);
        assert_eq!(bad("$(date)"), [Problem::Syntax]);
    }

    #[test]
    fn marks_become_what_each_target_reads() {
        let text = interpolate("it's $$${PASSWORD}:${UP}", &names()).unwrap();
        assert_eq!(compose(&text), "it's $$$$PASSWORD:${UP:-x$$y}");
        assert_eq!(kubernetes(&text), "it's $$$(PASSWORD):x$y");
        assert_eq!(shell(&text), "'it'\\''s $'\"${PASSWORD}\"':''x$y'");
        assert_eq!(secrets(&text), ["PASSWORD"]);
    }

    #[test]
    fn a_dollar_is_doubled_where_the_kubelet_would_read_it() {
        for (literal, written) in [
            ("$x", "$x"),
            ("$(x)", "$$(x)"),
            ("$$", "$$$"),
            ("$$(x)", "$$$$(x)"),
            ("a$", "a$"),
            ("$$x", "$$$x"),
        ] {
            assert_eq!(kubernetes(literal), written, "{literal}");
        }
    }
}
