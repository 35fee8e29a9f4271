//! A project's `.env`: the values that Compose puts in the place of `${NAME}`.

use std::fs;
use std::path::Path;

use super::variables::{Env, resolve};

/// The names of a file; none when it cannot be read, as Compose takes it. Values begin with
/// those of `known`, which later lines may mention.
pub(super) fn read(path: &Path, known: &Env) -> Env {
    match fs::read_to_string(path) {
        Ok(text) => parse(&text, known),
        Err(_) => Env::new(),
    }
}

fn parse(text: &str, known: &Env) -> Env {
    let mut own = Env::new();
    let mut rest = text.trim_start_matches('\u{FEFF}');
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let trimmed = line.trim_start();
        let trimmed = trimmed.strip_prefix("export ").unwrap_or(trimmed);
        let Some((name, value)) = trimmed.split_once(['=']).filter(|_| !trimmed.starts_with('#'))
        else {
            rest = after;
            continue;
        };
        let mut all = known.clone();
        all.extend(own.clone());
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'));
        // A quoted value may go on over several lines.
        let inside = quote.and_then(|quote| {
            let whole = &rest[line.len() - value.len() + 1..];
            ending(whole, quote).map(|end| (&whole[..end], &whole[end + 1..]))
        });
        let read = match (quote, inside) {
            (Some('\''), Some((inside, behind))) => {
                rest = behind.split_once('\n').map_or("", |(_, after)| after);
                inside.to_owned()
            }
            (Some(_), Some((inside, behind))) => {
                rest = behind.split_once('\n').map_or("", |(_, after)| after);
                let inside = unescape(inside);
                resolve(&inside, &all).unwrap_or(inside)
            }
            _ => {
                rest = after;
                let value = value.split(" #").next().unwrap_or_default().trim();
                resolve(value, &all).unwrap_or_else(|| value.to_owned())
            }
        };
        own.insert(name.trim().to_owned(), read);
    }
    own
}

fn ending(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == quote && !escaped;
        escaped = quote == '"' && c == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// `\$` stays a dollar sign: Compose's own way to write one in double quotes.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, if c == '\\' { characters.next() } else { None }) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some('r')) => out.push('\r'),
            ('\\', Some('$')) => out.push_str("$$"),
            ('\\', Some(c @ ('"' | '\\'))) => out.push(c),
            ('\\', Some(c)) => out.extend(['\\', c]),
            (c, _) => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_compose_reads_them() {
        let text =
            "# c\nA=1 # one\nexport B='$x'\nC=\"a\\nb ${A}\"\nD=${A}-${K}\nE='two\nlines'\nF=\n";
        let own = parse(text, &Env::from([("K".to_owned(), "k".to_owned())]));
        let shown: Vec<_> = own.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let expected = [
            ("A", "1"),
            ("B", "$x"),
            ("C", "a\nb 1"),
            ("D", "1-k"),
            ("E", "two\nlines"),
            ("F", ""),
        ];
        assert_eq!(shown, expected);
    }
}
