//! Why a command ends early: its exit status, and everything there is to say about it.

use std::io;

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;

#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) status: Status,
    pub(crate) report: Report,
}

impl Stop {
    pub(crate) fn new(status: Status, diagnostic: Diagnostic) -> Self {
        Stop { status, report: diagnostic.into() }
    }

    /// Usage, bad input, or a run that could not start.
    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Status::Bad, Diagnostic::error(code, message))
    }
}

/// A report of bad input.
impl From<Report> for Stop {
    fn from(report: Report) -> Self {
        Stop { status: Status::Bad, report }
    }
}

/// Writing to stdout failed: quiet when the reader has closed the pipe.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Stop { status: Status::Done, report: Report::default() };
        }
        Stop::bad("output", format!("cannot write the output: {error}"))
    }
}
