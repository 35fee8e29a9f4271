//! Variables that are put together from a secret's keys, and keys inside nested objects.

use insta::assert_snapshot;
use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::run;

use crate::support::{Bench, aws, client, wait};

const SECRETS: &str = r#"x-secrets:
  shop/db:
    services: [a]
    keys:
      username: {variable: PGUSER, dev: shop}
      password: {variable: PGPASSWORD, dev: "p@ss/w:rd $x%"}
      host: {variable: PGHOST, dev: "db:5432"}
    composed:
      DATABASE_URL: {url: "postgres://${PGUSER}:${PGPASSWORD}@${PGHOST:raw}/shop"}
      DATABASE_TEXT: {text: "user=${PGUSER} password=${PGPASSWORD} cost=$$5"}
  shop/token: {services: [b], format: text, variable: TOKEN, dev: "a b", composed: {HEADER: {text: "Bearer ${TOKEN}"}}}
"#;

const URL: &str = "DATABASE_URL=postgres://shop:p%40ss%2Fw%3Ard%20%24x%25@db:5432/shop\n";
const TEXT: &str = "DATABASE_TEXT=user=shop password=p@ss/w:rd $x% cost=$5\n";

fn print(more: &[&str]) -> String {
    let arguments = ["print", "--source", "dev", "--format", "docker"];
    run(Bench::new(SECRETS).tool(&arguments).args(more)).expect(0).stdout
}

#[test]
fn a_url_has_its_parts_encoded() {
    assert_eq!(print(&["--only", "DATABASE_URL"]), URL);
}

#[test]
fn a_text_has_its_parts_as_they_are() {
    assert_eq!(print(&["--only", "DATABASE_TEXT"]), TEXT);
    assert_eq!(print(&["--only", "HEADER"]), "HEADER=Bearer a b\n");
}

#[test]
fn the_parts_are_masked_even_if_only_the_whole_is_printed() {
    let arguments =
        ["print", "--source", "dev", "--format", "github-env", "--only", "DATABASE_URL"];
    let bench = Bench::new(SECRETS);
    let print = run(bench.tool(&arguments).env("GITHUB_ACTIONS", "true")).expect(0);
    assert!(print.stderr.contains("::add-mask::p@ss/w:rd $x%25\n"), "{}", print.stderr);
    assert!(!print.stdout.contains("PGPASSWORD"), "{}", print.stdout);
}

#[test]
fn the_service_s_values_are_put_together_like_those_of_development() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench = Bench::new(SECRETS);
    let account = LocalStack::account();
    run(aws(&mut bench.tool(&["seed"]), &localstack.url(), &account)).expect(0);
    run(aws(&mut bench.tool(&[]), &localstack.url(), &account)).expect(0);
    let fetched = bench.read("out/core.env");
    assert!(fetched.contains("DATABASE_URL='postgres://shop:p%40"), "{fetched}");
    run(&mut bench.tool(&["--source", "dev", "--check"])).expect(0);
    // Only the keys are in the secret.
    let stored = client(localstack, &account).get_secret_value().secret_id("shop/db");
    let stored = wait(stored.send()).unwrap().secret_string.unwrap();
    assert!(!stored.contains("DATABASE") && stored.contains("username"), "{stored}");
    let mut seed = bench.tool(&["seed", "--set", "PGPASSWORD=new"]);
    run(aws(&mut seed, &localstack.url(), &account)).expect(0);
    let mut print = bench.tool(&["print", "--format", "docker", "--only", "DATABASE_URL"]);
    let print = run(aws(&mut print, &localstack.url(), &account)).expect(0);
    assert_eq!(print.stdout, "DATABASE_URL=postgres://shop:new@db:5432/shop\n");
}

#[test]
fn a_composed_variable_cannot_be_set() {
    let refused =
        run(&mut Bench::new(SECRETS).tool(&["seed", "--set", "DATABASE_URL=canary"])).expect(2);
    assert_snapshot!(refused.transcript(&[]));
}

#[test]
fn the_list_says_the_parts() {
    assert_snapshot!(run(&mut Bench::new(SECRETS).tool(&["list"])).expect(0).stdout);
}

#[test]
fn mistakes_are_reported_together_without_the_text() {
    let bench = Bench::new(
        r#"x-secrets:
  one:
    services: [a]
    keys: {A: {dev: canary}, B: {dev: canary}, Z: {variable: canary 1, dev: canary}}
    composed:
      A: {url: "p://${A}"}
      C: {url: "p://canary@h"}
      D: {text: "canary ${AA}"}
      E: {text: "canary $A"}
      F: {text: "x${A}", url: "x${A}"}
      G: {}
      H: canary
      PATH: {text: "${A}"}
      I: {uri: "${A}"}
      J: {text: "${A:raw}"}
      K: {text: "${canary 2}"}
"#,
    );
    let refused = run(&mut bench.tool(&["list"])).expect(2);
    assert!(!refused.stderr.contains("canary"), "{}", refused.stderr);
    assert_snapshot!(refused.stderr);
}

#[test]
fn a_key_can_be_a_path_into_nested_objects() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench = Bench::new(
        r#"x-secrets:
  app:
    services: [a]
    keys:
      PASSWORD: {key: db.primary.password, dev: p}
      PORT: {key: db.primary.port, dev: "5432"}
      DOTTED: {key: a.b, dev: d}
      WHOLE: {key: db.replica, dev: "[1]", nested: true}
"#,
    );
    let account = LocalStack::account();
    let client = client(localstack, &account);
    let value = r#"{"db": {"primary": {"password": "it's", "port": 6432}, "replica": {"x": 1.10}}, "a.b": "x"}"#;
    wait(client.create_secret().name("app").secret_string(value).send()).unwrap();
    let mut print = bench.tool(&["print", "--format", "docker"]);
    let print = run(aws(&mut print, &localstack.url(), &account)).expect(0);
    assert_eq!(print.stdout, "DOTTED=x\nPASSWORD=it's\nPORT=6432\nWHOLE={\"x\": 1.10}\n");
    assert_eq!(print.stderr, "");
    let put =
        client.put_secret_value().secret_id("app").secret_string(r#"{"db": {"primary": "x"}}"#);
    wait(put.send()).unwrap();
    let missing = run(aws(&mut bench.tool(&["print"]), &localstack.url(), &account)).expect(1);
    assert!(
        missing.stderr.contains("app has no key \"db.primary.password\""),
        "{}",
        missing.stderr
    );
    // The same paths are written.
    run(aws(&mut bench.tool(&["seed"]), &localstack.url(), &account)).expect(0);
    run(aws(&mut bench.tool(&["--profile", "core"]), &localstack.url(), &account)).expect(0);
    run(&mut bench.tool(&["--profile", "core", "--source", "dev", "--check"])).expect(0);
}
