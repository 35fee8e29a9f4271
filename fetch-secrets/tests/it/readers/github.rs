//! `$GITHUB_ENV`. GitHub's runner is written in C# and published as an archive alone. So the file is read by act, which
//! runs workflows, and by the rules of the runner's source (`FileCommandManager` of actions/runner) for Linux and macOS.

use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::run;

use super::{COUNT, Values, Written, hard_values, pairs};
use crate::support::Bench;

/// One line of a file, with the number of bytes that end it; none at the end of the file.
fn line<'t>(text: &mut &'t str) -> Option<(&'t str, usize)> {
    if text.is_empty() {
        return None;
    }
    let (line, rest, newline) = match text.split_once('\n') {
        Some((line, rest)) => (line, rest, 1),
        None => (*text, "", 0),
    };
    *text = rest;
    Some((line, newline))
}

/// The variables of a file.
fn read(mut text: &str) -> Result<Values, String> {
    let mut values = Values::new();
    while let Some((first, _)) = line(&mut text) {
        if first.is_empty() {
            continue;
        }
        let (equals, heredoc) = (first.find('='), first.find("<<"));
        let is_heredoc = match (equals, heredoc) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(equals), Some(heredoc)) => heredoc < equals,
        };
        if !is_heredoc {
            let (name, value) = first.split_once('=').ok_or("a line that is no assignment")?;
            values.insert(name.to_owned(), value.to_owned());
            continue;
        }
        let (name, delimiter) = first.split_once("<<").unwrap_or_default();
        if name.is_empty() || delimiter.is_empty() {
            return Err("a name or a delimiter is missing".into());
        }
        let whole = text;
        let mut end = 0;
        loop {
            let (found, newline) = line(&mut text).ok_or("no delimiter at the end")?;
            if found == delimiter {
                break;
            }
            end = whole.len() - text.len() - newline;
        }
        values.insert(name.to_owned(), whole[..end].to_owned());
    }
    Ok(values)
}

#[test]
fn github_env() {
    let written = Written::new("github-env");
    let text = std::fs::read_to_string(written.file()).unwrap();
    written.arrives(&read(&text).unwrap(), COUNT);
}

/// The log of a job with these steps, run by act in the folder of `bench`; none when act is not installed.
fn act(bench: &Bench, steps: &[&str]) -> Option<String> {
    let act = peers::find("PEER_ACT")?;
    let steps: String = steps.iter().map(|step| format!("      - run: {step}\n")).collect();
    let job = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n";
    bench.write("workflow.yaml", &format!("{job}{steps}"));
    let mut command = Command::new(act);
    // The job runs on this machine, without a container, but in another folder.
    command.args([
        "push",
        "--platform",
        "ubuntu-latest=-self-hosted",
        "--workflows",
        "workflow.yaml",
    ]);
    command.args(["--env", &format!("HERE={}", bench.path().display())]);
    command.current_dir(bench.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    let ended = run(command.env("HOME", bench.path())).expect(0);
    Some(ended.stdout + &ended.stderr)
}

#[test]
fn act_reads_the_file() {
    // act itself loses line breaks at the start of a value and a carriage return at the end of a line, and
    // evaluates expressions.
    let loses = |value: &str| value.starts_with('\n') || format!("{value}\n").contains("\r\n");
    let mut values = hard_values();
    values.retain(|_, value| !loses(value) && !value.contains("${{"));
    let written = Written::of("github-env", values);
    let steps = ["cat $HERE/file >> $GITHUB_ENV", "env -0 > $HERE/read"];
    if act(&written.bench, &steps).is_some() {
        written.arrives(&pairs(&written.bench.read("read")), 1700);
    }
}

#[test]
fn act_hides_what_is_masked() {
    let bench = Bench::with_values([("CANARY", "c4nary\nof two lines 50%")]);
    let print = format!(
        "PLATFORM_SPEC=$HERE/spec {} print --source dev --format github-env >> $GITHUB_ENV",
        env!("CARGO_BIN_EXE_fetch-secrets")
    );
    let Some(log) = act(&bench, &[&print, "echo \"[$CANARY]\""]) else { return };
    assert!(log.contains("[***") && !log.contains("c4nary") && !log.contains("two lines"), "{log}");
}
