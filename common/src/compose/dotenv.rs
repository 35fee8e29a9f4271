//! `.env` and the files of `env_file`: `NAME=value` lines, quoted in Compose's own way.
//!
//! Without quotes a value ends at the line or at a space and a `#`. Single quotes keep everything
//! but `\'`; double quotes have escapes. Quoted values may go on over several lines. `$` means a
//! variable except in single quotes; where Compose would refuse one, the value stays as written.
//! `NAME: value` is `NAME=value`, and a name alone takes its value from outside.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::variables::{self, Names, resolve};
use crate::diagnostic::{Diagnostic, Place, Report, Source};

/// A file that was read. It has no `Debug`, which would show values.
pub struct EnvFile {
    /// Its assignments, in its order.
    pub assignments: Vec<Assignment>,
    source: Arc<Source>,
}

impl EnvFile {
    /// The place of an assignment.
    pub fn place(&self, assignment: &Assignment) -> Place {
        Place { source: Arc::clone(&self.source), span: assignment.span.clone() }
    }
}

/// One line.
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// The bytes of the name.
    pub span: Range<usize>,
    /// The value that it is set to.
    pub value: Value,
}

/// The text behind a name.
pub enum Value {
    /// Nothing, not even `=`.
    Outside,
    /// A text without variables.
    Literal(String),
    /// A text as [`resolve`] reads it.
    Text(String),
}

/// A line that is no assignment.
#[derive(Debug, PartialEq, Eq)]
struct Problem {
    span: Range<usize>,
    /// Whether the bytes are the name of a variable. In an unnamed form it may be a part of a value.
    named: bool,
    message: &'static str,
}

impl Assignment {
    /// Whether the name may be a part of a value that goes on from an earlier line: Base64 is made
    /// of the letters of a name, and ends with `=`.
    fn may_be_value(&self) -> bool {
        match &self.value {
            Value::Outside => true,
            Value::Text(text) => text.is_empty() || text.chars().all(|c| c == '='),
            Value::Literal(_) => false,
        }
    }
}

/// The mark in the first and the last line of a key.
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

/// Reads a file. Lines that are no assignments go to the report; no message shows a value.
///
/// # Errors
/// The file cannot be read.
pub fn read(path: &Path, report: &mut Report) -> io::Result<EnvFile> {
    let text = std::fs::read_to_string(path)?;
    let (assignments, problems) = parse(&text);
    // Any other text may be a part of a secret, comments included.
    let names = assignments
        .iter()
        .filter(|assignment| !assignment.may_be_value())
        .map(|assignment| assignment.span.clone());
    let bad = problems.iter().filter(|problem| problem.named).map(|problem| problem.span.clone());
    let mut shown: Vec<_> = names.chain(bad).collect();
    shown.sort_by_key(|span| span.start);
    let mut hidden = Vec::new();
    let mut from = 0;
    for span in shown {
        hidden.push(from..span.start);
        from = span.end;
    }
    hidden.push(from..text.len());
    let source = Arc::new(Source::new(path.display().to_string(), &text, &hidden));
    report.extend(problems.into_iter().map(|problem| {
        let place = Place { source: Arc::clone(&source), span: problem.span };
        Diagnostic::error("bad-env-file", problem.message).at(place, "")
    }));
    Ok(EnvFile { assignments, source })
}

/// The assignments of a text, in its order, and the lines that are none.
fn parse(text: &str) -> (Vec<Assignment>, Vec<Problem>) {
    let mut assignments = Vec::new();
    let mut problems = Vec::new();
    let mut at = text.len() - text.trim_start_matches('\u{FEFF}').len();
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        let rest = &text[at..];
        if rest.is_empty() {
            return (assignments, problems);
        }
        let line = rest.split('\n').next().unwrap_or_default();
        if rest.starts_with('#') {
            at += line.len();
            continue;
        }
        match assignment(text, at, line) {
            Ok((assignment, _)) if begins_key(&assignment.value) => {
                let end = rest.find(END).unwrap_or(rest.len());
                at += end + rest[end..].split('\n').next().unwrap_or_default().len();
                let message = "a key of several lines needs quotes";
                problems.push(Problem { span: assignment.span, named: true, message });
            }
            Ok((assignment, end)) => {
                assignments.push(assignment);
                at = end;
            }
            Err(problem) => {
                problems.push(problem);
                at += line.len();
            }
        }
    }
}

