//! The `compose-gen` program: parses, runs, reports.

use std::process::ExitCode;

fn main() -> ExitCode {
    common::cli::run(compose_gen::run)
}
