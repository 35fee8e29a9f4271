//! The `compose-gen` program: parses, runs, reports.

use std::process::ExitCode;

use clap::Parser;
use compose_gen::cli::Cli;

fn main() -> ExitCode {
    compose_gen::main(Cli::parse()).into()
}
