//! The `export-dbt` program: parses, runs, reports.

use std::process::ExitCode;

use common::exit::Status;
use export_dbt::cli::Cli;

// DuckDB's malloc, too. The settings are in .cargo/config.toml.
#[cfg(feature = "bundled")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match Cli::from_arguments() {
        Ok(cli) => export_dbt::main(&cli).into(),
        Err(usage) => {
            // Help and version are answers, and go to stdout. Nobody reading is no failure.
            let _ = usage.print();
            if usage.use_stderr() { Status::Bad.into() } else { Status::Done.into() }
        }
    }
}
