//! The `fetch-secrets` program: parses, runs, reports.

use std::process::ExitCode;

use common::exit::Status;
use fetch_secrets::cli::Cli;

fn main() -> ExitCode {
    match Cli::from_arguments() {
        Ok(cli) => fetch_secrets::main(cli).into(),
        Err(usage) => {
            // Help and version are answers, and go to stdout. Nobody reading is no failure.
            let _ = usage.print();
            if usage.use_stderr() { Status::Bad.into() } else { Status::Done.into() }
        }
    }
}
