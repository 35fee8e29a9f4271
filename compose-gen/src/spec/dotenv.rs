//! Env files that a specification names: read now, so that both sides have the same values.

use std::io;
use std::path::Path;
use std::sync::Arc;

use common::diagnostic::{Diagnostic, Place, Report, Source};

/// The assignments of a file. A line that is none goes to the report, without its value.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn read(path: &Path, report: &mut Report) -> io::Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(path)?;
    match parse(&text) {
        Ok(pairs) => Ok(pairs),
        Err((line, why)) => {
            let starts = text.split_inclusive('\n').scan(0, |at, line| {
                *at += line.len();
                Some((*at - line.len(), line))
            });
            let (start, own) = starts.into_iter().nth(line - 1).unwrap_or((0, ""));
            // Behind the name may stand a secret, and so may what follows.
            let shown = start + own.find('=').unwrap_or(0);
            let source = Source::new(
                path.display().to_string(),
                &text,
                std::slice::from_ref(&(shown..text.len())),
            );
            let place = Place { source: Arc::new(source), span: start..shown };
            report.push(Diagnostic::error("bad-env-file", why).at(place, ""));
            Ok(Vec::new())
        }
    }
}

/// Whether a name is one that people give to secrets.
pub(crate) fn looks_secret(name: &str) -> bool {
    let words = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "PRIVATE", "CREDENTIAL", "API_KEY"];
    let name = name.to_uppercase();
    words.iter().any(|word| name.contains(word))
}

/// The assignments of a text, or the number of the first line that is none and why.
fn parse(text: &str) -> Result<Vec<(String, String)>, (usize, &'static str)> {
    let mut pairs = Vec::new();
    let mut rest = text;
    let mut line = 0;
    while !rest.is_empty() {
        line += 1;
        let (own, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let trimmed = own.trim_start();
        let trimmed = trimmed.strip_prefix("export ").unwrap_or(trimmed);
        if trimmed.trim().is_empty() || trimmed.starts_with('#') {
            rest = after;
            continue;
        }
        let Some((name, value)) = trimmed.split_once('=') else {
            return Err((line, "a line is NAME=value"));
        };
        let value_text = value.trim_start();
        let value = match value_text.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                // The value may go on over several lines.
                let offset = own.len() - value_text.len() + 1;
                let whole = &rest[offset..];
                let Some(end) = closing(whole, quote) else {
                    return Err((line, "a quote that does not end"));
                };
                line += whole[..end].matches('\n').count();
                rest = whole[end + 1..].split_once('\n').map_or("", |(_, after)| after);
                let raw = &whole[..end];
                if quote == '\'' { raw.to_owned() } else { unescape(raw, line)? }
            }
            _ => {
                rest = after;
                let value = value.split(" #").next().unwrap_or_default().trim();
                if value.contains('$') {
                    return Err((line, "a $ is only kept in single quotes"));
                }
                value.to_owned()
            }
        };
        pairs.push((name.trim().to_owned(), value));
    }
    Ok(pairs)
}

fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(index, c)| {
        let ends = c == quote && !escaped;
        escaped = quote == '"' && c == '\\' && !escaped;
        ends.then_some(index)
    })
}

fn unescape(text: &str, line: usize) -> Result<String, (usize, &'static str)> {
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '$' => return Err((line, "a $ is only kept in single quotes")),
            '\\' => match characters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(c @ ('"' | '\\' | '$')) => out.push(c),
                Some(c) => out.extend(['\\', c]),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn values_with_and_without_quotes() {
        let text = "# c\nA=1 # one\nexport B='x $y'\nC=\"a\\nb \\\"q\\\"\"\nD='two\nlines'\nE=\n";
        let pairs = parse(text).unwrap();
        let shown: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            shown,
            [("A", "1"), ("B", "x $y"), ("C", "a\nb \"q\""), ("D", "two\nlines"), ("E", "")]
        );
        assert_eq!(parse("A=1\nB").unwrap_err().0, 2);
        assert_eq!(parse("A=$B").unwrap_err().0, 1);
        assert_eq!(parse("A='x").unwrap_err().0, 1);
    }
}
