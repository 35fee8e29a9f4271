//! From a file's text to trees.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::yaml::{self, Keep, Limits, Style};

use super::letters::is_control;
use super::node::{Entry, Node, Value};
use super::origin::{FileId, Origin, Place};
use super::scalar::{Kind, Scalar};
use super::text::reread;

/// The contents of a YAML text.
pub(crate) struct Text {
    /// Its documents, also empty ones.
    pub(crate) documents: Vec<Node>,
    /// Keys that stand twice: the later and the earlier place.
    pub(crate) duplicates: Vec<(Place, Place)>,
    /// Keys that are numbers, booleans or null: JSON has no such keys.
    pub(crate) odd_keys: Vec<Place>,
}

/// The reader of a text; kustomize has two for YAML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Objects and patches: the first of equal keys counts.
    Object,
    /// Kustomization files and their like: the last of equal keys counts, YAML 1.1's words are
    /// booleans, and dates are text.
    Kustomization,
}

impl Dialect {
    fn plain(self, text: &str) -> Scalar {
        let scalar = Scalar::plain(text);
        if self == Dialect::Object {
            return scalar;
        }
        match text {
            "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Scalar::truth(true),
            "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Scalar::truth(false),
            // A date stays as it is written.
            _ if scalar.kind == Kind::Text => Scalar::text(text),
            _ => scalar,
        }
    }
}

/// Reads every document of a file.
///
/// # Errors
/// What is not YAML or passes a limit, and its place.
pub(crate) fn read(file: FileId, text: &str, dialect: Dialect) -> Result<Text, (Place, String)> {
    if let Some(span) = directive(text, dialect) {
        let message = "kustomize refuses YAML directives; remove this line";
        return Err((Place::new(file, &span), message.to_owned()));
    }
    if let Some((at, sign)) = text.char_indices().find(|(_, letter)| is_control(*letter)) {
        let place = Place::new(file, &(at..at + sign.len_utf8()));
        return Err((place, "YAML forbids this control character".to_owned()));
    }
    if let Some((span, message)) = (dialect == Dialect::Object).then(|| separator(text)).flatten() {
        return Err((Place::new(file, &span), message.to_owned()));
    }
    let keep = match dialect {
        Dialect::Object => Keep::First,
        Dialect::Kustomization => Keep::Last,
    };
    let replaced = without_marks(text);
    let (text, letter) = match &replaced {
        Some((text, letter)) => (text.as_str(), Some(*letter)),
        None => (text, None),
    };
    let loaded = yaml::load_keeping(text, Limits::default(), keep)
        .map_err(|failed| (Place::new(file, &failed.span), failed.message))?;
    let mut duplicates = Vec::new();
    for problem in &loaded.problems {
        let place = Place::new(file, &problem.span);
        match &problem.earlier {
            Some(earlier) => duplicates.push((place, Place::new(file, earlier))),
            None => return Err((place, problem.message.clone())),
        }
    }
    let mut reader = Reader { dialect, file, text, letter, odd_keys: Vec::new(), refused: None };
    // kustomize reads one document between separators; the rest behind `...` has no effect.
    let is_read = |(node, continues): (_, bool)| {
        (dialect == Dialect::Kustomization || !continues).then_some(node)
    };
    let documents = loaded.documents.into_iter().zip(loaded.continues).filter_map(is_read);
    let documents = documents.map(|node| reader.convert(node)).collect();
    if let Some((place, message)) = reader.refused {
        return Err((place, message.to_owned()));
    }
    Ok(Text { documents, duplicates, odd_keys: reader.odd_keys })
}

/// The line of a directive before the first document that kustomize does not accept.
fn directive(text: &str, dialect: Dialect) -> Option<Range<usize>> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        if content.starts_with('%') {
            let old = content.split_whitespace().eq(["%YAML", "1.1"]);
            let refused = dialect == Dialect::Object || !old;
            return refused.then_some(at..at + content.len());
        }
        if !content.is_empty() && !content.trim_start().starts_with('#') {
            return None;
        }
        at += line.len();
    }
    None
}

/// A line that separates documents and has more than a comment, or one that ends a document before it
/// begins. Separators do not overlap for kustomize, so the second of two in a row begins a document.
fn separator(text: &str) -> Option<(Range<usize>, &'static str)> {
    let (mut at, mut is_behind_another, mut is_empty) = (0, true, true);
    for line in text.split_inclusive('\n') {
        let span = at..at + line.trim_end().len();
        if is_empty && line.starts_with("...") {
            return Some((span, "kustomize refuses the end of a document that has not begun"));
        }
        let rest = line.strip_prefix("---").filter(|_| !is_behind_another);
        is_behind_another = rest.is_some() && line.ends_with('\n');
        let rest = rest.map(str::trim).filter(|_| is_behind_another);
        if rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('#')) {
            let message = "kustomize refuses text behind the `---` between documents; put it on the next line";
            return Some((span, message));
        }
        let is_content = !line.trim().is_empty() && !line.trim_start().starts_with('#');
        is_empty = rest.is_some() || is_empty && !is_content;
        at += line.len();
    }
    None
}

const MARK: char = '\u{feff}';

/// The text with a letter that it lacks for each byte order mark behind its beginning, and that letter. kustomize
/// takes the mark for a letter, and the reader here refuses it. All of them have three bytes, so places stay.
fn without_marks(text: &str) -> Option<(String, char)> {
    let rest = text.strip_prefix(MARK).unwrap_or(text);
    if !rest.contains(MARK) {
        return None;
    }
    let letter = ('\u{e000}'..='\u{f8ff}').find(|letter| !text.contains(*letter))?;
    // A mark at the beginning of a document is none of its letters.
    let rest = rest.replace("\n---\n\u{feff}", "\n---\n# \n");
    let first = &text[..text.len() - rest.len()];
    Some((format!("{first}{}", rest.replace(MARK, &letter.to_string())), letter))
}

