//! One specification of the platform into Compose, Kustomize, Argo CD and Kind files.
//!
//! - Input: a folder of Compose files with the vocabulary of `VOCABULARY.md` (`--spec`), and the
//!   configuration and values files that it names. Nothing else: no environment, no clock.
//! - Output: `docker/compose.yaml` and `kubernetes/{base,overlays,argocd,kind}` below `--output-dir`,
//!   byte for byte the same from the same input.
//! - Exit status: 0 done, or up to date. 1 drift, a file in the way, or an import that leaves
//!   something to do. 2 usage, a mistake in the specification, or files that could not be written.

mod checksum;
pub mod cli;
mod command;
mod header;
mod model;
mod output;
mod path;
mod render;
mod spec;

use common::exit::Status;

use cli::{Cli, Command};

/// Does the work of the command line.
///
/// # Errors
/// The run could not do its work.
pub fn run(cli: Cli) -> anyhow::Result<Status> {
    match cli.command {
        None => command::generate::run(&cli.shared, &cli.generate),
        Some(Command::Generate(options)) => command::generate::run(&cli.shared, &options),
        Some(Command::Contract) => command::contract::run(&cli.shared),
        Some(Command::Explain(options)) => command::explain::run(&cli.shared, &options),
        Some(Command::Graph(options)) => command::graph::run(&cli.shared, &options),
        Some(Command::Import(options)) => command::import::run(&options),
        Some(Command::Schema) => command::schema(),
    }
}
