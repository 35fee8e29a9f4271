//! The composite GitHub action's script, as a runner would start it.

use std::fs;
use std::process::Command;

use rideshare_tests::run::run;

use crate::support::Bench;

fn bench() -> Bench {
    Bench::with_values([("A", "first\nsecond"), ("B", "it's `x`")])
}

fn script(bench: &Bench, format: &str) -> Command {
    let mut command =
        Command::new(rideshare_tests::root().join(".github/actions/fetch-secrets/run"));
    command
        .current_dir(bench.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("FETCH_SECRETS", env!("CARGO_BIN_EXE_fetch-secrets"))
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_ENV", bench.path().join("github-env"))
        .env("GITHUB_OUTPUT", bench.path().join("github-output"))
        .env("RUNNER_TEMP", bench.path())
        .env("PLATFORM_SPEC", bench.spec())
        .env("SECRETS_SOURCE", "dev")
        .env("INPUT_PROFILE", "core")
        .env("INPUT_FORMAT", format);
    command
}

#[test]
fn values_are_masked_and_then_exported() {
    let bench = bench();
    bench.write("github-env", "EARLIER=1\n");
    let done = run(&mut script(&bench, "github-env")).expect(0);
    assert_eq!(done.stdout, "");
    assert_eq!(done.stderr, "::add-mask::first\n::add-mask::second\n::add-mask::it's `x`\n");
    let exported = parse(&bench.read("github-env"));
    assert_eq!(
        exported,
        [("EARLIER", "1"), ("A", "first\nsecond"), ("B", "it's `x`")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[test]
fn another_format_goes_to_a_file_that_only_the_job_reads() {
    let bench = bench();
    run(&mut script(&bench, "env")).expect(0);
    let output = bench.read("github-output");
    let path = output.trim().strip_prefix("file=").unwrap();
    assert!(fs::read_to_string(path).unwrap().contains("B=\"it's"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_failure_exports_nothing() {
    let bench = bench();
    bench.write("github-env", "");
    let failed = run(script(&bench, "github-env").env("INPUT_PROFILE", "nonsense")).expect(2);
    assert!(failed.stderr.contains("unknown-profile"), "{}", failed.stderr);
    assert_eq!(bench.read("github-env"), "");
}

/// The file's grammar as GitHub documents it: `NAME=value` or `NAME<<DELIMITER`.
fn parse(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((name, delimiter)) = line.split_once("<<") {
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            found.push((name.to_owned(), value.join("\n")));
        } else if let Some((name, value)) = line.split_once('=') {
            found.push((name.to_owned(), value.to_owned()));
        }
    }
    found
}

#[test]
fn the_action_hands_its_script_what_the_script_reads() {
    let path = rideshare_tests::root().join(".github/actions/fetch-secrets/action.yml");
    let text = fs::read_to_string(path).unwrap();
    let action = common::yaml::load(&text, common::yaml::Limits::default()).unwrap();
    let steps = action.documents[0].get("runs").and_then(|runs| runs.get("steps")).unwrap();
    let step = steps.items().unwrap().last().unwrap();
    assert!(step.get("run").unwrap().as_str().unwrap().ends_with("/run\""));
    let given = step.get("env").unwrap().entries().unwrap().iter().map(|entry| entry.key.as_str());
    let mut given: Vec<&str> = given.collect();
    given.sort_unstable();
    assert_eq!(
        given,
        ["FETCH_SECRETS", "INPUT_FORMAT", "INPUT_PROFILE", "PLATFORM_SPEC", "SECRETS_SOURCE"]
    );
}
