//! A baseline lets what was there before pass, and nothing else.

use std::fs;
use std::path::Path;
use std::process::Command;

use rideshare_tests::run::{Run, run};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  \
                   - name: web\n    image: nginx:1.27\n    envFrom: [{configMapRef: {name: one}}]\n";

fn linted(folder: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
    run(command.current_dir(folder).args(["--select", "KR001"]).args(arguments))
}

#[test]
fn what_was_there_before_passes_and_new_findings_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("kustomization.yaml"), "resources: [web.yaml]\n").unwrap();
    fs::write(at.join("web.yaml"), POD).unwrap();
    let with = ["--baseline", "known.json"];
    let missing = linted(at, &with).expect(2);
    assert!(missing.stderr.contains("--write-baseline"), "{}", missing.stderr);
    linted(at, &["--baseline", "known.json", "--write-baseline"]).expect(0);
    let written = fs::read_to_string(at.join("known.json")).unwrap();
    let passed = linted(at, &with).expect(0);
    assert!(passed.stdout.contains("1 in the baseline"), "{}", passed.stdout);

    // Lines that move change nothing.
    fs::write(at.join("web.yaml"), format!("# moved\n\n{POD}")).unwrap();
    linted(at, &with).expect(0);
    linted(at, &["--baseline", "known.json", "--write-baseline"]).expect(0);
    assert_eq!(fs::read_to_string(at.join("known.json")).unwrap(), written);

    // A second one of the same kind is new.
    let two = POD.replace("{name: one}}]", "{name: one}}, {configMapRef: {name: two}}]");
    fs::write(at.join("web.yaml"), &two).unwrap();
    let failed = linted(at, &with).expect(1);
    assert!(failed.stdout.contains("no ConfigMap two"), "{}", failed.stdout);

    // Entries without a finding are reported.
    fs::write(at.join("web.yaml"), POD.replace("    envFrom: [{configMapRef: {name: one}}]\n", ""))
        .unwrap();
    let gone = linted(at, &with).expect(0);
    assert!(gone.stderr.contains("1 of the baseline's findings are gone"), "{}", gone.stderr);
}

#[test]
fn a_file_that_is_no_baseline_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("kustomization.yaml"), "resources: [web.yaml]\n").unwrap();
    fs::write(at.join("web.yaml"), POD).unwrap();
    for text in ["", "{}", "[]", "{\"version\": 2, \"findings\": {}}", "{\"version\": 1}"] {
        fs::write(at.join("known.json"), text).unwrap();
        let refused = linted(at, &["--baseline", "known.json"]).expect(2);
        assert!(refused.stderr.contains("baseline"), "{}", refused.stderr);
        assert_eq!(fs::read_to_string(at.join("known.json")).unwrap(), text);
    }
}
