//! `name: value`, `NAME=value` and `--name value` within a line.

use std::ops::Range;

/// The next name of a line: letters, digits, `_`, `-` and `.`.
pub(super) fn name_from(line: &str, from: usize) -> Option<Range<usize>> {
    let within = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let rest = &line[from..];
    let start = from + rest.find(|c: char| c.is_alphabetic() || c == '_')?;
    let end = line[start..].find(|c| !within(c)).map_or(line.len(), |length| start + length);
    Some(start..end)
}

/// A name with something behind it that may be its value.
pub(super) struct Assignment {
    /// The first byte of the value.
    pub(super) start: usize,
    ends: Ends,
}

/// Where a value ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// With its line: the name is the first of it.
    Line,
    /// At the quote that began before the name: `'NAME=two words'`.
    Quote(char),
    /// At the brace of `${NAME:-default}`.
    Brace,
    /// With its own quotes, or at one of these and, where it is said so, at a space.
    At(&'static str, bool),
}

impl Assignment {
    /// The text that the line assigns to a name.
    pub(super) fn of(line: &str, name: &Range<usize>) -> Option<Self> {
        let before = &line[..name.start];
        let behind = &line[name.end..];
        let found = |rest: &str, ends| Some(Assignment { start: line.len() - rest.len(), ends });
        if before.ends_with("${") {
            let default = behind.trim_start_matches(':').strip_prefix(['-', '=', '+'])?;
            return found(default, Ends::Brace);
        }
        let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\''));
        let unquoted = quote.and_then(|quote| behind.strip_prefix(quote));
        let rest = unquoted.unwrap_or(behind).trim_start();
        let first = before.trim_start().trim_start_matches("- ").trim_start_matches("export ");
        let leading = first.trim_matches(['"', '\'']).is_empty();
        if let Some(value) = rest.strip_prefix('=') {
            return match quote.filter(|_| unquoted.is_none()) {
                Some(quote) => found(value, Ends::Quote(quote)),
                None if leading => found(value, Ends::Line),
                None => found(value, Ends::At("\"',;&)`", true)),
            };
        }
        if let Some(value) = rest.strip_prefix(':') {
            let spaced = value.is_empty() || value.starts_with([' ', '\t']) || unquoted.is_some();
            let ends = if leading { Ends::Line } else { Ends::At(",}]", false) };
            return found(value.trim_start(), ends).filter(|_| spaced);
        }
        // `--name value`, and `"--name", "value"`
        let dashes = before.trim_end_matches('-');
        let begins = |c: char| c.is_whitespace() || "\"'[,".contains(c);
        let flag = dashes.len() < before.len() && (dashes.is_empty() || dashes.ends_with(begins));
        let value = behind.trim_start_matches([' ', '\t', '"', '\'', ',']);
        let separate = value.len() < behind.len() && !value.starts_with('-');
        found(value, Ends::At("\"',;]", true)).filter(|_| flag && separate)
    }

    /// Whether the value goes on to the end of its line, or begins there.
    pub(super) fn is_leading(&self) -> bool {
        self.ends == Ends::Line
    }

    /// The value.
    pub(super) fn value<'l>(&self, line: &'l str) -> &'l str {
        let text = &line[self.start..];
        let end = match self.ends {
            Ends::Line => None,
            Ends::Quote(quote) => text.find(quote),
            Ends::Brace => {
                let mut depth = 1;
                let close = text.char_indices().find(|(_, c)| {
                    depth += i32::from(*c == '{') - i32::from(*c == '}');
                    depth == 0
                });
                close.map(|(at, _)| at)
            }
            Ends::At(marks, space) => {
                word_end(text, |c| marks.contains(c) || space && c.is_whitespace())
            }
        };
        &text[..end.unwrap_or(text.len())]
    }
}

/// The end of a value: that of its quotes, else what ends it without them and behind a reference.
fn word_end(value: &str, ends: impl Fn(char) -> bool) -> Option<usize> {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        return value[1..].find(quote).map(|end| end + 2);
    }
    let close = |rest: &str| match rest.get(..2) {
        Some("$(") => rest.find(')'),
        Some("${") => rest.find('}'),
        _ => None,
    };
    let mut behind = 0;
    while let Some(end) = close(&value[behind..]) {
        behind += end + 1;
    }
    value[behind..].find(ends).map(|end| behind + end)
}
