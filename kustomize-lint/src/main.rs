//! The `kustomize-lint` program: parses, runs, reports.

use std::process::ExitCode;

use clap::Parser;
use kustomize_lint::cli::Cli;

fn main() -> ExitCode {
    kustomize_lint::main(Cli::parse()).into()
}
