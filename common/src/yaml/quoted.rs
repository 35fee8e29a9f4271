//! Texts in quotes that go over several lines, as go-yaml reads them.
//!
//! Unlike YAML 1.2, it has the ends of lines of YAML 1.1, and any indentation will do.

use std::iter::Peekable;
use std::str::Chars;

use saphyr_parser::{Event, Parser};

/// The ends of lines that YAML 1.2 no longer has.
pub const OLD_BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// Whether a letter ends a line in YAML 1.1.
#[must_use]
pub fn is_break(letter: char) -> bool {
    matches!(letter, '\n' | '\r') || OLD_BREAKS.contains(&letter)
}

/// The text of a quoted scalar of several lines, from its source with its tag and anchor.
pub(super) fn value(written: &str) -> Option<String> {
    if !written.contains(is_break) {
        return None;
    }
    let written = behind_properties(written);
    let quote = written.chars().next().filter(|sign| matches!(sign, '"' | '\''))?;
    let inner = written.get(1..)?.strip_suffix(quote)?;
    let line = format!("\"{}\"", joined(inner, quote == '"'));
    Parser::new_from_str(&line).find_map(|event| match event {
        Ok((Event::Scalar(text, ..), _)) => Some(text.into_owned()),
        _ => None,
    })
}

/// The scalar without its tag and anchor.
fn behind_properties(mut written: &str) -> &str {
    while written.starts_with(['!', '&']) {
        let end = written.find(|letter: char| letter.is_whitespace()).unwrap_or(written.len());
        written = written[end..].trim_start();
    }
    written
}

/// The text between quotes, as one line for double quotes.
fn joined(inner: &str, is_double: bool) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut letters = inner.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' => blanks(letter, &mut letters, &mut out),
            _ if is_break(letter) => {
                let first = line_end(letter, &mut letters);
                fold(Some(first), &mut letters, &mut out);
            }
            '\\' if is_double => match letters.next() {
                Some(end) if is_break(end) => {
                    line_end(end, &mut letters);
                    fold(None, &mut letters, &mut out);
                }
                escaped => {
                    out.push('\\');
                    out.extend(escaped);
                }
            },
            '\\' | '"' => out.extend(['\\', letter]),
            '\'' if !is_double => {
                letters.next();
                out.push('\'');
            }
            _ => out.push(letter),
        }
    }
    out
}

/// Blanks within a line stay, those at its end do not.
fn blanks(first: char, letters: &mut Peekable<Chars<'_>>, out: &mut String) {
    let start = out.len();
    out.push(first);
    while let Some(blank) = letters.next_if(|letter| matches!(letter, ' ' | '\t')) {
        out.push(blank);
    }
    if letters.peek().is_some_and(|letter| is_break(*letter)) {
        out.truncate(start);
    }
}

/// The end of a line that begins with a letter, as it becomes a part of the text.
fn line_end(first: char, letters: &mut Peekable<Chars<'_>>) -> &'static str {
    if first == '\r' {
        letters.next_if_eq(&'\n');
    }
    match first {
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        _ => "\\n",
    }
}

/// Skips the blanks and empty lines behind the end of a line, and writes the folded end: a blank or the further
/// ends. An escaped end is left out.
fn fold(first: Option<&str>, letters: &mut Peekable<Chars<'_>>, out: &mut String) {
    let mut more = String::new();
    while let Some(letter) =
        letters.next_if(|letter| matches!(letter, ' ' | '\t') || is_break(*letter))
    {
        if is_break(letter) {
            more.push_str(line_end(letter, letters));
        }
    }
    match first {
        Some("\\n") if more.is_empty() => out.push(' '),
        Some("\\n") | None => {}
        Some(separator) => out.push_str(separator),
    }
    out.push_str(&more);
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn lines_are_folded() {
        for (written, text) in [
            ("'a\nb'", "a b"),
            ("\"a \t\n \t b\"", "a b"),
            ("'a\r\n\r\n  b'", "a\nb"),
            ("!!str &x 'it''s\n\\n \"b\"'", "it's \\n \"b\""),
            ("\"\\\"a \\\n  b\\\\\n\"", "\"a b\\ "),
            ("\"a\\\n\n b\"", "a\nb"),
            ("'a\u{85}b\u{85}\u{85}c'", "a b\nc"),
            ("'a \u{2028} b\u{2029}\n'", "a\u{2028}b\u{2029}\n"),
            ("\"a\\\u{2028} b\\ \u{2029}\"", "ab \u{2029}"),
        ] {
            assert_eq!(value(written).as_deref(), Some(text), "{written:?}");
        }
        assert_eq!(value("'a  b'"), None);
        assert_eq!(value("a\nb"), None);
    }
}
