//! The texts that people read in a file: paragraphs of a page, comments, and messages.

use super::{Page, prose};

/// A text and the number of its first line, from 1.
pub(super) type Text = (usize, String);

/// The texts of a file, by its kind.
pub(super) fn of(page: &Page) -> Vec<Text> {
    let path = page.path.as_str();
    let is_test = path.starts_with("tests/") || path.contains("/tests/");
    if path.ends_with(".md") {
        return paragraphs(&page.text);
    }
    if path.ends_with(".rs") {
        let (comments, literals) = rust(&page.text);
        return match is_test {
            true => comments,
            false => [comments, literals].concat(),
        };
    }
    let mut texts = hashes(&page.text);
    let is_script = path.starts_with("scripts/") || path.ends_with(".sh") || path.ends_with(".py");
    if is_script && !is_test {
        texts.extend(quoted(&page.text));
    }
    texts
}

/// Joins neighbouring lines to paragraphs. A `true` beside a line makes it begin a new one.
fn joined(lines: impl Iterator<Item = (usize, bool, String)>) -> Vec<Text> {
    let mut found: Vec<Text> = Vec::new();
    let mut next = 0;
    for (number, begins, line) in lines {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        match found.last_mut() {
            Some((_, text)) if number == next && !begins => {
                text.push(' ');
                text.push_str(line);
            }
            _ => found.push((number, line.to_owned())),
        }
        next = number + 1;
    }
    found
}

/// The paragraphs, items and cells of a page.
fn paragraphs(text: &str) -> Vec<Text> {
    let mut is_over = false;
    let lines = prose(text).into_iter().flat_map(|(number, line)| {
        let item = line.trim_start().strip_prefix("- ");
        let heading = line.strip_prefix('#').map(|rest| rest.trim_start_matches('#'));
        let cells = line.strip_prefix('|');
        // A heading and a row end with their line.
        let begins = std::mem::replace(&mut is_over, heading.or(cells).is_some());
        match cells {
            Some(cells) => {
                cells.split('|').map(|cell| (number, true, cell.to_owned())).collect::<Vec<_>>()
            }
            None => {
                let begins = begins || item.or(heading).is_some();
                vec![(number, begins, item.or(heading).unwrap_or(line).to_owned())]
            }
        }
    });
    joined(lines)
}

/// Comments that begin with `#`, also behind code.
fn hashes(text: &str) -> Vec<Text> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with("#!"));
    let comments = lines.filter_map(|(number, line)| {
        let (code, comment) = match line.trim_start().strip_prefix('#') {
            Some(comment) => ("", comment),
            None => line.split_once(" # ")?,
        };
        Some((number + 1, !code.is_empty(), comment.to_owned()))
    });
    joined(comments)
}

/// Texts in double quotes, on one line.
fn quoted(text: &str) -> Vec<Text> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#'));
    let texts = lines.flat_map(|(number, line)| {
        line.split('"').skip(1).step_by(2).map(move |text| (number + 1, text.to_owned()))
    });
    texts.filter(|(_, text)| text.contains(' ')).collect()
}

/// The comments and the string literals of a Rust source.
fn rust(source: &str) -> (Vec<Text>, Vec<Text>) {
    let (mut comments, mut literals) = (Vec::new(), Vec::new());
    let (mut rest, mut number) = (source, 1);
    while let Some(first) = rest.chars().next() {
        let length = if let Some(comment) = rest.strip_prefix("//") {
            let line = comment.lines().next().unwrap_or_default();
            let code = source[..source.len() - rest.len()].rsplit('\n').next().unwrap_or_default();
            let begins = !code.trim().is_empty();
            comments.push((number, begins, line.trim_start_matches(['/', '!']).to_owned()));
            2 + line.len()
        } else if let Some((text, length)) = literal(rest) {
            // A `\` at the end of a line takes away the break and the margin.
            let lines = text.split("\\\n").map(str::trim_start);
            literals.push((number, lines.collect::<String>()));
            length
        } else if first == '\'' {
            character(rest)
        } else {
            // A name may end with an `r` before a quote.
            let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            name.max(first.len_utf8())
        };
        number += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    literals.retain(|(_, text)| text.contains(' '));
    (joined(comments.into_iter()), literals)
}

/// The string literal that a text begins with, and its length with prefix and quotes.
fn literal(text: &str) -> Option<(&str, usize)> {
    let open = text.bytes().take(9).position(|byte| byte == b'"')?;
    let prefix = &text[..open];
    let hashes = prefix.trim_start_matches(['b', 'c', 'r']);
    if !hashes.bytes().all(|byte| byte == b'#') || prefix.len() - hashes.len() > 2 {
        return None;
    }
    let inner = &text[open + 1..];
    let end = match prefix.contains('r') {
        true => inner.find(&format!("\"{hashes}"))?,
        false => {
            let mut escaped = false;
            let quote = |c: char| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            };
            inner.find(quote)?
        }
    };
    Some((&inner[..end], open + 1 + end + 1 + hashes.len()))
}

/// The length of a character literal, or of the `'` of a lifetime.
fn character(text: &str) -> usize {
    let inner = &text[1..];
    if let Some(escape) = inner.strip_prefix('\\') {
        let from = escape.chars().next().map_or(0, char::len_utf8);
        return escape[from..].find('\'').map_or(1, |end| 2 + from + end + 1);
    }
    let one = inner.chars().next().map_or(0, char::len_utf8);
    if inner[one..].starts_with('\'') { one + 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(path: &str, text: &str) -> Vec<String> {
        let page = Page { path: path.into(), text: text.into() };
        of(&page).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn comments_and_messages_of_rust_are_read() {
        let source = "/// One\n/// sentence.\nlet a = 'x'; // beside\nlet b = r#\"a \"b\" c\"#;\nlet c = \"two \\\n    lines\";\nfn d<'a>() -> &'a str { \"an \\\"e\\\" f\" }\n";
        assert_eq!(
            texts("a/src/a.rs", source),
            ["One sentence.", "beside", "a \"b\" c", "two lines", "an \\\"e\\\" f"]
        );
    }

    #[test]
    fn a_quote_as_a_character_begins_no_message() {
        assert_eq!(texts("a/src/a.rs", "let a = '\"'; f(b'\\''); // a b"), ["a b"]);
    }

    #[test]
    fn literals_of_a_test_are_data() {
        assert_eq!(texts("a/tests/it/a.rs", "// A comment.\nlet a = \"a b\";"), ["A comment."]);
    }

    #[test]
    fn messages_and_comments_of_a_script_are_read() {
        let script = "#!/bin/sh\n# One\n# two.\nfail \"no file\" # why\n";
        assert_eq!(texts("scripts/a", script), ["One two.", "why", "no file"]);
    }

    #[test]
    fn paragraphs_items_and_cells_of_a_page_are_read() {
        let page = "# Head\nOne\ntwo.\n\n- item\n  more\n| a b | c |\n```\ncode\n```\n";
        assert_eq!(texts("a.md", page), ["Head", "One two.", "item more", "a b", "c"]);
    }
}
