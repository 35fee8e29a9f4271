//! Every case that `kubectl kustomize` accepts without a word is found, with the line of the base
//! and the line of the patch; the corrected form is clean under all rules.

use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};

use rideshare_tests::archive::{Case, cases};

use crate::{snapshot, trial};

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

/// Three tests for each case: it is found, its corrected twin is clean, kubectl says nothing.
pub(crate) fn trials() -> Vec<Trial> {
    let all: &'static [Case] = all().leak();
    let kubectl = peers::find("PEER_KUBECTL");
    let mut trials = Vec::new();
    for case in all {
        let Some((code, name)) = bad(case) else { continue };
        trials.push(trial(format!("silent: {name}: found"), move || is_found(case, code, name)));
        let twin = all.iter().find(|case| case.name == format!("good {name}"));
        trials.push(trial(format!("silent: {name}: corrected"), move || {
            let done = lint(twin.expect("a twin"), &[]).expect(0);
            assert!(done.stdout.starts_with("no findings"), "{}", done.stdout);
        }));
        if let Some(kubectl) = kubectl.clone() {
            trials.push(trial(format!("silent: {name}: kubectl"), move || {
                is_accepted(case, name, &kubectl);
            }));
        }
    }
    trials
}

/// With the lines of base and patch.
fn is_found(case: &Case, code: &str, name: &str) {
    let done = lint(case, &["--select", code]).expect(1);
    let shown = &done.stdout;
    assert!(shown.contains(&format!("[{code}]")), "{shown}");
    assert!(shown.contains(" top/"), "{shown}");
    // Of a key that stands twice, both lines are in one file.
    assert!(code == "KB011" || shown.contains(" base/"), "{shown}");
    let name = name.replace(|c: char| !c.is_alphanumeric(), "_");
    snapshot(&format!("silent__{code}_{name}"), &done);
}

fn is_accepted(case: &Case, name: &str, kubectl: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let top = case.write(folder.path());
    let done = run(Command::new(kubectl).arg("kustomize").arg(&top));
    match REFUSED.iter().find(|(refused, _)| *refused == name) {
        None => assert_eq!((done.status, done.stderr.as_str()), (0, "")),
        Some((_, measured)) => assert_eq!(done.status, 1, "{measured}"),
    }
}
