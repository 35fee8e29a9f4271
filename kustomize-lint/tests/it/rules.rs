//! Every rule finds what it says it finds. The examples of its documentation are its first
//! cases; `rules/CODE.txt` has more, each named `bad …` or `good …`.

use std::fs;
use std::path::Path;
use std::process::Command;

use kustomize_lint::finding::Severity;
use kustomize_lint::rules::{ALL, Rule};
use rideshare_tests::run::run;

use rideshare_tests::archive::{Case, cases};

/// The rule's cases: from its documentation, and from its file.
fn of(rule: &Rule) -> Vec<Case> {
    let text = rule.text();
    let mut all = Vec::new();
    for (heading, name) in [("## Bad\n", "bad example"), ("## Good\n", "good example")] {
        let (_, behind) = text.split_once(heading).unwrap();
        let (_, behind) = behind.split_once("```text\n").unwrap();
        let (example, _) = behind.split_once("```").unwrap();
        all.extend(cases(&format!("## {name}\n{example}")));
    }
    let more =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/rules/{}.txt", rule.code));
    if let Ok(text) = fs::read_to_string(more) {
        all.extend(cases(&text));
    }
    all
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

#[test]
fn bad_cases_are_found_and_good_ones_are_not() {
    let mut wrong = Vec::new();
    for rule in ALL {
        let all = of(rule);
        for case in &all {
            let folder = tempfile::tempdir().unwrap();
            case.write(folder.path());
            let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
            command.current_dir(folder.path()).args(["--select", &selection(rule, case)]);
            // Those of KB018 are always shown, and have a status of their own.
            if rule.severity == Severity::Info && rule.code != "KB018" {
                command.args(["--severity", "info"]);
            }
            let done = run(&mut command);
            let found = done.stdout.contains(&format!("[{}]", rule.code));
            let bad = case.name.starts_with("bad ");
            assert!(bad || case.name.starts_with("good "), "{}: {}", rule.code, case.name);
            if found != bad {
                wrong.push(format!("##### {} {}\n{}", rule.code, case.name, done.transcript(&[])));
            }
            if bad {
                let name = format!(
                    "{}_{}",
                    rule.code,
                    case.name.replace(|c: char| !c.is_alphanumeric(), "_")
                );
                insta::assert_snapshot!(name, done.transcript(&[]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
