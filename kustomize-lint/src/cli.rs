//! The command line. Its doc comments are the help and the man page.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use common::cli::Verbosity;

use crate::load::Options;
use crate::rule::Severity;

const AFTER_HELP: &str = "\
Examples:
  kustomize-lint infrastructure/kubernetes       every overlay below, bases through them
  kustomize-lint overlays/local --select KR,KQ   references and resources only
  kustomize-lint . --compose compose.yaml        parity with a Compose file, too
  kustomize-lint . --format github --output sarif=findings.sarif
  kustomize-lint . --baseline known.json --write-baseline
  kustomize-lint . --fix                         corrections that leave the rendering as it is
  kustomize-lint explain KR004                   what a rule finds, with a bad and a good example
  kustomize-lint build overlays/local --origins  the objects, and where each value comes from
  kustomize-lint budget overlays/local           what the pods may use, and whether it fits

Exit status:
  0    nothing found; build: rendered; budget: it fits
  1    findings at or above --severity; budget: it does not fit
  2    usage, configuration, or (build) a kustomization that cannot be built
  3    there is nothing to lint, or a part was not analysed: a remote base, a Helm chart

Environment:
  KUSTOMIZE_LINT_CONFIG  as --config
  NO_COLOR               no colours";

/// Find what breaks a Kustomize deployment before it is applied, and say where.
///
/// Kustomizations are rendered here, without kubectl and without a network, on YAML whose every
/// value remembers the file and line it comes from and the patch that changed it last.
#[derive(Debug, Parser)]
#[command(name = "kustomize-lint", version, after_help = AFTER_HELP)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub struct Cli {
    /// The command to run.
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub verbosity: Verbosity,
    /// Options of linting, the default.
    #[command(flatten)]
    pub lint: Lint,
}

/// Options of linting.
#[derive(Debug, Args)]
pub struct Lint {
    /// Folders to look for kustomizations in; what git ignores is left out [default: the current
    /// folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Configuration file [default: .kustomize-lint.toml here or in a parent folder]
    #[arg(long, value_name = "FILE", env = "KUSTOMIZE_LINT_CONFIG")]
    pub config: Option<PathBuf>,
    /// Compose files to compare with, one after the other merged; may be given several times
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    pub compose: Vec<PathBuf>,
    /// Ask only these rules: codes, names, or beginnings of codes
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Do not ask these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// The least that counts
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = Threshold::Warning)]
    pub severity: Threshold,
    /// How findings are written to stdout
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the findings to a file, too; may be given several times
    #[arg(long, value_name = "FORMAT=FILE")]
    pub output: Vec<Output>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub rendering: Options,
    /// Count only what is not in this baseline
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write what is found now to the baseline, and end with 0
    #[arg(long, requires = "baseline")]
    pub write_baseline: bool,
    /// Correct what can be corrected without a change of the rendering
    #[arg(long)]
    pub fix: bool,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the line, what is wrong under it, what to do
    #[value(alias = "human")]
    Text,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// JUnit's XML
    Junit,
    /// One page for a browser, which loads nothing else
    Html,
}

/// A format and the file that it is written to.
#[derive(Clone, Debug)]
pub struct Output {
    /// The format.
    pub format: Format,
    /// The file.
    pub file: PathBuf,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = text.split_once('=').ok_or("write FORMAT=FILE")?;
        if file.is_empty() {
            return Err("the file is missing".to_owned());
        }
        Ok(Output { format: Format::from_str(format, false)?, file: file.into() })
    }
}

/// A severity, as a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Threshold {
    /// A fault that breaks a deployment
    Error,
    /// A likely mistake, and worse
    Warning,
    /// Everything
    Info,
}

impl From<Threshold> for Severity {
    fn from(threshold: Threshold) -> Self {
        match threshold {
            Threshold::Error => Severity::Error,
            Threshold::Warning => Severity::Warning,
            Threshold::Info => Severity::Info,
        }
    }
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
    /// Print the objects of a kustomization: those of `kubectl kustomize`, in its order, values of
    /// Secrets included
    Build(Build),
    /// Print what a rule finds, why it matters, and examples
    Explain(Explain),
    /// Print every rule
    Rules(Rules),
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// Code or name of the rule: KR004, secret-key-missing
    #[arg(value_name = "RULE")]
    pub rule: String,
}

/// Options of `rules`.
#[derive(Debug, Args)]
pub struct Rules {
    /// How the rules are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = ListFormat::Text)]
    pub format: ListFormat,
}

/// How the rules are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// A table
    #[value(alias = "human")]
    Text,
    /// For programs
    Json,
    /// The page of the documentation
    Markdown,
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
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = BudgetFormat::Text)]
    pub format: BudgetFormat,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub rendering: Options,
}

/// How `budget` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BudgetFormat {
    /// A table, on a terminal with a bar for each workload
    #[value(alias = "human")]
    Text,
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
    #[command(flatten)]
    #[allow(missing_docs)]
    pub rendering: Options,
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
