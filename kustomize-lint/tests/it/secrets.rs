//! No message shows a secret, wherever it stands and whatever is wrong beside it.

use std::fs;
use std::process::Command;

use rideshare_tests::run::run;

use rideshare_tests::archive::{Case, cases};

/// What must never be seen.
const CANARY: &str = "hunter2";

fn all() -> Vec<Case> {
    cases(include_str!("cases/secrets.txt"))
}

#[test]
fn no_format_of_the_findings_shows_a_secret() {
    let mut wrong = Vec::new();
    for case in all() {
        let folder = tempfile::tempdir().unwrap();
        case.write(folder.path());
        let mut found = false;
        for format in ["human", "json", "sarif", "github", "junit"] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
            let arguments = ["--severity", "info", "--format", format];
            let done = run(command.current_dir(folder.path()).args(arguments));
            let shown = format!("{}{}", done.stdout, done.stderr);
            if shown.contains(CANARY) {
                wrong.push(format!("##### {} as {format}\n{shown}", case.name));
            }
            found |= done.status != 0;
        }
        // A message that shows nothing proves nothing.
        if !found {
            wrong.push(format!("##### {}: no finding", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_message_of_a_build_shows_a_secret() {
    let mut wrong = Vec::new();
    for case in all() {
        let folder = tempfile::tempdir().unwrap();
        case.write(folder.path());
        for more in [&[][..], &["--origins"]] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
            command.current_dir(folder.path()).args(["build", "."]).args(more);
            let done = run(&mut command);
            if done.stderr.contains(CANARY) {
                wrong.push(format!("##### {}\n{}", case.name, done.stderr));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where each line of the files is the place of a finding: a field that nothing knows is put on
/// the line of each value, so that it is shown if it can be.
#[test]
fn every_line_with_a_secret_is_hidden_when_it_is_shown() {
    for case in all() {
        for (path, text) in &case.files {
            for (at, line) in text.lines().enumerate().filter(|(_, line)| line.contains(CANARY)) {
                let Some(brace) = line.find('{') else { continue };
                let folder = tempfile::tempdir().unwrap();
                case.write(folder.path());
                let broken = format!("{}{{zzz: 1, {}", &line[..brace], &line[brace + 1..]);
                let lines = text.lines().enumerate();
                let changed: Vec<&str> =
                    lines.map(|(n, old)| if n == at { broken.as_str() } else { old }).collect();
                fs::write(folder.path().join(path), changed.join("\n") + "\n").unwrap();
                let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
                let done = run(command.current_dir(folder.path()).args(["--severity", "info"]));
                let shown = format!("{}{}", done.stdout, done.stderr);
                assert!(!shown.contains(CANARY), "{}: {broken}\n{shown}", case.name);
            }
        }
    }
}
