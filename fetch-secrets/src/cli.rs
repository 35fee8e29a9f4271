//! The command line. Its doc comments are the help and the man page.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, ValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use common::cli::{Format, Former, Verbosity};
use common::duration;
use secrecy::SecretString;

const AFTER_HELP: &str = "\
Examples:
  fetch-secrets --output-dir /secrets                    write every env file, from AWS
  AWS_ENDPOINT_URL=http://localhost:4566 fetch-secrets   the same, from LocalStack
  fetch-secrets --source dev --output-dir ./secrets      use development values, no network
  fetch-secrets --check                                  check that the files are up to date
  fetch-secrets exec --profile core --only 'KAFKA_*' -- kcat -L
  fetch-secrets exec --prefix shop/prod/ -- ./server     use no catalogue
  fetch-secrets print --profile core --format docker > core.list
  fetch-secrets seed --set REDIS_PASSWORD=other          fill LocalStack

Exit status:
  0    done; with --check: the files are up to date
  1    a secret is missing, deleted, forbidden or malformed; with --check: drift
  2    wrong usage, a mistake in the catalogue, or files that cannot be written
  3    the endpoint cannot be reached, or the deadline has passed
  126  exec: the command cannot be started (127: it was not found)
  130  interrupted (143: terminated)

Environment:
  AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SECRETS_MANAGER
                       where Secrets Manager answers, if not at AWS (LocalStack, a VPC endpoint)
  AWS_REGION           region; us-east-1 when nothing names one
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE, …
                       credentials, as for every AWS tool
  AWS_MAX_ATTEMPTS, AWS_RETRY_MODE, AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT, …
                       as for every AWS tool; without AWS_MAX_ATTEMPTS, a throttled request is
                       sent again until the timeout
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY, AWS_CA_BUNDLE
                       the way to AWS
  NO_COLOR             switches colours off";

/// Fetch secrets from AWS Secrets Manager into env files, a process or a GitHub Actions job.
///
/// Every secret is fetched and every file rendered before the first byte is written. The files
/// read the same in a POSIX shell (`set -a; . core.env`) and in Docker Compose's `env_file`,
/// whatever the values are. Without a command, `fetch` runs.
#[derive(Debug, Parser)]
#[command(name = "fetch-secrets", version, after_help = AFTER_HELP)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of every command.
    #[command(flatten)]
    pub shared: Shared,
    /// Options of `fetch`, the default.
    #[command(flatten)]
    pub fetch: Fetch,
}

impl Cli {
    /// The arguments of this process.
    ///
    /// # Errors
    /// Usage, or a request for help; printing it is the caller's business.
    pub fn matches() -> Result<ArgMatches, clap::Error> {
        let command = common::cli::command::<Cli>(&FORMER);
        let matches = command.try_get_matches().map_err(without_value)?;
        if let Some((command @ ("print" | "exec"), options)) = matches.subcommand() {
            let given = |id: &str| options.value_source(id) == Some(ValueSource::CommandLine);
            // A profile of the environment gives way to a search.
            if given("profile")
                && let Some(search) = ["prefix", "tag"].into_iter().find(|id| given(id))
            {
                let message = format!("{command} takes --profile or --{search}, not both");
                return Err(Cli::command().error(ErrorKind::ArgumentConflict, message));
            }
        }
        // Options of `fetch` without its name, followed by another command, would do nothing.
        if let Some(command) = matches.subcommand_name() {
            let given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
            if let Some(id) = FETCH_OPTIONS.iter().find(|id| given(id)) {
                let option = id.replace('_', "-");
                return Err(Cli::command().error(
                    ErrorKind::ArgumentConflict,
                    format!(
                        "--{option} is before the command {command}; write it after the command"
                    ),
                ));
            }
        }
        Ok(matches)
    }
}

/// Variables that had another name.
const FORMER: [Former; 1] = [("SECRETS_TIMEOUT", "SECRETS_DEADLINE")];

const FETCH_OPTIONS: [&str; 14] = [
    "profile",
    "source",
    "timeout",
    "version_stage",
    "version_id",
    "fallback_region",
    "output_dir",
    "mode",
    "owner",
    "prune",
    "watch",
    "on_change",
    "check",
    "format",
];

/// An argument that nothing expects may be a value that lost its quotes: it is not repeated.
fn without_value(error: clap::Error) -> clap::Error {
    if error.kind() == ErrorKind::UnknownArgument {
        let option = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(text)) if text.starts_with("--") && !text.contains('=') => {
                format!(": {text}")
            }
            _ => String::new(),
        };
        let message = format!("an argument that this command does not take{option}");
        return Cli::command().error(ErrorKind::UnknownArgument, message);
    }
    error
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Shared {
    /// Folder with the platform's specification, which holds the secret catalogue
    /// [default: infrastructure/platform here or in a parent folder]
    #[arg(long, value_name = "DIR", env = "PLATFORM_SPEC", global = true)]
    pub spec: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub verbosity: Verbosity,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the env files (the default command)
    Fetch(Fetch),
    /// Print variables to stdout in the format that another program reads
    Print(Print),
    /// Run a command with the variables in its environment; write nothing to disk
    Exec(Exec),
    /// Create or update every secret of the catalogue with its development value
    Seed(Seed),
    /// Show the catalogue: secret, key, variable, env files, services
    List(List),
}

