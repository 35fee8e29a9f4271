//! The whole command line: an export, or a command beside it.

use clap::{CommandFactory, Parser, Subcommand};

use crate::cli::{AFTER_HELP, Cli};
use crate::compare::Compare;

/// Export the tables that dbt builds in DuckDB to Delta tables on S3.
///
/// Every table is streamed in bounded memory and replaced in one commit, its schema included; a
/// table whose rows have not changed is left alone. Readers see the old version or the new one.
#[derive(Debug, Clone, Parser)]
#[command(name = "export-dbt", version, after_help = AFTER_HELP)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(disable_help_subcommand = true)]
pub struct Tool {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) export: Cli,
}

/// A command beside the export.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Command {
    Compare(Box<Compare>),
}

/// The command, for completions and the man page.
pub fn command() -> clap::Command {
    Tool::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_consistent() {
        command().debug_assert();
    }
}