/// Whether an unquoted value is the first line of a key.
fn begins_key(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.contains(BEGIN) && !text.contains(END))
}

/// Bytes that the values of a file may have together with their variables replaced.
const LARGEST: usize = 16 << 20;

/// The values of a file, each name once. Lines may mention everything that `names` knows, and
/// after that earlier lines. Values that no process could have are left out: more than 128 KiB in
/// one, or 16 MiB in all.
pub fn values(assignments: &[Assignment], names: &Names<'_>) -> BTreeMap<String, String> {
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    let mut left = LARGEST;
    for assignment in assignments {
        let value = match &assignment.value {
            Value::Outside => (names.value)(&assignment.name),
            Value::Literal(text) => Some(text.clone()),
            Value::Text(text) => {
                let value = |name: &str| (names.value)(name).or_else(|| values.get(name).cloned());
                let both = Names { value: &value, missing: names.missing };
                match resolve(text, &both) {
                    Ok(resolved) => Some(resolved).filter(|value| value.len() <= left),
                    Err(problems) if problems.contains(&variables::Problem::TooLong) => None,
                    Err(_) => Some(text.clone()),
                }
            }
        };
        left = left.saturating_sub(value.as_ref().map_or(0, String::len));
        values.extend(value.map(|value| (assignment.name.clone(), value)));
    }
    values
}

/// The assignment that begins at `at`, and where it ends.
fn assignment(text: &str, at: usize, line: &str) -> Result<(Assignment, usize), Problem> {
    let behind = line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
    let body = behind.map_or(line, str::trim_start);
    let at = at + line.len() - body.len();
    let (name, equals) = match body.find(['=', ':']) {
        Some(equals) => (body[..equals].trim_end(), Some(equals)),
        None => (body.trim_end(), None),
    };
    let span = at..at + name.len();
    let problem = |span, named, message| Err(Problem { span, named, message });
    let fits = |c: char| c.is_alphanumeric() || "_.-[]".contains(c);
    if let Some(bad) = name.find(|c: char| !fits(c)) {
        // The rest may be a part of a value.
        let message = match equals {
            Some(_) => "this is not a variable name",
            None => "a line is NAME=value",
        };
        return problem(span.start..span.start + bad, false, message);
    }
    let Some(equals) = equals else {
        let value = Value::Outside;
        return Ok((Assignment { name: name.to_owned(), span, value }, at + body.len()));
    };
    let value = body[equals + 1..].trim_start();
    let start = at + body.len() - value.len();
    let (value, end) = match value.chars().next() {
        Some(quote @ ('\'' | '"')) => match quoted(&text[start + 1..], quote) {
            Some((value, length)) => {
                let value = match quote {
                    '\'' => Value::Literal(value),
                    _ => Value::Text(unescape(&value)),
                };
                (value, start + 1 + length)
            }
            None => return problem(span, true, "a quote in this value is not closed"),
        },
        _ => {
            let value = value.split(" #").next().unwrap_or_default().trim_end();
            (Value::Text(value.to_owned()), at + body.len())
        }
    };
    Ok((Assignment { name: name.to_owned(), span, value }, end))
}

