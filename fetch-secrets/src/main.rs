//! The `fetch-secrets` program: parses, runs, reports.

use std::process::ExitCode;

use fetch_secrets::cli::Cli;

fn main() -> ExitCode {
    match Cli::from_arguments() {
        Ok(cli) => fetch_secrets::main(cli).into(),
        Err(usage) => common::cli::answer(&usage).into(),
    }
}
