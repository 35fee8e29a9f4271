//! The input of the model, and the report of its mistakes. The parts of a service are built beside
//! their types.

use common::catalogue::Catalogue;
use common::diagnostic::{Diagnostic, Report};

use crate::spec::types::Document;
use crate::spec::{Spec, at};

/// A document under way to the model.
pub(super) struct Builder<'a> {
    pub(super) spec: &'a Spec,
    pub(super) document: &'a Document,
    pub(super) report: &'a mut Report,
}

impl Builder<'_> {
    pub(super) fn error(&mut self, code: &'static str, message: String, path: &[&str]) {
        self.report.push(at(Diagnostic::error(code, message), &self.spec.sources, path));
    }

    pub(super) fn error_hint(
        &mut self,
        code: &'static str,
        message: String,
        path: &[&str],
        hint: impl Into<String>,
    ) {
        let diagnostic = Diagnostic::error(code, message).hint(hint);
        self.report.push(at(diagnostic, &self.spec.sources, path));
    }

    pub(super) fn warning(&mut self, code: &'static str, message: String, path: &[&str]) {
        self.report.push(at(Diagnostic::warning(code, message), &self.spec.sources, path));
    }

    pub(super) fn catalogue(&self) -> &Catalogue {
        &self.spec.catalogue
    }
}
