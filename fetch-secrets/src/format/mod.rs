//! The formats of `print`, one reader per file.

mod docker;
mod dotenv;
mod github;
mod json;
mod kubernetes;
mod lines;
mod systemd;

use anyhow::Result;

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
