//! One file: from YAML to a tree, with the values of secrets hidden from messages.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use common::compose::scalar;
use common::diagnostic::{Diagnostic, Place, Report, Source};
use common::secrets;
use common::yaml::{self, Limits, Loaded, Node, Style, Value as Yaml};

use super::interpolate::Scope;
use super::tree::{Tag, Tree, Value};

/// A file that could be read.
pub(super) struct File {
    source: Arc<Source>,
    loaded: Loaded,
}

/// Reads a file. What is wrong goes to the report; `from` is where the file is named.
pub(super) fn read(path: &Path, from: Option<&Place>, report: &mut Report) -> Option<File> {
    let shown = path.display().to_string();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("cannot read {shown}: {error}");
            let diagnostic = Diagnostic::error("unreadable", message);
            report.push(match from {
                Some(place) => diagnostic.at(place.clone(), "named here"),
                None => diagnostic,
            });
            return None;
        }
    };
    match yaml::load(&text, Limits::default()) {
        Ok(loaded) => {
            let hidden = |node| secrets::tree::hidden(&text, node);
            let ranges: Vec<_> = loaded.documents.iter().flat_map(hidden).collect();
            let file = File { source: Arc::new(Source::new(shown, &text, &ranges)), loaded };
            file.check(report);
            Some(file)
        }
        Err(failed) => {
            let source = Arc::new(Source::new(shown, &text, &secrets::unreadable(&text)));
            let place = Place { source, span: failed.span };
            report.push(Diagnostic::error(failed.code, failed.message).at(place, ""));
            None
        }
    }
}

impl File {
    /// What the file says at the top of any of its documents.
    pub(super) fn top(&self, key: &str) -> Option<(&str, Place)> {
        let found = self.loaded.documents.iter().rev().find_map(|document| document.get(key))?;
        Some((found.as_str()?, self.place(&found.span)))
    }

    /// The documents with their variables resolved. One that is empty is none.
    pub(super) fn trees(&self, scope: &Scope, report: &mut Report) -> Vec<Tree> {
        let documents = self.loaded.documents.iter().filter(|document| !document.is_null());
        let tag = |(span, tag): &(Range<usize>, String)| match tag.as_str() {
            "!reset" => Some((span.clone(), Tag::Reset)),
            "!override" => Some((span.clone(), Tag::Override)),
            _ => None,
        };
        let tags = self.loaded.tags.iter().filter_map(tag).collect();
        let mut reading = Reading { file: self, scope, tags, size: 0, report };
        documents.map(|node| reading.tree(node, self.place(&head(node)))).collect()
    }

    fn check(&self, report: &mut Report) {
        for problem in &self.loaded.problems {
            let diagnostic = Diagnostic::error(problem.code, problem.message.clone())
                .at(self.place(&problem.span), "");
            report.push(match &problem.earlier {
                Some(earlier) => diagnostic.also(self.place(earlier), "first here"),
                None => diagnostic,
            });
        }
        for document in self.loaded.documents.iter().filter(|document| !document.is_null()) {
            if document.entries().is_none() {
                let diagnostic = Diagnostic::error("not-a-mapping", "a Compose file is a mapping");
                report.push(diagnostic.at(self.place(&head(document)), ""));
            }
        }
    }

    fn place(&self, span: &Range<usize>) -> Place {
        Place { source: Arc::clone(&self.source), span: span.clone() }
    }
}

struct Reading<'a> {
    file: &'a File,
    scope: &'a Scope,
    tags: HashMap<Range<usize>, Tag>,
    /// Bytes of texts so far.
    size: usize,
    report: &'a mut Report,
}

impl Reading<'_> {
    fn tree(&mut self, node: &Node, place: Place) -> Tree {
        let tag = self.tags.get(&node.span).copied().unwrap_or(Tag::Merge);
        let value = match &node.value {
            Yaml::Scalar { text, style } => {
                let plain = if *style == Style::Plain { scalar::read(text) } else { None };
                match plain {
                    Some(scalar) => Value::Plain(scalar),
                    None => Value::Text(self.text(text, &place)),
                }
            }
            Yaml::Sequence(items) => {
                let item = |item: &Node| self.tree(item, self.file.place(&head(item)));
                Value::List(items.iter().map(item).collect())
            }
            Yaml::Mapping(entries) => {
                let member = |entry: &yaml::Entry| {
                    // Behind an alias the value stands elsewhere, and perhaps for others, too.
                    let own = matches!(entry.value.value, Yaml::Scalar { .. })
                        && !entry.value.is_null()
                        && entry.value.span.start > entry.span.start;
                    let span = if own { &entry.value.span } else { &entry.span };
                    (entry.key.clone(), self.tree(&entry.value, self.file.place(span)))
                };
                Value::Map(entries.iter().map(member).collect())
            }
        };
        Tree { place, tag, value }
    }

    /// A text with its variables replaced, as long as they do not grow without an end.
    fn text(&mut self, text: &str, place: &Place) -> String {
        let resolved = self.scope.resolve(text, place, self.report);
        let had = self.size <= LARGEST;
        self.size += resolved.len();
        if self.size <= LARGEST {
            return resolved;
        }
        if had {
            let message = "from here on the file has more than 64 MiB with its variables";
            let diagnostic = Diagnostic::error("too-large", message).at(place.clone(), "");
            self.report.push(diagnostic);
        }
        String::new()
    }
}

/// Bytes of a file's texts together with their variables replaced.
const LARGEST: usize = 64 << 20;

/// A mapping is shown at its first key, not with all its lines.
fn head(node: &Node) -> Range<usize> {
    match &node.value {
        Yaml::Mapping(entries) => entries.first().map_or(node.span.clone(), |own| own.span.clone()),
        Yaml::Sequence(_) => node.span.start..node.span.start,
        Yaml::Scalar { .. } => node.span.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("compose.yaml");
        fs::write(&path, text).unwrap();
        let mut report = Report::default();
        match read(&path, None, &mut report) {
            Some(file) => {
                let whole = file.place(&(0..text.len()));
                report.push(Diagnostic::warning("all", "all").at(whole, ""));
            }
            None => assert!(report.has_errors()),
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
