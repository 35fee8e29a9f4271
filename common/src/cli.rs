//! Command lines: the rules and words that all tools share.

use std::env;
use std::ffi::OsStr;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Args, Command, CommandFactory, Parser, ValueEnum};

use crate::exit::Status;
use crate::stop::Stop;
use crate::{streams, verbose};

/// Names of environment variables that have changed: the new name, and the former name,
/// which counts where the new one is unset.
pub type Former = (&'static str, &'static str);

/// The option that all commands of all tools have.
#[derive(Clone, Copy, Debug, Args)]
pub struct Verbosity {
    /// Print each step and its duration to stderr; values of secrets are never printed
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

/// How a command reports on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
}

/// Does the work of the command line of this process, and says on stderr why it has ended early.
pub fn run<C: Parser>(work: impl FnOnce(C) -> anyhow::Result<Status>) -> ExitCode {
    run_matches(command::<C>(&[]).try_get_matches(), work)
}

/// [`run`], for a command line that the tool has matched by itself. A request for help, or a
/// mistake, is printed instead.
pub fn run_matches<C: Parser>(
    matches: Result<ArgMatches, clap::Error>,
    work: impl FnOnce(C) -> anyhow::Result<Status>,
) -> ExitCode {
    let parsed = matches.and_then(|matches| {
        verbose::enable(matches.get_flag("verbose"));
        C::from_arg_matches(&matches)
    });
    let status = match parsed {
        Ok(cli) => work(cli).unwrap_or_else(|error| {
            let Stop { status, report } = error.into();
            streams::say(&report);
            status
        }),
        Err(usage) => {
            // Nobody reading is no failure.
            let _ = usage.print();
            if usage.use_stderr() { Status::Bad } else { Status::Done }
        }
    };
    status.into()
}

/// The definition of a command line for this process' environment: an empty variable counts as
/// unset, because a container or a CI job often has `VARIABLE=` for "nothing".
pub fn command<C: CommandFactory>(former: &'static [Former]) -> Command {
    let is_set = |name: &OsStr| env::var_os(name).is_some_and(|value| !value.is_empty());
    with_pointer(adapted(C::command(), former, &is_set))
}

/// The help of a subcommand names the help that has the exit statuses. A subcommand that has an `after_help` keeps
/// it without this pointer.
fn with_pointer(command: Command) -> Command {
    let tool = command.get_name().to_owned();
    let pointer = format!("`{tool} --help` has examples, the exit statuses and the environment.");
    command.mut_subcommands(|below| match below.get_after_help() {
        None => below.after_help(pointer.clone()),
        Some(_) => below,
    })
}

fn adapted(
    command: Command,
    former: &'static [Former],
    is_set: &dyn Fn(&OsStr) -> bool,
) -> Command {
    let variable = |arg: Arg| match arg.get_env().map(OsStr::to_owned) {
        Some(name) if !is_set(&name) => {
            let old = former.iter().find(|(new, _)| *new == name).map(|(_, old)| *old);
            match old.filter(|old| is_set(old.as_ref())) {
                Some(old) => arg.env(old),
                // A variable that is not there at all stays in the help.
                None if env::var_os(&name).is_none() => arg,
                None => arg.env(None::<&'static str>),
            }
        }
        _ => arg,
    };
    let names: Vec<String> =
        command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    names.iter().fold(command.mut_args(variable), |command, name| {
        command.mut_subcommand(name, |below| adapted(below, former, is_set))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Subcommand;

    #[derive(Parser)]
    struct Tool {
        #[arg(long, env = "COMMON_CLI_TIMEOUT", default_value = "1s")]
        timeout: String,
        #[command(subcommand)]
        below: Option<Below>,
    }

    #[derive(Subcommand)]
    enum Below {
        Run {
            #[arg(long, env = "PATH")]
            path: Option<String>,
        },
        #[command(after_help = "Exit status: 0 or 1")]
        Compare,
    }

    fn names(command: &Command) -> Vec<Option<String>> {
        let of = |arg: &Arg| arg.get_env().map(|name| name.to_string_lossy().into_owned());
        let below = command.get_subcommands().flat_map(names);
        command.get_arguments().map(of).chain(below).collect()
    }

    #[test]
    fn an_empty_variable_is_not_looked_at_by_any_command() {
        let adapted = adapted(Tool::command(), &[], &|_| false);
        assert_eq!(names(&adapted), [Some("COMMON_CLI_TIMEOUT".into()), None]);
    }

    #[test]
    fn a_subcommand_names_the_help_with_the_exit_statuses() {
        let mut whole = with_pointer(Tool::command());
        let below = whole.find_subcommand_mut("run").unwrap();
        assert!(
            below.render_help().to_string().contains("--help` has examples, the exit statuses")
        );
        let other = whole.find_subcommand_mut("compare").unwrap().render_help().to_string();
        assert!(other.ends_with("Exit status: 0 or 1\n"), "{other}");
    }

    #[test]
    fn a_former_name_counts_where_the_new_one_is_unset() {
        let adapted =
            adapted(Tool::command(), &[("COMMON_CLI_TIMEOUT", "COMMON_CLI_OLD")], &|name| {
                name == "COMMON_CLI_OLD"
            });
        assert_eq!(names(&adapted)[0].as_deref(), Some("COMMON_CLI_OLD"));
    }
}
