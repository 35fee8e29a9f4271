//! Bad input ends in a finding or a clear message, soon, and never with status 0.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rideshare_tests::run::{Run, run};

use rideshare_tests::archive::cases;

/// Far more than any of these takes, far less than without a bound.
const SOON: Duration = Duration::from_secs(20);
/// Kilobytes of address space; a bomb without a bound takes gigabytes.
const MEMORY: &str = "1500000";

fn linted(folder: &Path, arguments: &[&str]) -> Run {
    let begun = Instant::now();
    let mut command = Command::new("sh");
    let script = "ulimit -v \"$1\"; shift; exec \"$@\"";
    command.args(["-c", script, "sh", MEMORY, env!("CARGO_BIN_EXE_kustomize-lint")]);
    let done = run(command.current_dir(folder).args(arguments));
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
    done
}

fn of(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    cases(&format!("## case\n{text}"))[0].write(folder.path());
    folder
}

/// Lints the text's files; the status must be `status`, and the output say `words`.
#[track_caller]
fn expect(text: &str, status: i32, words: &[&str]) {
    let folder = of(text);
    let done = linted(folder.path(), &[]).expect(status);
    for word in words {
        let found = done.stdout.contains(word) || done.stderr.contains(word);
        assert!(found, "{word}\n{}", done.transcript(&[]));
    }
}

#[test]
fn what_is_not_yaml_is_a_finding_with_its_place() {
    expect("-- kustomization.yaml --\nresources: [a\n", 1, &["KB001", "kustomization.yaml:"]);
    expect(
        "-- kustomization.yaml --\nresources: [a.yaml]\n-- a.yaml --\nkind: Pod\n  name: x\n",
        1,
        &["KB001", "a.yaml:2"],
    );
    expect("-- kustomization.yaml --\n- a list\n", 1, &["KB001"]);
    expect("-- kustomization.yaml --\n", 1, &["KB001"]);
    expect("-- kustomization.yaml --\nresources: {a: b}\n", 1, &["KB001", "must be a list"]);
}

#[test]
fn a_missing_file_is_a_finding_at_the_line_that_names_it() {
    expect(
        "-- kustomization.yaml --\nresources:\n- a.yaml\n",
        1,
        &["KB013", "kustomization.yaml:2:3", "there is no file or folder"],
    );
}

#[test]
fn bases_that_include_each_other_are_found_even_when_no_root_leads_there() {
    let cycle = "-- a/kustomization.yaml --\nresources: [../b]\n\
                 -- b/kustomization.yaml --\nresources: [../a]\n";
    expect(cycle, 1, &["KB001", "includes itself"]);
    let beside = "-- c/kustomization.yaml --\nresources: [map.yaml]\n\
                  -- c/map.yaml --\n{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n";
    expect(&format!("{cycle}{beside}"), 1, &["includes itself"]);
    expect("-- kustomization.yaml --\nresources: [.]\n", 1, &["includes itself"]);
}

#[test]
fn a_remote_base_leaves_the_analysis_incomplete() {
    let text = "-- kustomization.yaml --\nresources: ['https://example.com/base?ref=v1']\n";
    let folder = of(text);
    let done = linted(folder.path(), &["--select", "KB018"]).expect(3);
    assert!(done.stdout.contains("KB018"), "{}", done.stdout);
    // Also where nobody asks that rule.
    linted(folder.path(), &["--select", "KR001"]).expect(3);
    // Somebody has looked at it and said so.
    let accepted =
        text.replace("resources:", "# kustomize-lint: ignore[KB018] reviewed\nresources:");
    linted(of(&accepted).path(), &["--select", "KB018"]).expect(0);
}

#[test]
fn what_was_not_looked_at_is_always_said() {
    // The rule that would say so is not asked.
    let folder = of("-- good/kustomization.yaml --\nresources: [a.yaml]\n\
                     -- good/a.yaml --\n{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n\
                     -- bad/kustomization.yaml --\nresources: [missing.yaml]\n");
    let done = linted(folder.path(), &["--select", "KQ"]).expect(3);
    assert!(done.stderr.contains("warning[incomplete]: bad does not build"), "{}", done.stderr);
    // Beside findings, too: they may not be all.
    let done = linted(folder.path(), &[]).expect(1);
    assert!(done.stderr.contains("bad does not build"), "{}", done.stderr);
}

