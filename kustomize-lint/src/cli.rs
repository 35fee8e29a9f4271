//! The command line. Its doc comments are the help and the man page.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use common::cli::Verbosity;

use crate::load::Options;
use crate::rule::Severity;

const AFTER_HELP: &str = "\
Examples:
  kustomize-lint infrastructure/kubernetes       lint every overlay below, with its bases
  kustomize-lint overlays/local --select KR,KQ   check references and resources only
  kustomize-lint . --compose compose.yaml        also check parity with a Compose file
  kustomize-lint . --format github --output sarif=findings.sarif
  kustomize-lint . --baseline known.json --write-baseline
  kustomize-lint . --fix                         apply corrections that keep the rendering
  kustomize-lint explain KR004                   describe a rule, with a bad and a good example
  kustomize-lint build overlays/local --origins  print the objects, with the origin of each value
  kustomize-lint budget overlays/local           compare the memory of the pods with the budget

Exit status:
  0    no findings; build: rendered; budget: it fits
  1    findings at or above --severity; budget: it does not fit
  2    wrong usage, wrong configuration, or (build) a kustomization that cannot be built
  3    there is nothing to lint, or a part was not analysed, such as a remote base or a Helm chart

Environment:
  KUSTOMIZE_LINT_CONFIG  the default of --config
  NO_COLOR               switches colours off";

/// Find faults of a Kustomize deployment before it is applied, each with its file and line.
///
/// kustomize-lint renders the kustomizations itself, without kubectl and without a network. Each
/// rendered value keeps the file and line that it comes from, and the patch that changed it last.
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
    /// Folders to search for kustomizations; files that git ignores are left out [default: the
    /// current folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Configuration file [default: .kustomize-lint.toml here or in a parent folder]
    #[arg(long, value_name = "FILE", env = "KUSTOMIZE_LINT_CONFIG")]
    pub config: Option<PathBuf>,
    /// Compose file to compare with; may be repeated, or separated by commas: each file overrides
    /// those before it
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    pub compose: Vec<PathBuf>,
    /// Check only these rules: names, codes or prefixes of codes; may be repeated, or separated by
    /// commas
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Do not report these rules: names, codes or prefixes of codes; may be repeated, or separated
    /// by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Lowest severity that is reported and makes the exit status 1
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = Threshold::Warning)]
    pub severity: Threshold,
    /// Format of the findings on stdout
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Also write the findings to a file in this format; may be repeated
    #[arg(long, value_name = "FORMAT=FILE")]
    pub output: Vec<Output>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub rendering: Options,
    /// File with known findings, which are not counted
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write the present findings to the baseline, and exit with 0; needs --baseline
    #[arg(long, requires = "baseline")]
    pub write_baseline: bool,
    /// Apply corrections that do not change the rendered objects
    #[arg(long)]
    pub fix: bool,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the line, the fault under it, and a hint
    #[value(alias = "human")]
    Text,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations in GitHub Actions
    Github,
    /// JUnit's XML
    Junit,
    /// One page for a browser, without external files
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
    /// Also a likely mistake
    Warning,
    /// Every finding
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
    /// Compare the memory that an overlay's pods may use with the budget of its environment
    ///
    /// All pods that may run at the same time are counted: autoscalers at their maximum, Deployments
    /// during a rollout, DaemonSets on every node, Jobs beside the services. The exit status is 0
    /// when the memory fits, 1 when it does not, and 3 when the overlay cannot be rendered or has
    /// no known budget.
    Budget(Budget),
    /// Print the objects of a kustomization as `kubectl kustomize` does, with the values of Secrets
    Build(Build),
    /// Describe a rule: its findings, their consequences, and examples
    Explain(Explain),
    /// List all rules
    Rules(Rules),
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// Code or name of the rule, such as KR004 or secret-key-missing
    #[arg(value_name = "RULE")]
    pub rule: String,
}

/// Options of `rules`.
#[derive(Debug, Args)]
pub struct Rules {
    /// Format of the list
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
    /// The reference page in docs/
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
    /// Format of the result
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = BudgetFormat::Text)]
    pub format: BudgetFormat,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub rendering: Options,
}

/// How `budget` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BudgetFormat {
    /// A table; on a terminal, with a bar for each workload
    #[value(alias = "human")]
    Text,
    /// For programs; amounts are in bytes
    Json,
}

/// Options of `build`.
#[derive(Debug, Args)]
pub struct Build {
    /// Folder with a kustomization.yaml
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Append the origin of each value as a comment: file, line and the patch that set it
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
