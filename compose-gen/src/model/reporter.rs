//! Mistakes at paths of the specification.

use common::diagnostic::{Diagnostic, Report};
use common::fault;

use crate::spec::{Sources, at};

/// Puts diagnostics at their places into the report.
pub(super) struct Reporter<'a> {
    pub(super) sources: &'a Sources,
    pub(super) report: &'a mut Report,
}

impl Reporter<'_> {
    pub(super) fn error(&mut self, code: &'static str, message: String, path: &[&str]) {
        self.push(Diagnostic::error(code, message), path);
    }

    pub(super) fn hinted(
        &mut self,
        code: &'static str,
        message: String,
        path: &[&str],
        hint: impl Into<String>,
    ) {
        self.push(Diagnostic::error(code, message).hint(hint), path);
    }

    pub(super) fn warning(&mut self, code: &'static str, message: String, path: &[&str]) {
        self.push(Diagnostic::warning(code, message), path);
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic, path: &[&str]) {
        self.report.push(at(diagnostic, self.sources, path));
    }

    /// An error about a name that is not among the known ones.
    pub(super) fn unknown(
        &mut self,
        code: &'static str,
        noun: &str,
        name: &str,
        known: &[&str],
        path: &[&str],
    ) {
        let hint = fault::available(name, known.iter().copied());
        self.hinted(code, fault::unknown(noun, name), path, hint);
    }

    /// Two things that cannot both be; `first` is the place of the earlier one.
    pub(super) fn clash(
        &mut self,
        code: &'static str,
        message: String,
        path: &[&str],
        first: &[&str],
    ) {
        let diagnostic = at(Diagnostic::error(code, message), self.sources, path);
        self.report.push(diagnostic.also(self.sources.place(first), "first here"));
    }
}