#[test]
fn a_folder_without_kustomizations_and_paths_that_are_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let empty = linted(folder.path(), &[]).expect(3);
    assert!(empty.stderr.contains("no kustomization in ."), "{}", empty.stderr);
    let missing = linted(folder.path(), &["here", "there"]).expect(2);
    assert!(missing.stderr.contains("there is no file or folder here"), "{}", missing.stderr);
    assert!(missing.stderr.contains("there is no file or folder there"), "{}", missing.stderr);
}

#[test]
fn files_of_a_hundred_megabytes_are_refused_with_a_bound() {
    let folder = of("-- kustomization.yaml --\nresources: [large.yaml]\n");
    let large = |name: &str| {
        let line = "# a line of sixty-four bytes, with its line break, and nothing.\n";
        fs::write(folder.path().join(name), line.repeat(100 << 14)).unwrap();
    };
    large("large.yaml");
    let done = linted(folder.path(), &[]).expect(1);
    assert!(done.stdout.contains("KB001") && done.stdout.contains("large.yaml"), "{}", done.stdout);
    large("kustomization.yaml");
    linted(folder.path(), &[]).expect(1);
}

#[test]
fn bombs_of_aliases_and_of_depth_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for at in 1..10 {
        let before = format!("*a{}, ", at - 1).repeat(10);
        bomb.push_str(&format!("a{at}: &a{at} [{}]\n", before.trim_end_matches(", ")));
    }
    let head = "-- kustomization.yaml --\nresources: [a.yaml]\n-- a.yaml --\n";
    expect(&format!("{head}{bomb}"), 1, &["KB001", "a.yaml"]);
    expect(&format!("-- kustomization.yaml --\n{bomb}"), 1, &["KB001"]);
    let deep = format!("a: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    expect(&format!("{head}{deep}"), 1, &["KB001"]);
}

#[test]
fn bases_that_include_a_base_a_thousand_times_over_are_bounded() {
    let mut text = "-- b0/kustomization.yaml --\nnamePrefix: a\n".to_owned();
    for at in 1..14 {
        let again = format!("../b{}, ", at - 1).repeat(4);
        text.push_str(&format!("-- b{at}/kustomization.yaml --\nresources: [{again}]\n"));
    }
    expect(&text, 1, &["KB001", "too many"]);
}

#[test]
fn pipes_links_and_folders_where_files_belong() {
    let folder =
        of("-- kustomization.yaml --\nresources: [pipe, loop, folder.yaml/x, /dev/zero]\n");
    let pipe = folder.path().join("pipe");
    run(Command::new("mkfifo").arg(&pipe)).expect(0);
    symlink("loop", folder.path().join("loop")).unwrap();
    fs::create_dir(folder.path().join("folder.yaml")).unwrap();
    let done = linted(folder.path(), &[]).expect(1);
    assert_eq!(done.stdout.matches("error[").count(), 4, "{}", done.stdout);
}

#[test]
fn mistakes_in_the_configuration_are_reported_together() {
    let folder = of("-- kustomization.yaml --\nnamespace: a\n\
                     -- .kustomize-lint.toml --\n\
                     kubernets = \"1.32\"\nexternals = [\"x\", 3]\nselect = [\"KR0001\"]\n\
                     [severity]\nKB012 = \"grave\"\n\
                     [[environment]]\nbudget = \"10gb\"\nnodes = 0\n\
                     [[ignore]]\nrules = [\"KQ004\"]\npath = \"a[\"\n");
    let done = linted(folder.path(), &[]).expect(2);
    insta::assert_snapshot!(done.transcript(&[]));
    fs::write(folder.path().join(".kustomize-lint.toml"), "a = \n").unwrap();
    let done = linted(folder.path(), &[]).expect(2);
    assert!(done.stderr.contains(".kustomize-lint.toml:1"), "{}", done.stderr);
    linted(folder.path(), &["--config", "missing.toml"]).expect(2);
    linted(folder.path(), &["--select", "KX999", "--config", "/dev/null"]).expect(2);
}