/// The text up to the quote that ends it, with escaped quotes as quotes, and how far that is.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match (c == quote, escaped) {
            (true, false) => return Some((value, at + 1)),
            (true, true) => {
                // Where escapes are read afterwards, this one is left to them.
                if quote == '"' {
                    value.push('\\');
                }
                value.push(quote);
                escaped = false;
            }
            (false, false) if c == '\\' => escaped = true,
            (false, false) => value.push(c),
            (false, true) => {
                value.extend(['\\', c]);
                escaped = false;
            }
        }
    }
    None
}

/// The escapes of double quotes. `\$` is `$$`, a dollar sign for [`resolve`].
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let Some(c) = escape.chars().next() else {
            out.push('\\');
            return out;
        };
        rest = &escape[c.len_utf8()..];
        match c {
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{C}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{B}'),
            '"' | '\\' => out.push(c),
            '$' => out.push_str("$$"),
            _ => out.extend(['\\', c]),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let (assignments, problems) = parse(text);
        assert_eq!(problems, []);
        let value = |name: &str| (name == "K").then(|| "k".to_owned());
        let names = Names { value: &value, missing: &|_| Some(String::new()) };
        values(&assignments, &names).into_iter().collect()
    }

    #[test]
    fn values_are_read_as_compose_reads_them() {
        for (line, expected) in [
            ("A=1 # one", "1"),
            ("A=1#one", "1#one"),
            ("export A='$x # y' # c", "$x # y"),
            (r#"A="a\tb\\n\n${K} \$x \"q\" \a""#, "a\tb\\n\nk $x \"q\" \u{7}"),
            (r"A='it\'s'", "it's"),
            (r"A='back\\slash\n'", r"back\\slash\n"),
            ("A='two\nlines'", "two\nlines"),
            ("A: yaml", "yaml"),
            ("A = spaced \r", "spaced"),
            ("A=pa$5", "pa$5"),
            ("A=$$B", "$B"),
            ("A=a$K-${U:-d}-$U.", "ak-d-."),
            ("A=", ""),
            ("A=a\"b\"c", "a\"b\"c"),
            (r"A=a\nb", r"a\nb"),
            ("A=\"x\" # y", "x"),
        ] {
            assert_eq!(read(line), [("A".to_owned(), expected.to_owned())], "{line}");
        }
        assert_eq!(read("# c\nK\nU\nA=$K\nB=$A\n").len(), 3);
    }

    /// The lines of the messages about a file.
    fn said(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, text).unwrap();
        let mut report = Report::default();
        let file = super::read(&path, &mut report).unwrap();
        for assignment in &file.assignments {
            report.push(Diagnostic::error("x", "seen").at(file.place(assignment), ""));
        }
        report.render()
    }

    #[test]
    fn a_key_without_quotes_is_one_problem_at_its_name() {
        for key in ["PRIVATE KEY", "RSA PRIVATE KEY"] {
            let text = format!(
                "A=1\nTLS=-----BEGIN {key}-----\nMIIEhunter2\nhunter2/x==\nhunter2==\n\
                 -----END {key}-----\nB=2\n"
            );
            let (assignments, problems) = parse(&text);
            let names: Vec<&str> =
                assignments.iter().map(|assignment| assignment.name.as_str()).collect();
            assert_eq!((names, problems.len()), (vec!["A", "B"], 1));
            let said = said(&text);
            assert!(said.contains("TLS") && !said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn a_line_that_may_go_on_with_a_value_is_not_shown() {
        for line in ["hunter2", "hunter2/x==", "hunter2==", "hunter2=", "hunter2 x", "@hunter2"] {
            let said = said(&format!("TLS=MIIE\n{line}\n"));
            assert!(!said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn every_bad_line_is_told_without_its_value() {
        let text = "A B=1\nOK=1\n@hunter2\nC='hunter2\n";
        let (assignments, problems) = parse(text);
        assert_eq!(assignments.len(), 1);
        let shown: Vec<&str> = problems.iter().map(|problem| &text[problem.span.clone()]).collect();
        assert_eq!(shown, ["A", "", "C"]);
    }
}
