//! The `fetch-secrets` program: parses, runs, reports.

use std::process::ExitCode;

use clap::Parser;
use fetch_secrets::cli::Cli;

fn main() -> ExitCode {
    fetch_secrets::main(Cli::parse()).into()
}
