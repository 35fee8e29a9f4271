//! `print`, format by format.

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
