//! `--only PATTERN`: some of the variables.

use common::diagnostic::{Diagnostic, Report};
use wildmatch::WildMatch;

use crate::cli::Search;
use crate::variables::Variables;

/// The patterns of a run; none of them means every variable.
pub(super) struct Only<'a>(Vec<(WildMatch, &'a str)>);

impl<'a> Only<'a> {
    pub(super) fn new(patterns: &'a [String]) -> Self {
        Only(patterns.iter().map(|text| (WildMatch::new(text), text.as_str())).collect())
    }

    /// Whether a variable is wanted.
    pub(super) fn wants(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|(pattern, _)| pattern.matches(name))
    }

    /// Takes away all other variables.
    ///
    /// # Errors
    /// Each pattern that matches none: a typing mistake would leave out what the reader needs.
    pub(super) fn keep(&self, variables: &mut Variables, search: &Search) -> Result<(), Report> {
        variables.retain(|name, _| self.wants(name));
        let mut report = Report::default();
        for (pattern, text) in &self.0 {
            if !variables.keys().any(|name| pattern.matches(name)) {
                let message =
                    format!("--only '{text}' matches no variable of the selected secrets");
                let hint = match search.is_given() {
                    true => {
                        "a variable has the name of its key, or of its secret's end, with _ for other characters"
                    }
                    false => "fetch-secrets list shows the variables",
                };
                report.push(Diagnostic::error("no-match", message).hint(hint));
            }
        }
        if report.has_errors() { Err(report) } else { Ok(()) }
    }
}
