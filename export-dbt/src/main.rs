//! The command `export-dbt`.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use common::exit::Status;
use export_dbt::cli::{Cli, Format};
use export_dbt::{Failure, report};

// DuckDB's malloc, too. The settings are in .cargo/config.toml.
#[cfg(feature = "bundled")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Status::Bad } else { Status::Done }.into();
        }
    };
    let summary = match export_dbt::run(&cli) {
        Ok(summary) => summary,
        Err(Failure { status, problems }) => {
            report::problems(&problems);
            return status.into();
        }
    };
    report::tables(&summary);
    let text = match cli.format {
        Format::Text => summary.to_text(),
        Format::Json => summary.to_json().unwrap_or_default() + "\n",
    };
    // A reader that has closed the pipe has seen enough.
    let _ = std::io::stdout().write_all(text.as_bytes());
    summary.status().into()
}