/// Which secrets, and where they come from.
#[derive(Debug, Args)]
pub struct Selection {
    /// Only the env file of this Compose profile; may be repeated, or separated by commas
    /// [default: all]
    #[arg(long, value_name = "NAME", env = "SECRETS_PROFILE", value_delimiter = ',')]
    pub profile: Vec<String>,
    /// Source of the values
    #[arg(long, env = "SECRETS_SOURCE", default_value = "aws")]
    pub source: Source,
    /// Deadline of the whole run, such as 30s or 2m; exit with 3 when it has passed
    #[arg(long, alias = "deadline", value_name = duration::METAVAR, env = "SECRETS_TIMEOUT")]
    #[arg(value_parser = duration::timeout, default_value = "30s")]
    pub timeout: Duration,
    /// Fetch the versions with this staging label, such as AWSPREVIOUS [default: AWSCURRENT]
    #[arg(long, value_name = "LABEL", env = "SECRETS_VERSION_STAGE")]
    pub version_stage: Option<String>,
    /// Fetch this version of one secret; may be repeated
    #[arg(long, value_name = "SECRET=ID", value_parser = ValueParser::new(version_id))]
    pub version_id: Vec<VersionId>,
    /// Region with replicas of the secrets, asked when the first region cannot be reached
    #[arg(long, value_name = "REGION", env = "SECRETS_FALLBACK_REGION")]
    pub fallback_region: Option<String>,
}

/// A version of one secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionId {
    /// The secret's name.
    pub secret: String,
    /// The version's id.
    pub id: String,
}

/// Secrets that the catalogue need not know.
#[derive(Clone, Debug, Args)]
pub struct Search {
    /// Fetch all secrets whose names begin with this prefix, without a catalogue. Each key becomes a variable; a
    /// secret without keys becomes a variable with the end of its name
    #[arg(long, value_name = "PREFIX", value_parser = NonEmptyStringValueParser::new())]
    pub prefix: Option<String>,
    /// Fetch all secrets with this tag, without a catalogue; may be repeated. With several tags, or with --prefix,
    /// a secret has to match all of them
    #[arg(long, value_name = "KEY=VALUE", value_parser = ValueParser::new(tag))]
    pub tag: Vec<Tag>,
}

impl Search {
    /// Whether there is one; otherwise the catalogue says the secrets.
    pub(crate) fn is_given(&self) -> bool {
        self.prefix.is_some() || !self.tag.is_empty()
    }
}

/// A tag of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// Where values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Source {
    /// AWS Secrets Manager, or the server at AWS_ENDPOINT_URL
    Aws,
    /// The development values of the catalogue; no network
    Dev,
}

/// Options of `fetch`.
#[derive(Debug, Args)]
pub struct Fetch {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub selection: Selection,
    /// Folder that the env files are written to; created if absent
    #[arg(long, value_name = "DIR", env = "SECRETS_OUTPUT_DIR", default_value = "/secrets")]
    pub output_dir: PathBuf,
    /// Permission bits of the files, in octal
    #[arg(long, value_name = "MODE", env = "SECRETS_MODE", default_value = "0600")]
    #[arg(value_parser = ValueParser::new(mode))]
    pub mode: u32,
    /// Owner of the files: the number of a user, and of a group [default: the user of this process]
    #[arg(long, value_name = "UID[:GID]", env = "SECRETS_OWNER", value_parser = ValueParser::new(owner))]
    pub owner: Option<Owner>,
    /// Delete env files that fetch-secrets wrote and that have left the catalogue
    #[arg(long)]
    pub prune: bool,
    /// Keep running, and fetch again at this interval (± 10 %); unchanged files are not touched
    #[arg(long, value_name = duration::METAVAR, env = "SECRETS_WATCH", conflicts_with = "check")]
    #[arg(value_parser = duration::timeout)]
    pub watch: Option<Duration>,
    /// Shell command to run when files have changed, with the files as arguments; needs --watch
    #[arg(long, value_name = "COMMAND", env = "SECRETS_ON_CHANGE", requires = "watch")]
    pub on_change: Option<String>,
    /// Write nothing; name the variables that differ and exit with 1 if a file is not up to date
    #[arg(long)]
    pub check: bool,
    /// Format of the report on stdout
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// Options of `print`.
#[derive(Debug, Args)]
pub struct Print {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub selection: Selection,
    /// Format, named for the program that reads it
    #[arg(long, value_enum, default_value = "env")]
    pub format: PrintFormat,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub search: Search,
    /// Only variables that match this pattern (`*`, `?`); may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub only: Vec<String>,
    /// File to write instead of stdout; it is replaced in one step, with mode 0600
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Name of the Secret, for --format kubernetes
    #[arg(long, value_name = "NAME", default_value = "fetch-secrets", value_parser = ValueParser::new(object_name))]
    pub name: String,
    /// Namespace of the Secret, for --format kubernetes
    #[arg(long, value_name = "NAME", value_parser = ValueParser::new(object_name))]
    pub namespace: Option<String>,
}

/// Who reads what `print` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PrintFormat {
    /// A POSIX shell (`. FILE`) and Compose's env_file
    Env,
    /// `docker run --env-file`; it cannot hold a value with a newline
    Docker,
    /// systemd's EnvironmentFile=
    Systemd,
    /// `.env` files of python-dotenv, Node, npm's dotenv and dotenvx, Ruby's dotenv, direnv
    Dotenv,
    /// One JSON object with sorted keys
    Json,
    /// A Kubernetes Secret, for `kubectl apply -f -`
    Kubernetes,
    /// `>> "$GITHUB_ENV"`; in a GitHub Actions job each value is first masked on stderr
    GithubEnv,
}

