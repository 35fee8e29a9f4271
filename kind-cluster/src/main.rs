//! The `kind-cluster` program: parses, runs, reports.

use std::process::ExitCode;

use clap::Parser;
use kind_cluster::cli::Cli;

fn main() -> ExitCode {
    kind_cluster::main(Cli::parse()).into()
}
