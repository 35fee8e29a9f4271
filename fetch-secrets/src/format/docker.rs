//! `docker run --env-file`: `NAME=value` to the end of the line, with no quoting at all.

use anyhow::{Result, bail};
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use secrecy::ExposeSecret;

use crate::variables::Variables;

/// The reader's line buffer in bytes, less one for the newline.
const LONGEST: usize = (64 << 10) - 1;

pub(super) fn render(variables: &Variables) -> Result<String> {
    let mut text = String::new();
    let mut report = Report::default();
    for (name, value) in variables {
        let value = value.expose_secret();
        let line = format!("{name}={value}");
        // The reader drops a carriage return at the end of a line.
        let problem = if value.contains('\n') || value.ends_with('\r') {
            "has a line break"
        } else if line.len() > LONGEST {
            "is longer than 64 KiB with its name"
        } else {
            text.push_str(&line);
            text.push('\n');
            continue;
        };
        let message = format!("the value of {name} {problem}, which docker cannot read");
        report
            .push(Diagnostic::error("not-for-docker", message).hint(
                "use --format env with Docker Compose, --format json, or fetch-secrets exec",
            ));
    }
    if report.has_errors() {
        bail!(Stop { status: Status::No, report });
    }
    Ok(text)
}
