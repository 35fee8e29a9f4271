//! The bytes of a Compose file that no message may show.

use std::ops::Range;

use super::{looks_secret, variables};
use crate::yaml::{Node, Value as Yaml};

/// The bytes that no message may show: the values of names that look like a secret's, defaults of
/// such variables, and passwords in addresses.
pub(crate) fn values(document: &Node, text: &str, ranges: &mut Vec<Range<usize>>) {
    hide(document, false, text, ranges);
}

fn hide(node: &Node, secret: bool, text: &str, ranges: &mut Vec<Range<usize>>) {
    match &node.value {
        Yaml::Scalar { text: value, .. } => {
            let written = text.get(node.span.clone()).unwrap_or_default();
            let assigned = value.split_once('=').is_some_and(|(name, _)| looks_secret(name));
            let default = variables::parts(value).iter().any(|part| match part {
                variables::Part::Reference(own) => {
                    looks_secret(own.name) && !own.operator.is_empty()
                }
                _ => false,
            });
            if secret || default {
                ranges.push(node.span.clone());
            } else if assigned {
                let behind = written.find('=').unwrap_or(0);
                ranges.push(node.span.start + behind..node.span.end);
            } else if let Some(at) = password(written) {
                ranges.push(node.span.start + at.start..node.span.start + at.end);
            }
        }
        Yaml::Sequence(items) => items.iter().for_each(|item| hide(item, secret, text, ranges)),
        Yaml::Mapping(entries) => {
            for entry in entries {
                let scalar = matches!(entry.value.value, Yaml::Scalar { .. });
                hide(&entry.value, scalar && looks_secret(&entry.key), text, ranges);
            }
        }
    }
}

/// `password` in `scheme://user:password@host`.
fn password(text: &str) -> Option<Range<usize>> {
    let start = text.find("://")? + 3;
    let end = start + text[start..].find(['/', ' ', '"', '\'']).unwrap_or(text.len() - start);
    let at = start + text[start..end].rfind('@')?;
    let colon = start + text[start..at].find(':')?;
    Some(colon + 1..at)
}

/// Where there is no tree: what stands behind a word that looks like a secret's, and the lines
/// that go on below it.
pub(crate) fn suspicious_lines(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut below: Option<usize> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let blank = line.trim().is_empty();
        below = below.filter(|own| blank || indent > *own);
        if below.is_some() {
            ranges.push(start..start + line.len());
        } else if looks_secret(line) || password(line).is_some() {
            let behind = line.find([':', '=']).map_or(0, |at| at + 1);
            ranges.push(start + behind..start + line.len());
            below = Some(indent);
        }
        start += line.len();
    }
    ranges
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::diagnostic::{Diagnostic, Report};
    use crate::spec;

    fn shown(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("compose.yaml");
        fs::write(&path, text).unwrap();
        let mut report = Report::default();
        match spec::load(&path, "compose.yaml".to_owned(), &mut report) {
            Ok(file) => {
                let whole = file.unwrap().place(&(0..text.len()));
                report.push(Diagnostic::warning("all", "all").at(whole, ""));
            }
            Err(diagnostic) => report.push(*diagnostic),
        }
        report.render()
    }

    #[test]
    fn no_message_shows_a_secret() {
        let good = "a: {environment: {DB_PASSWORD: hunter2, URL: 'postgres://u:hunter2@h/d'}}\n\
                    b: {environment: [\"API_TOKEN=hunter2\", \"X=${APP_SECRET:-hunter2}\"]}\n";
        assert!(!shown(good).contains("hunter2"), "{}", shown(good));
        for bad in
            ["a:\n  PASSWORD: 'hunter2\n", "PASSWORD: |\n  hunter2\n b: [\n", "a: [TOKEN=hunter2"]
        {
            assert!(!shown(bad).contains("hunter2"), "{}", shown(bad));
        }
    }
}
