//! The `kind-cluster` program: parses, runs, reports.

use std::process::ExitCode;

fn main() -> ExitCode {
    common::cli::run(kind_cluster::run)
}
