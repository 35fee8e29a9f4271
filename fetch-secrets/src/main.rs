//! The `fetch-secrets` program: parses, runs, reports.

use std::process::ExitCode;

use fetch_secrets::cli::Cli;

fn main() -> ExitCode {
    common::cli::run_matches(Cli::matches(), fetch_secrets::run)
}
