//! Finds what breaks a Kustomize deployment before it is applied, and says where.
//!
//! - Input: folders with a `kustomization.yaml`, and the files and folders that they name.
//!   Nothing else: no kubectl, no network, no clock.
//! - Output: `build` prints the objects on stdout, as `kubectl kustomize` does.
//! - Exit status: 0 rendered. 2 usage, or a kustomization that cannot be built. 3 a part of it
//!   is not analysed: a remote base, a Helm chart, a function.

pub mod cli;
mod command;
pub mod facts;
mod generate;
pub mod id;
pub mod kustomization;
pub mod object;
mod objects;
pub mod render;
mod schema;
mod select;
mod stop;
mod transform;
pub mod tree;

use std::io::{self, Write};

use common::diagnostic::Report;
use common::exit::Status;

use cli::{Cli, Command};
use stop::Stop;

/// Runs the command line and reports on stderr what went wrong.
pub fn main(cli: Cli) -> Status {
    let outcome = match cli.command {
        Command::Build(options) => command::build::run(&options),
    };
    match outcome {
        Ok(status) => status,
        Err(Stop { status, report }) => {
            say(&report);
            status
        }
    }
}

/// Writes a report to stderr. A closed stderr is nobody reading, not a failure.
fn say(report: &Report) {
    if !report.diagnostics().is_empty() {
        let _ = anstream::stderr().write_all(report.render().as_bytes());
    }
}

/// Writes a command's result to stdout.
fn print(text: &str) -> Result<(), Stop> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Stop::from)
}
