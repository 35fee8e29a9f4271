//! Findings that somebody has decided to live with, by rule, file and object.

use std::ops::Range;

use globset::GlobMatcher;

use crate::finding::Finding;
use crate::rule::Rule;

/// An `[[ignore]]` of the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Ignore {
    /// Codes, names, or beginnings of codes.
    pub(crate) rules: Vec<String>,
    /// The files; all when nothing is said.
    pub(crate) path: Option<GlobMatcher>,
    /// The objects, as `Kind name`; all when nothing is said.
    pub(crate) object: Option<GlobMatcher>,
    /// Where it is written in the configuration file.
    pub(crate) span: Range<usize>,
}

impl Ignore {
    /// Whether the finding is meant. `path` is its file, relative to the configuration.
    pub(crate) fn covers(&self, finding: &Finding, path: Option<&str>) -> bool {
        selects(&self.rules, finding.rule)
            && self.path.as_ref().is_none_or(|glob| path.is_some_and(|path| glob.is_match(path)))
            && self.object.as_ref().is_none_or(|glob| {
                finding.object.as_ref().is_some_and(|id| {
                    // `Job rideshare/seed` is meant by `Job seed`, too.
                    let bare = format!("{} {}", id.kind, id.name);
                    glob.is_match(id.to_string()) || glob.is_match(bare)
                })
            })
    }
}

/// Whether one of the words means the rule: its code, its name, or the beginning of its code.
pub(crate) fn selects(words: &[String], rule: &Rule) -> bool {
    words
        .iter()
        .any(|word| word == rule.name || rule.code.starts_with(word.to_ascii_uppercase().as_str()))
}
