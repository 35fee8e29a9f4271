//! The command line. Its doc comments are the help and the man page.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use common::cli::{Format, Verbosity};

pub use crate::spec::types::PublishedPorts;

const AFTER_HELP: &str = "\
Examples:
  compose-gen                                  write all files, from infrastructure/platform
  compose-gen --check                          check that the committed files are up to date
  compose-gen --only compose                   write the Compose file alone
  compose-gen --spec compose.yml --output-dir deploy
                                               write Kubernetes files for any Compose project
  compose-gen explain trino                    compare a service in all environments
  compose-gen graph --format svg > platform.svg
  compose-gen contract > CONTRACT.md           list the requirements on images built elsewhere
  compose-gen import compose.yml --output-dir platform
                                               turn a Compose project into a specification

Exit status:
  0    done; with --check: the files are up to date
  1    with --check: a file is stale, missing, orphaned or edited by hand;
       import: the new specification needs manual changes before it is valid;
       otherwise: compose-gen did not write a file that it would replace, or the file was edited
  2    wrong usage, a mistake in the specification, or files that cannot be written

Environment:
  PLATFORM_SPEC        the default of --spec
  COMPOSE_GEN_OUT      the default of --output-dir
  COMPOSE_FILE         the files that import reads by default, separated by :
  NO_COLOR             switches colours off";

/// Generate Compose, Kustomize, Argo CD and Kind files from one specification of the platform.
///
/// The specification is a folder of Compose files with a closed vocabulary of x-* keys, or any
/// one Compose file. Every mistake in it is reported at once, with its place. Without a
/// command, `generate` runs.
#[derive(Debug, Parser)]
#[command(name = "compose-gen", version, after_help = AFTER_HELP)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of every command.
    #[command(flatten)]
    pub shared: Shared,
    /// Options of `generate`, the default.
    #[command(flatten)]
    pub generate: Generate,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Shared {
    /// Folder with the specification, or a Compose file
    /// [default: infrastructure/platform here or in a parent folder]
    #[arg(long, value_name = "PATH", env = "PLATFORM_SPEC", global = true)]
    pub spec: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub verbosity: Verbosity,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the files, or check them (the default command)
    Generate(Generate),
    /// Print the requirements on the images of services with x-contract, as Markdown
    Contract,
    /// Show a service's settings in Compose and in each environment, side by side
    Explain(Explain),
    /// Print a picture of services, dependencies and profiles
    Graph(Graph),
    /// Turn a Compose project into a specification folder, and report the fate of every key
    ///
    /// The project is read as Compose reads it: include, extends, anchors and .env. Each key at
    /// every level is carried, changed, added, not carried, or left to do, with its place and the
    /// reason. The files that the project names stay where they are.
    Import(Import),
    /// Print the JSON Schema of a specification file
    Schema,
}

/// Options of `generate`.
#[derive(Debug, Args)]
pub struct Generate {
    /// Folder that docker/ and kubernetes/ are written to [default: the specification's parent]
    #[arg(long = "output-dir", alias = "out", value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write or check only these files; may be repeated, or separated by commas
    #[arg(long, value_enum, value_name = "PART", value_delimiter = ',')]
    pub only: Vec<Part>,
    /// Write nothing; show the difference and exit with 1 if a file is not up to date
    #[arg(long)]
    pub check: bool,
    /// Format of the report on stdout [default: text]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

impl Generate {
    /// These options and those that stood before the command.
    pub(crate) fn after(mut self, first: Generate) -> Generate {
        self.out = self.out.or(first.out);
        self.only.extend(first.only);
        self.check |= first.check;
        self.format = self.format.or(first.format);
        self
    }

    /// The options that are given and not among the `accepted` ones.
    pub(crate) fn refused(&self, accepted: &[&str]) -> Vec<&'static str> {
        let given = [
            (self.out.is_some(), "--output-dir"),
            (!self.only.is_empty(), "--only"),
            (self.check, "--check"),
            (self.format.is_some(), "--format"),
        ];
        let refused = given.into_iter().filter(|(given, name)| *given && !accepted.contains(name));
        refused.map(|(_, name)| name).collect()
    }
}

/// A part of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Part {
    /// docker/compose.yaml
    Compose,
    /// kubernetes/base and kubernetes/overlays
    Kustomize,
    /// kubernetes/argocd
    Argocd,
    /// kubernetes/kind
    Kind,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// Name of the service
    pub service: String,
    /// Format of the report on stdout [default: text]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// Options of `graph`.
#[derive(Debug, Args)]
pub struct Graph {
    /// Format of the picture
    #[arg(long, value_enum, default_value = "svg")]
    pub format: Picture,
}

/// Formats of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Picture {
    /// A complete picture, for browsers and Markdown
    Svg,
    /// Input of Graphviz
    Dot,
    /// A Mermaid flowchart, for Markdown
    Mermaid,
}

/// Options of `import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The Compose file, or its folder; each further file overrides those before it
    /// [default: the files of COMPOSE_FILE, or the files that Compose finds in this folder]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Another Compose file, as in `docker compose -f`; may be repeated
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub more: Vec<PathBuf>,
    /// Files as Docker Compose finds them in its environment
    #[arg(long, hide = true, env = "COMPOSE_FILE", hide_env = true)]
    pub compose_file: Option<String>,
    /// Specification folder to create; if it exists, it must be empty [default: platform]
    #[arg(long = "output-dir", alias = "out", value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// A Service for the ports that the project publishes on its host; without it, they stay in the cluster
    #[arg(long, value_enum, value_name = "TYPE")]
    pub published_ports: Option<PublishedPorts>,
    /// Keep services of different networks apart by NetworkPolicies
    #[arg(long)]
    pub network_policies: bool,
    /// Format of the report on stdout [default: text]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }
}
