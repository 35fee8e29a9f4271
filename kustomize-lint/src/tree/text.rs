//! Texts in the style of go-yaml, with which kustomize prints: unquoted where they stay text, folded
//! behind 80 columns.

use std::borrow::Cow;

use super::scalar::{Kind, Scalar};
use super::timestamp;

/// A line is folded at the first space behind this column.
const WIDTH: usize = 80;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Block,
}

/// Writes a key, at the beginning of its line: whether it stands behind a question mark.
pub(super) fn write_key(out: &mut String, text: &str, indent: usize) -> bool {
    let long = text.len() > 128 || text.contains(is_break);
    if long {
        out.push_str("? ");
        write(out, text, indent + 2, "");
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
    } else {
        fold(out, text, style(text), None);
    }
    out.push(':');
    long
}

/// Writes a value to the end of its line; lines after the first one are indented.
pub(super) fn write(out: &mut String, text: &str, indent: usize, comment: &str) {
    match style(text) {
        Style::Block => block(out, text, indent, comment),
        style => {
            fold(out, text, style, Some(indent));
            out.push_str(comment);
        }
    }
}

fn style(text: &str) -> Style {
    let is_special = |letter| !is_printable(letter) || matches!(letter, '\u{2028}' | '\u{2029}');
    if text.contains(" \n") || text.contains(is_special) {
        return Style::Double;
    }
    if text.contains('\n') {
        return if text.ends_with(' ') { Style::Double } else { Style::Block };
    }
    if !stays_text(text) {
        Style::Double
    } else if text.starts_with(' ') || text.ends_with(' ') || has_indicator(text) {
        Style::Single
    } else {
        Style::Plain
    }
}

/// Whether YAML gives a meaning to a sign of the text.
fn has_indicator(text: &str) -> bool {
    let behind = |at: usize| text[at + 1..].chars().next().is_none_or(|next| next == ' ');
    text.starts_with("---")
        || text.starts_with("...")
        || text.starts_with(|first| ",[]{}#&*!|>'\"%@`".contains(first))
        || text.starts_with(['?', '-']) && behind(0)
        || text.contains(" #")
        || text.match_indices(':').any(|(at, _)| behind(at))
}

/// Whether the unquoted text is text in YAML 1.1, too.
fn stays_text(text: &str) -> bool {
    let is_word = matches!(
        text,
        "y" | "Y"
            | "yes"
            | "Yes"
            | "YES"
            | "on"
            | "On"
            | "ON"
            | "n"
            | "N"
            | "no"
            | "No"
            | "NO"
            | "off"
            | "Off"
            | "OFF"
    );
    !is_word
        && timestamp::canonical(text).is_none()
        && Scalar::plain(text).kind == Kind::Text
        && !is_sexagesimal(text)
}

/// Whether it is a number with the base 60, such as `12:30`.
fn is_sexagesimal(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = body.split(':');
    let first = parts.next().unwrap_or_default();
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let mut rest: Vec<&str> = parts.collect();
    let Some(last) = rest.last_mut() else { return false };
    if let Some((whole, fraction)) = last.split_once('.') {
        if !is_digits(fraction) {
            return false;
        }
        *last = whole;
    }
    let is_part = |part: &&str| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [b'0'..=b'5', digit] => digit.is_ascii_digit(),
        _ => false,
    };
    first.starts_with(|c: char| c.is_ascii_digit()) && is_digits(first) && rest.iter().all(is_part)
}

fn fold(out: &mut String, text: &str, style: Style, indent: Option<usize>) {
    let quote = match style {
        Style::Single => "'",
        Style::Double => "\"",
        Style::Plain | Style::Block => "",
    };
    out.push_str(quote);
    let mut column = out.rsplit('\n').next().unwrap_or_default().chars().count();
    let mut after_space = false;
    let mut letters = text.chars().peekable();
    let mut at_start = true;
    while let Some(letter) = letters.next() {
        let next = letters.peek();
        let may_fold =
            letter == ' ' && !after_space && column > WIDTH && !at_start && next.is_some();
        after_space = letter == ' ';
        at_start = false;
        match indent.filter(|_| may_fold && (style == Style::Double || next != Some(&' '))) {
            Some(indent) => {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent));
                column = indent;
                if next == Some(&' ') {
                    out.push('\\');
                    column += 1;
                }
            }
            None => {
                let shown = match style {
                    Style::Double => escaped(letter),
                    Style::Single if letter == '\'' => "''".into(),
                    _ => String::from(letter).into(),
                };
                column += shown.chars().count();
                out.push_str(&shown);
            }
        }
    }
    out.push_str(quote);
}

fn block(out: &mut String, text: &str, indent: usize, comment: &str) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    out.push_str(match text.as_bytes() {
        [b'\n'] | [.., b'\n', b'\n'] => "+",
        [.., b'\n'] => "",
        _ => "-",
    });
    out.push_str(comment);
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(line);
        }
    }
}

fn is_break(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// As go-yaml sees it: neither a tab nor a letter beyond the basic plane.
fn is_printable(letter: char) -> bool {
    matches!(letter, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && letter != '\u{feff}'
}

fn escaped(letter: char) -> Cow<'static, str> {
    match letter {
        '\0' => "\\0".into(),
        '\u{7}' => "\\a".into(),
        '\u{8}' => "\\b".into(),
        '\t' => "\\t".into(),
        '\n' => "\\n".into(),
        '\u{b}' => "\\v".into(),
        '\u{c}' => "\\f".into(),
        '\r' => "\\r".into(),
        '\u{1b}' => "\\e".into(),
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\u{85}' => "\\N".into(),
        '\u{2028}' => "\\L".into(),
        '\u{2029}' => "\\P".into(),
        _ if is_printable(letter) => String::from(letter).into(),
        _ => match u32::from(letter) {
            code @ ..0x100 => format!("\\x{code:02X}").into(),
            code @ ..0x10000 => format!("\\u{code:04X}").into(),
            code => format!("\\U{code:08X}").into(),
        },
    }
}
