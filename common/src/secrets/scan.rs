//! A text line by line: which of them are, or go on with, a secret.

use std::ops::Range;

use super::assignment::{Assignment, name_from};
use super::command::Words;
use super::values::{PRIVATE_KEY, is_issued, is_of_token, password};
use super::{is_harmless, names_secret};

/// The role that the next line may have.
#[derive(Clone, Copy, Default)]
enum Next {
    #[default]
    Anything,
    /// Lines of a secret's block scalar: those indented more than its key.
    Block(usize),
    /// A secret on the next line, if the line is no mapping and no list.
    Scalar(usize),
    /// `value:` beside the `name:` of a secret, which is indented so.
    Value(usize),
    /// The item after `--password`.
    Item,
    /// Lines of a private key.
    Key,
}

/// The lines of a text, one after the other.
#[derive(Default)]
pub(super) struct Scan {
    /// The bytes of the secrets so far.
    pub(super) found: Vec<Range<usize>>,
    next: Next,
    /// The command of this line, or of the list that goes on in it.
    command: Words,
    /// The last XML element `name` was a secret's.
    element: bool,
}

impl Scan {
    /// Looks at the line that begins at `start`.
    pub(super) fn line(&mut self, start: usize, line: &str) {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        let at = start + indent;
        let item = body.strip_prefix("- ");
        match std::mem::replace(&mut self.next, Next::Anything) {
            Next::Block(key) if body.is_empty() || indent > key => {
                self.next = Next::Block(key);
                self.hide(at, body);
                return;
            }
            Next::Scalar(key) if indent > key && item.is_none() && !is_mapping(body) => {
                self.next = Next::Block(key);
                self.hide(at, body);
                return;
            }
            Next::Key => {
                if !body.contains("-----END") {
                    self.next = Next::Key;
                }
                self.hide(at, body);
                return;
            }
            Next::Item => {
                if let Some(value) = item.filter(|value| !value.starts_with('-')) {
                    self.hide(at + 2, value);
                    return;
                }
            }
            Next::Value(name) if item.is_none() && indent >= name => {
                let key = body.trim_start_matches('"');
                match key.strip_prefix("value").map(|rest| rest.trim_start_matches('"')) {
                    Some(rest) if rest.starts_with(':') => {
                        let value = rest[1..].trim_start();
                        self.leading(start + line.len() - value.len(), value, indent);
                        return;
                    }
                    _ => self.next = Next::Value(name),
                }
            }
            _ => {}
        }
        if let Some(begin) = line.find(PRIVATE_KEY).map(|end| line[..end].rfind("-----BEGIN")) {
            let begin = begin.unwrap_or(0);
            self.hide(start + begin, &line[begin..]);
            if !line.contains("-----END") {
                self.next = Next::Key;
            }
        }
        self.assignments(start, line);
        for (scheme, _) in line.match_indices("://") {
            let rest = scheme + 3;
            self.found.extend(
                password(&line[rest..])
                    .map(|range| start + rest + range.start..start + rest + range.end),
            );
        }
        for password in self.command.line(line) {
            self.hide(start + password.start, &line[password]);
        }
        self.tokens(start, line);
        self.elements(start, line);
    }

    /// `<password>…</password>`, and `<value>…</value>` behind `<name>password</name>`.
    fn elements(&mut self, start: usize, line: &str) {
        let mut at = start;
        for part in line.split('<') {
            if let Some((tag, text)) = part.split_once('>') {
                if tag == "name" {
                    self.element = names_secret(text.trim());
                } else if tag == "value" && self.element
                    || !tag.contains(['/', ' ']) && names_secret(tag)
                {
                    self.hide(at + tag.len() + 1, text);
                }
            }
            at += part.len() + 1;
        }
    }

    /// Tokens by their form, and what stands behind `Bearer` and `Basic`.
    fn tokens(&mut self, start: usize, line: &str) {
        let of_header = |c: char| is_of_token(c) || "+/=~".contains(c);
        for word in line.split(|c| !is_of_token(c)) {
            // The words are parts of the line.
            let at = start + word.as_ptr() as usize - line.as_ptr() as usize;
            if is_issued(word) {
                self.hide(at, word);
            } else if matches!(word, "Bearer" | "Basic") {
                let behind = &line[at - start + word.len()..];
                let value = behind.trim_start();
                let end = value.find(|c| !of_header(c)).unwrap_or(value.len());
                // Not the words of a sentence: "Basic authentication".
                let coded = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
                if end >= 6 && value.len() < behind.len() && value[..end].contains(coded) {
                    self.hide(at + word.len() + behind.len() - value.len(), &value[..end]);
                }
            }
        }
    }

    fn assignments(&mut self, start: usize, line: &str) {
        let mut at = 0;
        // `name: PASSWORD` earlier in this line.
        let mut named = false;
        while let Some(name) = name_from(line, at) {
            at = name.end;
            let word = &line[name.clone()];
            let Some(found) = Assignment::of(line, &name) else { continue };
            let value = || found.value(line).trim_matches(['"', '\'']);
            if word.eq_ignore_ascii_case("name") && names_secret(value()) {
                named = true;
                if found.is_leading() {
                    let quotes = line[..name.start].trim_end_matches(['"', '\'']);
                    self.next = Next::Value(quotes.len());
                }
                continue;
            }
            // An ExternalSecret names the key of a Secret so.
            let reference = || word == "secretKey" && is_name(value());
            if !(named && word == "value") && (!names_secret(word) || reference()) {
                continue;
            }
            let value = found.value(line);
            if found.is_leading() {
                let indent = line.len() - line.trim_start().len();
                self.leading(start + found.start, value, indent);
            } else {
                self.hide(start + found.start, value);
            }
            at = at.max(found.start + value.len());
        }
        let flag = line.trim().strip_prefix("- ").map(|item| item.trim_matches(['"', '\'']));
        let alone = |flag: &str| flag.starts_with('-') && !flag.contains(['=', ' ', ':']);
        if flag.is_some_and(|flag| alone(flag) && names_secret(flag)) {
            self.next = Next::Item;
        }
    }

    /// A value that goes on to the end of its line, or begins there.
    fn leading(&mut self, at: usize, value: &str, indent: usize) {
        if value.is_empty() {
            self.next = Next::Scalar(indent);
        } else if value.starts_with(['|', '>']) && value.len() < 4 {
            self.next = Next::Block(indent);
        } else {
            self.hide(at, value);
        }
    }

    fn hide(&mut self, at: usize, value: &str) {
        let value = value.trim_end();
        // A shell and JSON go on behind the quotes.
        let bare = value.trim_end_matches([';', ',', '\\']).trim_matches(['"', '\'']);
        if !value.is_empty() && !is_harmless(bare) {
            self.found.push(at..at + value.len());
        }
    }
}

/// Whether a value is the name of a variable, or of a secret.
fn is_name(value: &str) -> bool {
    let of_variable = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    names_secret(value) || value.chars().all(of_variable)
}

/// Whether a line of YAML is an entry of a mapping.
fn is_mapping(line: &str) -> bool {
    line.contains(": ") || line.trim_end().ends_with(':')
}