struct Reader<'a> {
    dialect: Dialect,
    file: FileId,
    text: &'a str,
    /// The letter that stands for a byte order mark.
    letter: Option<char>,
    odd_keys: Vec<Place>,
    refused: Option<(Place, &'static str)>,
}

/// Whether a scalar has the tag `!!binary`, perhaps behind an anchor.
fn is_binary(written: &str) -> bool {
    let words = written.split_ascii_whitespace();
    words.take_while(|word| word.starts_with(['!', '&'])).any(|word| word == "!!binary")
}

/// The header of a block (`>2-`). It stands before the text, or behind a tag or an anchor.
fn header<'a>(before: &'a str, written: &'a str) -> &'a str {
    let last_word = |line: &'a str| {
        let line = line.split(" #").next().filter(|line| !line.starts_with('#'))?;
        let word = line.split_whitespace().next_back()?;
        let rest = word.strip_prefix(['|', '>'])?;
        rest.chars().all(|sign| sign.is_ascii_digit() || "+-".contains(sign)).then_some(word)
    };
    let is_marked = written.starts_with(['!', '&']);
    let marked = || written.lines().next().filter(|_| is_marked).and_then(last_word);
    before.trim_end().lines().next_back().and_then(last_word).or_else(marked).unwrap_or_default()
}

impl Reader<'_> {
    /// A text as it is in the file.
    fn restored(&self, text: String) -> String {
        match self.letter {
            Some(letter) => text.replace(letter, "\u{feff}"),
            None => text,
        }
    }

    fn convert(&mut self, node: yaml::Node) -> Node {
        let origin = Origin::new(Place::new(self.file, &node.span));
        let written = self.text.get(node.span.clone()).unwrap_or_default();
        // A text in quotes goes on in the next line, and any other ends.
        let is_plain = !written.starts_with(['"', '\'', '!', '&']);
        let is_scalar = matches!(node.value, yaml::Value::Scalar { .. });
        if is_scalar && is_plain && written.contains(yaml::OLD_BREAKS) {
            let message = "kustomize takes this sign for the end of a line; write it in double quotes, as `\\N`, `\\L` or `\\P`";
            self.refused.get_or_insert((origin.base, message));
        }
        let value = match node.value {
            yaml::Value::Scalar { text, style } => {
                yaml::Value::Scalar { text: self.restored(text), style }
            }
            value => value,
        };
        let value = match value {
            // The span of a block without a tag begins with its text.
            yaml::Value::Scalar { text, .. } if is_binary(written) && !text.starts_with('!') => {
                let encoded = text.replace(['\n', '\r'], "");
                let bytes = STANDARD.decode(encoded).unwrap_or_else(|_| {
                    self.refused.get_or_insert((origin.base, "this `!!binary` is not base64"));
                    Vec::new()
                });
                Value::Scalar(Scalar::quoted(String::from_utf8_lossy(&bytes)))
            }
            yaml::Value::Scalar { text, style: Style::Quoted } => {
                let before = self.text.get(..node.span.start).unwrap_or_default();
                let header = header(before, written);
                // A header without a number leaves the indentation to the first line.
                let is_measured = !header.is_empty() && !header.contains(char::is_numeric);
                if is_measured && text.trim_start_matches('\n').starts_with('\t') {
                    let message =
                        "kustomize refuses a block of which the first line begins with a tab";
                    self.refused.get_or_insert((origin.base, message));
                }
                let text = match self.dialect {
                    Dialect::Object => text,
                    Dialect::Kustomization => reread(&text).into_owned(),
                };
                Value::Scalar(match header.bytes().next() {
                    Some(b'>') => Scalar::folded(text),
                    Some(_) => Scalar::literal(text),
                    None => Scalar::quoted(text),
                })
            }
            yaml::Value::Scalar { text, style: Style::Plain } => {
                Value::Scalar(self.dialect.plain(&text))
            }
            yaml::Value::Sequence(items) => {
                Value::Sequence(items.into_iter().map(|item| self.convert(item)).collect())
            }
            yaml::Value::Mapping(entries) => {
                Value::Mapping(entries.into_iter().map(|entry| self.entry(entry)).collect())
            }
        };
        Node { origin, value }
    }

    fn entry(&mut self, entry: yaml::Entry) -> Entry {
        let place = Place::new(self.file, &entry.span);
        let written = self.text.get(entry.span.clone()).unwrap_or_default();
        // A key in quotes has these in its span.
        let plain = written == entry.key;
        if plain && Scalar::plain(&entry.key).kind != Kind::Text {
            self.odd_keys.push(place);
        }
        // Behind `?`, a key may have several lines.
        let before = self.text.get(..entry.span.start).unwrap_or_default();
        if written.contains(yaml::OLD_BREAKS) && !before.ends_with("? ") {
            let message = "kustomize takes this sign for the end of a line, where a key may not go on; write it in double quotes, as `\\N`, `\\L` or `\\P`";
            self.refused.get_or_insert((place, message));
        }
        let scalar = self.dialect.plain(&entry.key);
        // The words of YAML 1.1 are booleans here, too, and then texts: `y` is `true`.
        let key = match plain && scalar.kind == Kind::Bool {
            true => scalar.text,
            false => self.restored(entry.key),
        };
        Entry::new(key, Origin::new(place), self.convert(entry.value))
    }
}
