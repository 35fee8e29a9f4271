//! One word for one thing on the command lines of the tools, and former words still work.

use std::process::Command;

use common::quantity::Quantity;
use rideshare_tests::run::{Run, run};

const TOOLS: [&str; 5] =
    ["compose-gen", "export-dbt", "fetch-secrets", "kind-cluster", "kustomize-lint"];

fn tool(name: &str, arguments: &[&str]) -> Command {
    let exe = std::env::current_exe().unwrap();
    let tool = exe.parent().unwrap().parent().unwrap().join(name);
    assert!(tool.exists(), "cargo build -p {name} makes {}", tool.display());
    let mut command = Command::new(tool);
    command.args(arguments).env("NO_COLOR", "1").current_dir(rideshare_tests::root());
    command
}

fn start(name: &str, arguments: &[&str]) -> Run {
    run(&mut tool(name, arguments))
}

/// The help of a tool and of each of its commands.
fn helps(name: &str) -> Vec<String> {
    let whole = start(name, &["--help"]).expect(0).stdout;
    let commands = whole.split_once("Commands:\n").map_or("", |(_, rest)| rest);
    let commands = commands.lines().take_while(|line| !line.is_empty());
    let commands = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let below: Vec<String> = commands
        .filter(|command| !command.is_empty())
        .map(|command| start(name, &[command, "--help"]).expect(0).stdout)
        .collect();
    [vec![whole], below].concat()
}

#[track_caller]
fn in_every_help(check: impl Fn(&str) -> bool) {
    for name in TOOLS {
        for help in helps(name) {
            assert!(check(&help), "{name}\n{help}");
        }
    }
}

#[test]
fn every_command_has_verbose() {
    in_every_help(|help| help.contains("-v, --verbose"));
}

#[test]
fn a_length_of_time_is_a_duration() {
    in_every_help(|help| !help.contains("<TIME>"));
}

#[test]
fn no_former_word_is_in_a_help() {
    in_every_help(|help| !["--deadline", "--out ", "human"].iter().any(|word| help.contains(word)));
}

/// A command with an option for a length of time.
const TIMEOUTS: [(&str, &[&str]); 3] = [
    ("export-dbt", &["--duckdb", "absent.duckdb", "--timeout"]),
    ("fetch-secrets", &["print", "--source", "dev", "--profile", "core", "--timeout"]),
    ("kind-cluster", &["deploy", "--dry-run", "--overlay", "absent", "--timeout"]),
];

#[test]
fn a_duration_needs_a_unit_in_every_tool() {
    for (name, arguments) in TIMEOUTS {
        let refused = start(name, &[arguments, &["90"]].concat()).expect(2);
        let hint = "write it like 90s, 15m or 1h 30m";
        assert!(refused.stderr.contains(hint), "{name}\n{}", refused.stderr);
        let zero = start(name, &[arguments, &["0s"]].concat()).expect(2);
        assert!(zero.stderr.contains("must be more than zero"), "{name}\n{}", zero.stderr);
        let read = start(name, &[arguments, &["1m 30s"]].concat());
        assert!(!read.stderr.contains("--timeout"), "{name}\n{}", read.stderr);
    }
}

/// The amounts of memory that the specification takes, as well.
#[test]
fn export_dbt_takes_the_amounts_of_a_specification() {
    for (amount, is_read) in [
        ("10Gi", true),
        ("1t", true),
        ("2G", true),
        ("512m", true),
        ("plenty", false),
        ("0", false),
    ] {
        let read =
            common::environment::memory(amount).is_some_and(|memory| memory > Quantity::ZERO);
        assert_eq!(read, is_read, "{amount}");
        let run = start("export-dbt", &["--duckdb", "absent.duckdb", "--memory-limit", amount]);
        let answer = run.expect(2).stderr;
        assert_eq!(answer.contains("there is no database"), is_read, "{amount}\n{answer}");
    }
}

/// Formats for people are called `text` where a command has one.
#[test]
fn the_format_for_people_is_text() {
    in_every_help(|help| {
        !help.contains("- json") || help.contains("- text") || help.contains("- env")
    });
}

#[test]
fn kustomize_lint_takes_human_for_text() {
    let overlay = "infrastructure/kubernetes/overlays/local";
    for (command, more) in [(&["rules"][..], &[][..]), (&["budget"], &[overlay]), (&[], &[overlay])]
    {
        let [old, new] = ["human", "text"].map(|format| {
            start("kustomize-lint", &[command, more, &["--format", format]].concat()).expect(0)
        });
        assert_eq!(old.stdout, new.stdout);
    }
}

#[test]
fn compose_gen_takes_out_for_output_dir() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    start("compose-gen", &["--only", "kind", "--out", path]).expect(0);
    start("compose-gen", &["--only", "kind", "--output-dir", path, "--check"]).expect(0);
}

#[test]
fn fetch_secrets_takes_deadline_for_timeout() {
    let print = ["print", "--source", "dev", "--profile", "core"];
    for option in ["--deadline", "--timeout"] {
        start("fetch-secrets", &[&print[..], &[option, "5s"]].concat()).expect(0);
        start("fetch-secrets", &[&print[..], &[option, "0s"]].concat()).expect(2);
    }
}

/// The environment of a run, and its status: a bad value shows whether a variable counts.
#[track_caller]
fn with_variables(variables: [(&str, &str); 2], status: i32) {
    let mut command = tool("fetch-secrets", &["print", "--source", "dev", "--profile", "core"]);
    run(command.envs(variables)).expect(status);
}

#[test]
fn the_former_variable_counts_where_the_new_one_is_unset() {
    with_variables([("SECRETS_DEADLINE", "soon"), ("SECRETS_TIMEOUT", "")], 2);
    with_variables([("SECRETS_DEADLINE", "soon"), ("SECRETS_TIMEOUT", "5s")], 0);
    with_variables([("SECRETS_DEADLINE", ""), ("SECRETS_TIMEOUT", "soon")], 2);
}

#[test]
fn verbose_says_steps_and_times_on_stderr_and_leaves_stdout_alone() {
    for (name, arguments, step, status) in [
        ("compose-gen", &["--check"][..], "reading the specification", 0),
        ("export-dbt", &["--duckdb", "absent.duckdb"], "opening absent.duckdb", 2),
        ("fetch-secrets", &["list"], "reading the catalogue", 0),
        ("kustomize-lint", &["infrastructure/kubernetes/overlays/local"], "rendering infra", 0),
    ] {
        let quiet = start(name, arguments).expect(status);
        let told = start(name, &[arguments, &["--verbose"]].concat()).expect(status);
        assert_eq!(told.stdout, quiet.stdout, "{name}");
        let line = told.stderr.lines().find(|line| line.starts_with(step));
        assert!(line.is_some_and(|line| line.ends_with('s')), "{name}\n{}", told.stderr);
        assert!(!quiet.stderr.contains(step), "{name}\n{}", quiet.stderr);
    }
}
