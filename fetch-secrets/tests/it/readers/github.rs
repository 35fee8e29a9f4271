//! `$GITHUB_ENV`. GitHub's runner is written in C# and published as an archive alone, so its rules are followed here,
//! as its source has them (`FileCommandManager` of actions/runner) for Linux and macOS.

use super::{COUNT, Values, Written};

/// One line of a file, with the number of bytes that end it; none at the end of the file.
fn line<'t>(text: &mut &'t str) -> Option<(&'t str, usize)> {
    if text.is_empty() {
        return None;
    }
    let (line, rest, newline) = match text.split_once('\n') {
        Some((line, rest)) => (line, rest, 1),
        None => (*text, "", 0),
    };
    *text = rest;
    Some((line, newline))
}

/// The variables of a file.
fn read(mut text: &str) -> Result<Values, String> {
    let mut values = Values::new();
    while let Some((first, _)) = line(&mut text) {
        if first.is_empty() {
            continue;
        }
        let (equals, heredoc) = (first.find('='), first.find("<<"));
        let is_heredoc = match (equals, heredoc) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(equals), Some(heredoc)) => heredoc < equals,
        };
        if !is_heredoc {
            let (name, value) = first.split_once('=').ok_or("a line that is no assignment")?;
            values.insert(name.to_owned(), value.to_owned());
            continue;
        }
        let (name, delimiter) = first.split_once("<<").unwrap_or_default();
        if name.is_empty() || delimiter.is_empty() {
            return Err("a name or a delimiter is missing".into());
        }
        let whole = text;
        let mut end = 0;
        loop {
            let (found, newline) = line(&mut text).ok_or("no delimiter at the end")?;
            if found == delimiter {
                break;
            }
            end = whole.len() - text.len() - newline;
        }
        values.insert(name.to_owned(), whole[..end].to_owned());
    }
    Ok(values)
}

#[test]
fn github_env() {
    let written = Written::new("github-env");
    let text = std::fs::read_to_string(written.file()).unwrap();
    written.arrives(&read(&text).unwrap(), COUNT);
}
