//! Every rule finds what it says it finds. The examples of its documentation are its first
//! cases; `rules/CODE.txt` has more, each named `bad …` or `good …`.

use std::fs;
use std::path::Path;
use std::process::Command;

use kustomize_lint::rule::{Rule, Severity};
use kustomize_lint::rules::all;
use libtest_mimic::Trial;
use rideshare_tests::run::run;

use rideshare_tests::archive::{Case, cases};

use crate::{snapshot, trial};

/// The rule's cases: from its documentation, and from its file.
fn of(rule: &Rule) -> Vec<Case> {
    let text = rule.text();
    let mut found = Vec::new();
    for (heading, name) in [("## Bad\n", "bad example"), ("## Good\n", "good example")] {
        let (_, behind) = text.split_once(heading).unwrap();
        let (_, behind) = behind.split_once("```text\n").unwrap();
        let (example, _) = behind.split_once("```").unwrap();
        found.extend(cases(&format!("## {name}\n{example}")));
    }
    let more =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/rules/{}.txt", rule.code));
    if let Ok(text) = fs::read_to_string(more) {
        found.extend(cases(&text));
    }
    found
}

/// The rule, and those that suppressions in the case name.
fn selection(rule: &Rule, case: &Case) -> String {
    let mut codes = vec![rule.code.to_owned()];
    for (_, text) in &case.files {
        for rest in text.split("ignore[").skip(1) {
            codes.push(rest.split(']').next().unwrap().to_owned());
        }
    }
    codes.join(",")
}

/// A test for each case of each rule: `KR004 bad a generator`.
pub(crate) fn trials() -> Vec<Trial> {
    let of_rule = |rule: &'static Rule| {
        of(rule).into_iter().map(move |case| {
            trial(format!("{} {}", rule.code, case.name), move || check(rule, &case))
        })
    };
    all().flat_map(of_rule).collect()
}

/// A bad case has the finding, and the transcript that is recorded; a good one does not.
fn check(rule: &Rule, case: &Case) {
    let folder = tempfile::tempdir().unwrap();
    case.write(folder.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
    command.current_dir(folder.path()).args(["--select", &selection(rule, case)]);
    // Findings of KB018 are always shown, and have their own status.
    if rule.severity == Severity::Info && rule.code != "KB018" {
        command.args(["--severity", "info"]);
    }
    let done = run(&mut command);
    let bad = case.name.starts_with("bad ");
    assert!(bad || case.name.starts_with("good "), "a case is bad or good");
    let found = done.stdout.contains(&format!("[{}]", rule.code));
    assert_eq!(found, bad, "{}", done.transcript(&[]));
    if bad {
        let name = case.name.replace(|c: char| !c.is_alphanumeric(), "_");
        snapshot(&format!("rules__{}_{name}", rule.code), &done);
    }
}
