//! Every case that `kubectl kustomize` accepts without a word is found, with the line of the base
//! and the line of the patch; what is corrected is clean under all rules.

use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};

use rideshare_tests::archive::{Case, cases};

/// Cases that some builds accept and others refuse, each with what was measured.
const REFUSED: [(&str, &str); 1] = [(
    "a JSON replace of a missing leaf",
    "kubectl 1.27 to 1.33 as Google builds it, with version 4 of the JSON patch library, creates \
     the field; Debian's kubectl 1.32 and kustomize refuse it",
)];

/// The cases, each with the files of `base`.
fn all() -> Vec<Case> {
    let mut all = cases(include_str!("cases/silent.txt"));
    let base = all.remove(0);
    for case in &mut all {
        for file in &base.files {
            if !case.files.iter().any(|(path, _)| *path == file.0) {
                case.files.push(file.clone());
            }
        }
    }
    all
}

/// Code and name of a bad case.
fn bad(case: &Case) -> Option<(&str, &str)> {
    case.name.strip_prefix("bad ")?.split_once(' ')
}

fn lint(case: &Case, arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    case.write(folder.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
    run(command.current_dir(folder.path()).args(arguments))
}

#[test]
fn each_silent_case_is_found_with_the_lines_of_base_and_patch() {
    for case in all() {
        let Some((code, name)) = bad(&case) else { continue };
        let done = lint(&case, &["--select", code]).expect(1);
        let shown = &done.stdout;
        assert!(shown.contains(&format!("[{code}]")), "{name}\n{shown}");
        assert!(shown.contains(" top/"), "{name}\n{shown}");
        // Of a key that stands twice, both lines are in one file.
        assert!(code == "KB011" || shown.contains(" base/"), "{name}\n{shown}");
        let snapshot = format!("{code}_{}", name.replace(|c: char| !c.is_alphanumeric(), "_"));
        insta::assert_snapshot!(snapshot, done.transcript(&[]));
    }
}

#[test]
fn each_corrected_twin_is_clean_under_all_rules() {
    let all = all();
    let mut wrong = Vec::new();
    for (_, name) in all.iter().filter_map(bad) {
        let twin = all.iter().find(|case| case.name == format!("good {name}"));
        let done = lint(twin.unwrap_or_else(|| panic!("{name} has no twin")), &[]);
        if done.status != 0 || !done.stdout.starts_with("no findings") {
            wrong.push(format!("##### {name}\n{}", done.transcript(&[])));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_real_kubectl_says_nothing_about_them() {
    let Some(kubectl) = peers::find("PEER_KUBECTL") else { return };
    for case in all() {
        let Some((_, name)) = bad(&case) else { continue };
        let folder = tempfile::tempdir().unwrap();
        let top = case.write(folder.path());
        let done = run(Command::new(&kubectl).arg("kustomize").arg(&top));
        match REFUSED.iter().find(|(refused, _)| *refused == name) {
            None => {
                assert_eq!((done.status, done.stderr.as_str()), (0, ""), "{name}");
            }
            Some((_, measured)) => assert_eq!(done.status, 1, "{name}: {measured}"),
        }
    }
}
