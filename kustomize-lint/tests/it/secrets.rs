//! No message shows a secret, wherever it stands and whatever is wrong beside it.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use rideshare_tests::run::{Run, run};

use rideshare_tests::archive::{Case, cases};

use crate::trial;

/// The text that must never be seen.
const CANARY: &str = "hunter2";

/// Three tests for each case.
pub(crate) fn trials() -> Vec<Trial> {
    let all: &'static [Case] = cases(include_str!("cases/secrets.txt")).leak();
    let of_case = |case: &'static Case| {
        let name = |test: &str| format!("secrets: {}: {test}", case.name);
        [
            trial(name("findings"), move || no_format_shows_it(case)),
            trial(name("build"), move || no_build_shows_it(case)),
            trial(name("lines"), move || no_line_shows_it(case)),
        ]
    };
    all.iter().flat_map(of_case).collect()
}

fn tool(folder: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
    run(command.current_dir(folder).args(arguments))
}

fn no_format_shows_it(case: &Case) {
    let folder = tempfile::tempdir().unwrap();
    case.write(folder.path());
    let mut found = false;
    for format in ["human", "json", "sarif", "github", "junit", "html"] {
        let done = tool(folder.path(), &["--severity", "info", "--format", format]);
        let shown = format!("{}{}", done.stdout, done.stderr);
        assert!(!shown.contains(CANARY), "as {format}\n{shown}");
        found |= done.status != 0;
    }
    assert!(found, "a message that shows nothing proves nothing");
}

fn no_build_shows_it(case: &Case) {
    let folder = tempfile::tempdir().unwrap();
    case.write(folder.path());
    for arguments in [&["build", "."][..], &["build", ".", "--origins"]] {
        let done = tool(folder.path(), arguments);
        assert!(!done.stderr.contains(CANARY), "{}", done.stderr);
    }
}

/// Where each line of the files is the place of a finding: a field that nothing knows is put on
/// the line of each value, so that it is shown if it can be.
fn no_line_shows_it(case: &Case) {
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
            let done = tool(folder.path(), &["--severity", "info"]);
            let shown = format!("{}{}", done.stdout, done.stderr);
            assert!(!shown.contains(CANARY), "{broken}\n{shown}");
        }
    }
}
