//! The command line. Its doc comments are the help and the man page.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const AFTER_HELP: &str = "\
Examples:
  kustomize-lint build overlays/local            the objects, as `kubectl kustomize` prints them
  kustomize-lint build overlays/local --origins  with the place that each value comes from
  kustomize-lint budget overlays/local           what the pods may use, and whether it fits

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
    /// Show what an overlay's pods may use, against the memory of its environment
    ///
    /// Everything that may run at one time is counted: autoscalers at their maximum, Deployments
    /// in the middle of a rollout, DaemonSets on every node, Jobs beside the services. Exits
    /// with 0 when it fits, 1 when it does not, 3 when the overlay cannot be rendered or no
    /// budget is known for it.
    Budget(Budget),
    /// Print the objects of a kustomization, as `kubectl kustomize` does
    Build(Build),
}

/// Options of `budget`.
#[derive(Debug, Args)]
pub struct Budget {
    /// Folder with a kustomization.yaml
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Configuration file [default: .kustomize-lint.toml here or in a parent folder]
    #[arg(long, value_name = "FILE", env = "KUSTOMIZE_LINT_CONFIG")]
    pub config: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value = "human")]
    pub format: BudgetFormat,
}

/// How `budget` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BudgetFormat {
    /// A table, on a terminal with a bar for each workload
    Human,
    /// Bytes, for programs
    Json,
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
