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
