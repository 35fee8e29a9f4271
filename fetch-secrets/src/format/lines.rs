//! Formats of one line for each variable.

use anyhow::{Result, bail};
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use secrecy::ExposeSecret;

use crate::variables::Variables;

/// The line of every variable, or an error with `code` for each value that has none.
pub(super) fn lines(
    variables: &Variables,
    code: &'static str,
    line: impl Fn(&str, &str) -> Result<String, &'static str>,
) -> Result<String> {
    let mut text = String::new();
    let mut report = Report::default();
    for (name, value) in variables {
        match line(name, value.expose_secret()) {
            Ok(line) => text.push_str(&(line + "\n")),
            Err(problem) => report.push(
                Diagnostic::error(code, format!("the value of {name} {problem}")).hint(
                    "use --format env for a shell or Docker Compose, --format json, or fetch-secrets exec",
                ),
            ),
        }
    }
    if report.has_errors() { bail!(Stop { status: Status::No, report }) } else { Ok(text) }
}
