//! The formats of `print`, one reader per file.

mod docker;
mod github;
mod json;
mod systemd;

use anyhow::Result;

use crate::cli::PrintFormat;
use crate::envfile;
use crate::variables::Variables;

pub(crate) use github::masks;

/// The variables in the format of their reader, ending in a newline.
///
/// # Errors
/// A value that the reader has no way to receive.
pub(crate) fn render(format: PrintFormat, variables: &Variables) -> Result<String> {
    match format {
        PrintFormat::Env => Ok(envfile::render(variables)),
        PrintFormat::Docker => docker::render(variables),
        PrintFormat::Systemd => Ok(systemd::render(variables)),
        PrintFormat::Json => json::render(variables),
        PrintFormat::GithubEnv => github::render(variables),
    }
}
