//! Texts in the style of go-yaml, with which kustomize prints: unquoted where they stay text, folded
//! behind 80 columns.

use std::borrow::Cow;
use std::sync::LazyLock;

use common::yaml::is_break;
use regex::{Captures, Regex};

use super::letters::is_printable;
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
    let text = &*reread(text);
    let long = text.len() > 128 || text.contains(is_break);
    if long {
        out.push_str("? ");
        write(out, text, indent + 2, "");
        out.extend(std::iter::repeat_n(' ', indent));
    } else {
        fold(out, text, style(text), None);
    }
    out.push(':');
    long
}

/// Writes a value and the end of its line; lines after the first one are indented.
pub(super) fn write(out: &mut String, text: &str, indent: usize, comment: &str) {
    let text = &*reread(text);
    match style(text) {
        Style::Block => block(out, text, indent, comment),
        style => {
            fold(out, text, style, Some(indent));
            out.push_str(comment);
        }
    }
    if !out.ends_with(is_break) {
        out.push('\n');
    }
}

/// The text as go-yaml reads it from the JSON that kustomize makes of an object, and of a kustomization: U+0085 ends a line there,
/// and lines of a text in quotes are joined.
pub(super) fn reread(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{85}') {
        return text.into();
    }
    static BREAKS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(" *\u{85}[ \u{85}]*").expect("a valid pattern"));
    BREAKS.replace_all(text, |found: &Captures<'_>| match found[0].matches('\u{85}').count() {
        1 => " ".to_owned(),
        breaks => "\n".repeat(breaks - 1),
    })
}

fn style(text: &str) -> Style {
    let is_beside_break = |is_blank: &dyn Fn(usize, usize) -> bool| {
        text.match_indices(is_break).any(|(at, letter)| is_blank(at, at + letter.len()))
    };
    let has_blank_before = is_beside_break(&|at, _| text[..at].ends_with(' '));
    if has_blank_before || text.contains(|letter| !is_printable(letter)) {
        return Style::Double;
    }
    if text.contains('\n') {
        return if text.ends_with(' ') { Style::Double } else { Style::Block };
    }
    if !stays_text(text) || is_beside_break(&|_, end| text[end..].starts_with(' ')) {
        Style::Double
    } else if text.starts_with(' ')
        || text.ends_with(' ')
        || text.contains(is_break)
        || has_indicator(text)
    {
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
    let (mut after_space, mut after_break) = (false, false);
    // go-yaml escapes every letter behind a byte order mark.
    let escapes_all = text.starts_with('\u{feff}');
    let mut letters = text.chars().peekable();
    let mut at_start = true;
    while let Some(letter) = letters.next() {
        let next = letters.peek();
        let may_fold = letter == ' '
            && !after_space
            && column > WIDTH
            && !at_start
            && next.is_some()
            && !escapes_all;
        after_space = letter == ' ';
        at_start = false;
        if style == Style::Single && is_break(letter) {
            out.push(letter);
            after_break = true;
            continue;
        }
        if std::mem::take(&mut after_break) {
            column = indent.unwrap_or_default();
            out.extend(std::iter::repeat_n(' ', column));
        }
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
                    Style::Double if escapes_all || is_escaped(letter) => escaped(letter),
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
    if text.starts_with(|first| first == ' ' || is_break(first)) {
        out.push('2');
    }
    let mut last = text.chars().rev();
    out.push_str(match (last.next().is_some_and(is_break), last.next().is_none_or(is_break)) {
        (false, _) => "-",
        (true, true) => "+",
        (true, false) => "",
    });
    out.push_str(comment);
    out.push('\n');
    let mut after_break = true;
    for letter in text.chars() {
        let is_break = is_break(letter);
        if after_break && !is_break {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        out.push(letter);
        after_break = is_break;
    }
}

fn is_escaped(letter: char) -> bool {
    !is_printable(letter) || is_break(letter) || matches!(letter, '"' | '\\')
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
        '\u{a0}' => "\\_".into(),
        '\u{2028}' => "\\L".into(),
        '\u{2029}' => "\\P".into(),
        _ => match u32::from(letter) {
            code @ ..0x100 => format!("\\x{code:02X}").into(),
            code @ ..0x10000 => format!("\\u{code:04X}").into(),
            code => format!("\\U{code:08X}").into(),
        },
    }
}
