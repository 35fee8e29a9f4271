//! The `export-dbt` program: parses, runs, reports.

use std::process::ExitCode;

// DuckDB's malloc, too. The settings are in .cargo/config.toml.
#[cfg(feature = "bundled")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    common::cli::run(export_dbt::run)
}
