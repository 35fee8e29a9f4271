//! `print`, format by format.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;
use rideshare_tests::run::run;

use crate::support::Bench;

fn bench() -> Bench {
    Bench::with_values([
        ("PLAIN", "admin"),
        ("QUOTES", "it's \"so\" $HOME `id` \\"),
        ("LINES", "one\ntwo\r\n\n"),
        ("EMPTY", ""),
        ("UNICODE", "pässwörd 🔑"),
    ])
}

fn print(format: &str) -> String {
    run(&mut bench().tool(&["print", "--source", "dev", "--format", format])).expect(0).stdout
}

#[test]
fn env() {
    assert_snapshot!(print("env"));
}

#[test]
fn systemd() {
    assert_snapshot!(print("systemd"));
}

#[test]
fn json() {
    let object: serde_json::Value = serde_json::from_str(&print("json")).unwrap();
    assert_eq!(object["QUOTES"], "it's \"so\" $HOME `id` \\");
    assert_eq!(object["LINES"], "one\ntwo\r\n\n");
    let names: Vec<&String> = object.as_object().unwrap().keys().collect();
    assert_eq!(names, ["EMPTY", "LINES", "PLAIN", "QUOTES", "UNICODE"]);
}

#[test]
fn docker_gets_values_as_they_are_and_refuses_lines() {
    let bench = Bench::with_values([("A", "it's $x `y` \"z\" #"), ("B", "")]);
    let arguments = ["print", "--source", "dev", "--format", "docker"];
    let printed = run(&mut bench.tool(&arguments)).expect(0);
    assert_eq!(printed.stdout, "A=it's $x `y` \"z\" #\nB=\n");

    let long = "x".repeat(70_000);
    let bench = Bench::with_values([("A", "one\ntwo"), ("B", "end\r"), ("C", long.as_str())]);
    let refused = run(&mut bench.tool(&arguments)).expect(1);
    assert_snapshot!(refused.transcript(&[]));
}

#[test]
fn github_env_is_masked_only_in_a_job() {
    let bench = bench();
    let arguments = ["print", "--source", "dev", "--format", "github-env"];
    let outside = run(&mut bench.tool(&arguments)).expect(0);
    assert_eq!(outside.stderr, "");
    let inside = run(bench.tool(&arguments).env("GITHUB_ACTIONS", "true")).expect(0);
    assert!(!inside.stdout.contains("::add-mask::"));
    for line in ["admin", "it's \"so\" $HOME `id` \\", "one", "two", "pässwörd 🔑"] {
        assert!(inside.stderr.contains(&format!("::add-mask::{line}\n")), "{}", inside.stderr);
    }
    assert_ne!(outside.stdout, inside.stdout, "delimiters are random");
}

#[test]
fn a_file_is_replaced_whole_and_is_its_owners_alone() {
    let bench = bench();
    for format in ["env", "docker", "systemd", "dotenv", "json", "github-env", "kubernetes"] {
        let arguments = ["print", "--source", "dev", "--format", format, "--only", "PLAIN"];
        let printed = run(&mut bench.tool(&arguments)).expect(0);
        bench.write("file", "old");
        fs::set_permissions(bench.path().join("file"), Permissions::from_mode(0o644)).unwrap();
        let written = run(bench.tool(&arguments).args(["--output", "file"])).expect(0);
        assert_eq!(written.stdout, "", "{format}");
        let mode = fs::metadata(bench.path().join("file")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{format}");
        if format != "github-env" {
            assert_eq!(bench.read("file"), printed.stdout);
        }
    }
}

#[test]
fn a_value_that_a_format_cannot_carry_leaves_the_file_as_it_is() {
    let bench = bench();
    bench.write("file", "old");
    for format in ["docker", "dotenv"] {
        let arguments = ["print", "--source", "dev", "--format", format, "--output", "file"];
        run(&mut bench.tool(&arguments)).expect(1);
        assert_eq!(bench.read("file"), "old");
    }
}

#[test]
fn a_device_is_not_replaced() {
    let arguments = ["print", "--source", "dev", "--output", "/dev/null"];
    let refused = run(&mut bench().tool(&arguments)).expect(2);
    assert!(refused.stderr.contains("error[not-a-file]"), "{}", refused.stderr);
}

#[test]
fn a_pattern_that_matches_nothing_is_a_mistake() {
    let arguments = ["print", "--source", "dev", "--only", "PLAINN"];
    let refused = run(&mut bench().tool(&arguments)).expect(2);
    assert!(refused.stderr.contains("error[no-match]"), "{}", refused.stderr);
}
