//! Errors as a person reads them: a stable code, a sentence with its causes, and what to do.

use std::error::Error;

use common::diagnostic::Diagnostic;

/// A stable code such as `no-database`, and what to do next; empty where nothing helps.
pub type Advice = (&'static str, &'static str);

/// An error that a run reports.
pub trait Problem: Error + Sized {
    /// The code and the hint of this error.
    fn advice(&self) -> Advice;

    /// The error with its causes, for a report.
    fn diagnostic(&self) -> Diagnostic {
        let (code, hint) = self.advice();
        let diagnostic = Diagnostic::error(code, text(self));
        if hint.is_empty() { diagnostic } else { diagnostic.hint(hint) }
    }
}

/// An error with its causes.
pub fn text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        // Some libraries repeat their cause in their own text.
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
