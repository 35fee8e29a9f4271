//! The command line. Its doc comments are the help and the man page.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

const AFTER_HELP: &str = "\
Examples:
  kustomize-lint build overlays/local            the objects, as `kubectl kustomize` prints them
  kustomize-lint build overlays/local --origins  with the place that each value comes from

Exit status:
  0    the kustomization was rendered
  2    usage, or a kustomization that cannot be built
  3    it uses what is not analysed (remote bases, Helm charts, functions): what was printed is
       incomplete

Environment:
  NO_COLOR             no colours in messages";

/// Find what breaks a Kustomize deployment before it is applied, and say where.
///
/// Kustomizations are rendered here, without kubectl and without a network, on YAML whose every
/// value remembers the file and line it comes from and the patch that changed it last.
#[derive(Debug, Parser)]
#[command(name = "kustomize-lint", version, after_help = AFTER_HELP)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of linting, the default.
    #[command(flatten)]
    pub lint: Lint,
}

/// Options of linting.
#[derive(Debug, Args)]
pub struct Lint {
    /// Folders to look for kustomizations in [default: the current folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Configuration file [default: .kustomize-lint.toml here or in a parent folder]
    #[arg(long, value_name = "FILE", env = "KUSTOMIZE_LINT_CONFIG")]
    pub config: Option<PathBuf>,
    /// Compose files to compare with
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub compose: Vec<PathBuf>,
    /// Ask only these rules: codes, names, or beginnings of codes
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Do not ask these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the objects of a kustomization, as `kubectl kustomize` does
    Build(Build),
}

/// Options of `build`.
#[derive(Debug, Args)]
pub struct Build {
    /// Folder with a kustomization.yaml
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Say behind each value where it comes from
    #[arg(long)]
    pub origins: bool,
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
