//! The `kustomize-lint` program: parses, runs, reports.

use std::process::ExitCode;

fn main() -> ExitCode {
    common::cli::run(kustomize_lint::run)
}
