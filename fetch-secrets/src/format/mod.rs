//! The formats of `print`, one reader per file.

mod docker;
mod dotenv;
mod github;
mod json;
mod kubernetes;
mod systemd;

use anyhow::{Result, bail};
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use secrecy::ExposeSecret;

use crate::cli::{Print, PrintFormat};
use crate::envfile;
use crate::variables::Variables;

pub(crate) use github::masks;

/// The variables in the format of their reader, ending in a newline.
///
/// # Errors
/// A value that the reader has no way to receive.
pub(crate) fn render(options: &Print, variables: &Variables) -> Result<String> {
    match options.format {
        PrintFormat::Env => Ok(envfile::render(variables)),
        PrintFormat::Docker => docker::render(variables),
        PrintFormat::Systemd => Ok(systemd::render(variables)),
        PrintFormat::Dotenv => dotenv::render(variables),
        PrintFormat::Kubernetes => {
            kubernetes::render(variables, &options.name, options.namespace.as_deref())
        }
        PrintFormat::Json => json::render(variables),
        PrintFormat::GithubEnv => github::render(variables),
    }
}

/// The line of every variable, or an error with `code` for each value that has none.
fn lines(
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
