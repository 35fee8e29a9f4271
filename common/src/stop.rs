//! Why a command ends early: its exit status, and everything there is to say about it.

use std::io;

use crate::diagnostic::{Diagnostic, Report};
use crate::exit::Status;

/// A status, and the report that goes with it.
#[derive(Debug)]
pub struct Stop {
    /// What the process ends with.
    pub status: Status,
    /// What is written to stderr.
    pub report: Report,
}

impl Stop {
    /// One problem, with the status that it ends in.
    pub fn new(status: Status, diagnostic: Diagnostic) -> Self {
        Stop { status, report: diagnostic.into() }
    }

    /// Usage, bad input, or a run that could not start.
    pub fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Status::Bad, Diagnostic::error(code, message))
    }

    /// The answer is no.
    pub fn no(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Status::No, Diagnostic::error(code, message))
    }

    /// Something could not be finished.
    pub fn unfinished(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Status::Unfinished, Diagnostic::error(code, message))
    }

    /// What to do about the last problem.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Stop { report: self.report.hint(hint), ..self }
    }

    /// The answer is no when the report has errors.
    ///
    /// # Errors
    /// It has some.
    pub fn check(report: Report) -> Result<(), Stop> {
        if report.has_errors() { Err(Stop { status: Status::No, report }) } else { Ok(()) }
    }

    /// Adds the problems of another one; the status stays.
    pub fn add(&mut self, more: Stop) {
        self.report.append(more.report);
    }

    /// The message of the first problem.
    pub fn reason(&self) -> &str {
        self.report.diagnostics().first().map_or("", Diagnostic::message)
    }
}

/// A report of bad input.
impl From<Report> for Stop {
    fn from(report: Report) -> Self {
        Stop { status: Status::Bad, report }
    }
}

/// Writing to stdout failed.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::bad("output", format!("cannot write the output: {error}"))
    }
}
