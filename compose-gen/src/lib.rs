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

use anyhow::bail;
use common::diagnostic::Diagnostic;
use common::exit::Status;

use cli::{Cli, Command};

/// Does the work of the command line.
///
/// # Errors
/// The run could not do its work.
pub fn run(cli: Cli) -> anyhow::Result<Status> {
    let Cli { command, shared, generate: first } = cli;
    let Some(command) = command else { return command::generate::run(&shared, &first) };
    let refused = match &command {
        Command::Generate(_) => Vec::new(),
        Command::Explain(_) => first.refused(&["--format"]),
        Command::Import(_) => first.refused(&["--output-dir", "--format"]),
        Command::Contract | Command::Graph(_) | Command::Schema => first.refused(&[]),
    };
    if !refused.is_empty() {
        let message = format!("this command does not take {} before it", refused.join(", "));
        bail!(Diagnostic::error("usage", message).hint("leave it out, or leave the command out"));
    }
    match command {
        Command::Generate(options) => command::generate::run(&shared, &options.after(first)),
        Command::Contract => command::contract::run(&shared),
        Command::Explain(mut options) => {
            options.format = options.format.or(first.format);
            command::explain::run(&shared, &options)
        }
        Command::Graph(options) => command::graph::run(&shared, &options),
        Command::Import(mut options) => {
            options.format = options.format.or(first.format);
            options.out = options.out.or(first.out);
            command::import::run(&options)
        }
        Command::Schema => command::schema(),
    }
}
