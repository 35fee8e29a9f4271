//! Mistakes in the catalogue: all at once, each with its place, none with a value.

use insta::assert_snapshot;
use rideshare_tests::run::run;

use crate::support::{Bench, tool};

fn broken(secrets: &str) -> String {
    let bench = Bench::new(secrets);
    let result = run(&mut bench.tool(&["list"])).expect(2);
    assert_eq!(result.stdout, "");
    result.stderr
}

#[test]
fn every_mistake_is_reported_in_one_run() {
    assert_snapshot!(broken(
        "x-secrets:
  one:
    services: [a, bb, nobody]
    keys:
      FIRST: {dev: canary, varaible: OTHER}
      PATH: {dev: canary}
      LD_PRELOAD: {dev: canary}
      shorthand: canary
      NUMBER: {dev: 1234}
      9TH: {dev: canary}
  two:
    descripton: typing mistake
    services: [a]
    keys:
      K: {variable: FIRST, dve: canary}
  three: {format: text, services: [a], keys: {X: {dev: canary}}}
  four: {format: yaml, services: a, keys: {}}
  five words: {services: [], keys: {Y: {dev: canary}}}
x-secret: {}
"
    ));
}

#[test]
fn a_collision_names_both_secrets_both_keys_and_the_line() {
    assert_snapshot!(broken(
        "x-secrets:
  rideshare/airflow:
    services: [a]
    keys:
      ADMIN_PASSWORD: {dev: canary}
  rideshare/grafana:
    services: [b]
    keys:
      PASSWORD: {variable: ADMIN_PASSWORD, dev: canary}
"
    ));
}

#[test]
fn a_syntax_error_has_its_place_and_shows_no_line_of_a_catalogue() {
    let text = broken("x-secrets:\n  one:\n    keys: {A: {dev: canary}\n  two:\n");
    assert!(!text.contains("canary"), "{text}");
    assert_snapshot!(text);
}

#[test]
fn a_key_written_twice_is_an_error_with_both_lines() {
    assert_snapshot!(broken(
        "x-secrets:
  one: {services: [a], keys: {A: {dev: canary}}}
  one: {services: [a], keys: {B: {dev: canary}}}
"
    ));
}

#[test]
fn two_values_of_one_key_and_a_key_inside_a_value_are_errors_with_both_lines() {
    let text = broken(
        "x-secrets:
  one:
    services: [a]
    keys:
      A: {key: db, dev: canary}
      B: {key: db, dev: canary2}
      C: {key: db.port, dev: canary}
  two: {services: [a], keys: {D: {key: x, dev: same}, E: {key: x, dev: same}}}
  three: {services: [a], keys: {F: {key: u, nested: true, dev: '{}'}, G: {key: u.v, dev: w}}}
  four:
    services: [a]
    keys:
      H: {key: q, dev: '{}'}
      I: {key: q, dev: '{}', nested: true}
",
    );
    assert!(!text.contains("canary"), "{text}");
    assert_snapshot!(text);
}

#[test]
fn no_specification_is_said_with_the_way_out() {
    let empty = tempfile::tempdir().unwrap();
    let nowhere = run(tool().arg("list").current_dir(empty.path())).expect(2);
    assert_snapshot!(nowhere.stderr);
    let missing = run(tool().args(["list", "--spec", "/nonexistent"])).expect(2);
    assert_snapshot!(missing.stderr);
    let bare = run(tool().args(["list", "--spec", "."]).current_dir(empty.path())).expect(2);
    assert_snapshot!(bare.stderr);
}

#[test]
fn the_platforms_own_catalogue_is_sound_and_complete() {
    let list = run(tool().arg("list").current_dir(rideshare_tests::root())).expect(0);
    assert_snapshot!(list.stdout);
    let json = run(tool().args(["list", "--format", "json"]).current_dir(rideshare_tests::root()))
        .expect(0);
    let rows: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), list.stdout.lines().count() - 1);
    assert_eq!(rows[0]["variable"], "AIRFLOW__CORE__FERNET_KEY");
    assert!(rows[0].get("dev").is_none());
}