/// Options of `exec`.
#[derive(Debug, Args)]
pub struct Exec {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub selection: Selection,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub search: Search,
    /// Only variables that match this pattern (`*`, `?`); may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub only: Vec<String>,
    /// Give the command no other variables, as `env -i` does
    #[arg(long)]
    pub pristine: bool,
    /// The command and its arguments, after `--`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<std::ffi::OsString>,
}

/// Options of `seed`.
#[derive(Debug, Args)]
pub struct Seed {
    /// Value for one variable instead of the catalogue's; KEY is the variable, or a key that only one secret
    /// has; may be repeated. An environment variable OVERRIDE_<KEY> does the same and keeps the value out of the
    /// process list; --set wins over it
    #[arg(long, value_name = "KEY=VALUE", value_parser = ValueParser::new(secret))]
    pub set: Vec<SecretString>,
    /// Write to this AWS account, after AWS has confirmed that the credentials belong to it. Without
    /// this option, seed writes only to a server that identifies itself as LocalStack or moto
    #[arg(long, value_name = "ID", value_parser = ValueParser::new(account))]
    pub account: Option<String>,
    /// Deadline of the whole run, such as 30s or 2m; exit with 3 when it has passed
    #[arg(long, alias = "deadline", value_name = duration::METAVAR, env = "SECRETS_TIMEOUT")]
    #[arg(value_parser = duration::timeout, default_value = "30s")]
    pub timeout: Duration,
    /// Format of the report on stdout
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// Options of `list`.
#[derive(Debug, Args)]
pub struct List {
    /// Format of the report on stdout
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

fn secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(SecretString::from(text))
}

/// A secret's name may have a `=`, and a version's id has none.
fn version_id(text: &str) -> Result<VersionId, &'static str> {
    match text.rsplit_once('=') {
        Some((secret, id)) if !secret.is_empty() && !id.is_empty() => {
            Ok(VersionId { secret: secret.to_owned(), id: id.to_owned() })
        }
        _ => Err("write SECRET=ID"),
    }
}

fn tag(text: &str) -> Result<Tag, &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            Ok(Tag { key: key.to_owned(), value: value.to_owned() })
        }
        _ => Err("write KEY=VALUE"),
    }
}

fn object_name(text: &str) -> Result<String, String> {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    match bytes.len() <= 253
        && bytes.iter().all(|byte| allowed(*byte))
        && ends(bytes.first())
        && ends(bytes.last())
    {
        true => Ok(text.to_owned()),
        false => Err("write lower-case letters, digits, - and .".into()),
    }
}

fn account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("write the 12 digits of an AWS account".into())
    }
}

/// The user, and the group, of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user's number.
    pub user: u32,
    /// The group's number; none leaves the one of the process.
    pub group: Option<u32>,
}

fn owner(text: &str) -> Result<Owner, String> {
    let number = |text: &str| {
        text.parse().map_err(|_| "write numbers, such as 1000 or 1000:1000".to_owned())
    };
    Ok(match text.split_once(':') {
        Some((user, group)) => Owner { user: number(user)?, group: Some(number(group)?) },
        None => Owner { user: number(text)?, group: None },
    })
}

fn mode(text: &str) -> Result<u32, String> {
    match u32::from_str_radix(text, 8) {
        Ok(mode) if mode & !0o777 == 0 && mode & 0o400 != 0 => Ok(mode),
        _ => {
            Err("write permission bits in octal that let the owner read, such as 0600 or 0640"
                .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_mode_is_octal_permission_bits() {
        assert_eq!(mode("0640"), Ok(0o640));
        for bad in ["0900", "7777", "rw", "0000", "-600"] {
            assert!(mode(bad).is_err(), "{bad}");
        }
    }
}
