//! Why a command ends early: its exit status, and everything there is to say about it.
//!
//! The commands of the tools return `anyhow::Result`. A [`Stop`], a [`Report`] or a [`Diagnostic`] in the chain
//! of an error decides the status, and has code, place and hint; the contexts around it say what was being done.

use std::fmt;
use std::io;

use crate::diagnostic::{Diagnostic, Report, causes};
use crate::exit::Status;

/// A status, and the report that goes with it.
#[derive(Clone, Debug)]
pub struct Stop {
    /// The exit status of the process.
    pub status: Status,
    /// The problems that are written to stderr.
    pub report: Report,
}

impl Stop {
    /// One problem, with the status that it ends in.
    pub fn new(status: Status, diagnostic: Diagnostic) -> Self {
        Stop { status, report: diagnostic.into() }
    }

    /// Usage, bad input, or a run that could not start.
    pub fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic::error(code, message).into()
    }

    /// The answer is no.
    pub fn no(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Status::No, Diagnostic::error(code, message))
    }

    /// Something could not be finished.
    pub fn unfinished(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Status::Unfinished, Diagnostic::error(code, message))
    }

    /// The hint for the last problem.
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

impl std::error::Error for Stop {}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report.fmt(f)
    }
}

/// A report of bad input.
impl From<Report> for Stop {
    fn from(report: Report) -> Self {
        Stop { status: Status::Bad, report }
    }
}

/// Bad input with one problem.
impl From<Diagnostic> for Stop {
    fn from(diagnostic: Diagnostic) -> Self {
        Report::from(diagnostic).into()
    }
}

/// Writing to stdout failed.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::bad("output", format!("cannot write the output: {error}"))
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        let mut doing = Vec::new();
        for cause in error.chain() {
            let diagnostic = || Some(Stop::from(cause.downcast_ref::<Diagnostic>()?.clone()));
            let report = || Some(Stop::from(cause.downcast_ref::<Report>()?.clone()));
            let stop = cause.downcast_ref::<Stop>().cloned();
            if let Some(mut stop) = stop.or_else(report).or_else(diagnostic) {
                doing.iter().rev().for_each(|context: &String| stop.report.about(context));
                return stop;
            }
            doing.push(cause.to_string());
        }
        let system = error.chain().any(|cause| cause.is::<io::Error>());
        Stop::bad(if system { "io" } else { "failed" }, causes(error.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn the_typed_error_in_a_chain_decides_status_code_and_hint() {
        let problem = Diagnostic::error("unreachable", "nobody answers").hint("check the network");
        let stop = Err::<(), _>(Stop::new(Status::Unfinished, problem)).context("seeding");
        let stop = Stop::from(stop.context("in production").unwrap_err());
        assert_eq!(stop.status, Status::Unfinished);
        let [problem] = stop.report.diagnostics() else { panic!("{stop}") };
        assert_eq!(
            (problem.code(), problem.hint_text()),
            ("unreachable", Some("check the network"))
        );
        assert_eq!(problem.message(), "in production: seeding: nobody answers");
    }

    #[test]
    fn any_other_chain_is_one_sentence() {
        let error = io::Error::from(io::ErrorKind::PermissionDenied);
        let stop = Stop::from(anyhow::Error::from(error).context("cannot write a.env"));
        assert_eq!((stop.status, stop.report.diagnostics()[0].code()), (Status::Bad, "io"));
        assert_eq!(stop.to_string(), "cannot write a.env: permission denied");
    }

    #[test]
    fn a_report_is_bad_input_with_all_its_problems() {
        let mut report = Report::default();
        report.extend(["one", "two"].map(|message| Diagnostic::error("code", message)));
        let stop = Stop::from(anyhow::Error::from(report));
        assert_eq!((stop.status, stop.to_string().as_str()), (Status::Bad, "one; two"));
    }
}
