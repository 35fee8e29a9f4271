//! Errors as a person reads them: a stable code, a sentence with its causes, and what to do.

use std::error::Error;

use common::diagnostic::{Diagnostic, causes};

/// A stable code such as `no-database`, and what to do next; empty where nothing helps.
pub(crate) type Advice = (&'static str, &'static str);

/// An error that a run reports.
pub(crate) trait Problem: Error + Sized {
    /// The code and the hint of this error.
    fn advice(&self) -> Advice;

    /// The error for a report.
    fn diagnostic(&self) -> Diagnostic {
        self.explained()
    }

    /// The error with its causes and its advice.
    fn explained(&self) -> Diagnostic {
        let (code, hint) = self.advice();
        let diagnostic = Diagnostic::error(code, causes(self));
        if hint.is_empty() { diagnostic } else { diagnostic.hint(hint) }
    }
}
