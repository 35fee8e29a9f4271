//! Secrets from AWS Secrets Manager, or a stand-in behind `AWS_ENDPOINT_URL`, into env files,
//! a process's environment or a GitHub Actions job; and the other way, seeding a stand-in
//! with development values.
//!
//! - Input: the secret catalogue of the specification (`--spec`), and Secrets Manager or the
//!   catalogue's own development values (`--source`).
//! - Output: `core.env`, `data-pipeline.env`, `monitoring.env`; or text on stdout; or a child's
//!   environment. A value appears nowhere else: no message, log or `Debug` output has one.
//! - Exit status: 0 done, or no drift. 1 a secret is missing, forbidden or malformed, or drift.
//!   2 usage, a bad catalogue, or files that could not be written. 3 the endpoint could not be
//!   reached within the deadline. 126, 127 `exec` could not start its command, or not find it. 130 interrupted.

pub mod cli;
mod command;
mod core_dumps;
mod envfile;
mod format;
mod quote;
mod signals;
mod source;
mod value;
mod variables;

use std::io::{self, Write};

use common::exit::Status;

use cli::{Cli, Command};

/// Does the work of the command line.
///
/// # Errors
/// The run could not do its work.
pub fn run(cli: Cli) -> anyhow::Result<Status> {
    // The message of a panic may hold a value; its place does not.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(io::stderr(), "fetch-secrets: a bug at {place}; please report it");
    }));
    signals::exit_on_interruption();
    let dumps = core_dumps::off();
    match cli.command {
        None => command::fetch::run(&cli.shared, &cli.fetch),
        Some(Command::Fetch(options)) => command::fetch::run(&cli.shared, &options),
        Some(Command::Print(options)) => command::print::run(&cli.shared, &options),
        Some(Command::Exec(options)) => command::exec::run(&cli.shared, &options, dumps),
        Some(Command::Seed(options)) => command::seed::run(&cli.shared, &options),
        Some(Command::List(options)) => command::list::run(&cli.shared, &options),
    }
}
