//! Secrets that are found by the beginnings of their names or by tags, without a catalogue.

use std::process::Command;

use aws_sdk_secretsmanager::primitives::Blob;
use aws_sdk_secretsmanager::types::Tag;
use rideshare_tests::localstack::LocalStack;
use rideshare_tests::moto::Moto;
use rideshare_tests::proxy::{Action, Proxy};
use rideshare_tests::run::{Run, run};

use crate::support::{Bench, aws, client, tool, wait};

/// The tool in a folder without any specification.
fn print(arguments: &[&str]) -> Command {
    let mut print = tool();
    print.current_dir("/").args(["print", "--format", "docker"]).args(arguments);
    print
}

/// Secrets of two applications in an account of their own.
struct Shop {
    localstack: &'static LocalStack,
    account: String,
}

impl Shop {
    fn new() -> Option<Self> {
        let localstack = LocalStack::shared()?;
        let account = LocalStack::account();
        let client = client(localstack, &account);
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        for (name, value, tags) in [
            ("shop/db", r#"{"PGUSER": "u", "port": 5432}"#, vec![tag("env", "prod")]),
            ("shop/api-token", "t", vec![tag("env", "prod"), tag("team", "web")]),
            ("shop/nested", r#"{"list": [1.10], "none": null}"#, vec![tag("env", "production")]),
            ("shopping", "other", vec![tag("environment", "prod")]),
        ] {
            let create = client.create_secret().name(name).secret_string(value);
            wait(create.set_tags(Some(tags)).send()).unwrap();
        }
        Some(Shop { localstack, account })
    }

    fn print(&self, arguments: &[&str]) -> Run {
        run(aws(&mut print(arguments), &self.localstack.url(), &self.account))
    }

    fn put(&self, name: &str, value: &str) {
        let client = client(self.localstack, &self.account);
        wait(client.create_secret().name(name).secret_string(value).send()).unwrap();
    }
}

#[test]
fn secrets_of_a_prefix() {
    let Some(shop) = Shop::new() else { return };
    let found = shop.print(&["--prefix", "shop/"]).expect(0);
    assert_eq!(found.stdout, "API_TOKEN=t\nPGUSER=u\nlist=[1.10]\nnone=null\nport=5432\n");
    let all = shop.print(&["--prefix", "shop"]).expect(0);
    assert!(all.stdout.contains("SHOPPING=other\n"), "{}", all.stdout);
}

#[test]
fn secrets_of_a_tag() {
    let Some(shop) = Shop::new() else { return };
    let found = shop.print(&["--tag", "env=prod"]).expect(0);
    assert_eq!(found.stdout, "API_TOKEN=t\nPGUSER=u\nport=5432\n");
    let both = shop.print(&["--tag", "env=prod", "--tag", "team=web"]).expect(0);
    assert_eq!(both.stdout, "API_TOKEN=t\n");
    let joined = shop.print(&["--tag", "env=prod", "--prefix", "shop/d"]).expect(0);
    assert_eq!(joined.stdout, "PGUSER=u\nport=5432\n");
}

#[test]
fn a_command_gets_them() {
    let Some(shop) = Shop::new() else { return };
    let mut exec = tool();
    exec.current_dir("/").args(["exec", "--pristine", "--prefix", "shop/api", "--", "env"]);
    let exec = run(aws(&mut exec, &shop.localstack.url(), &shop.account)).expect(0);
    assert_eq!(exec.stdout, "API_TOKEN=t\n");
}

#[test]
fn nothing_found_says_where_it_looked() {
    let Some(shop) = Shop::new() else { return };
    let nothing = shop.print(&["--prefix", "shap/", "--tag", "env=prod"]).expect(1);
    let said = "no secret has a name that begins with shap/ and has the tag env=prod; \
                region us-east-1, account ";
    assert!(nothing.stderr.contains(said), "{}", nothing.stderr);
}

#[test]
fn names_that_cannot_be_are_refused_together() {
    let Some(shop) = Shop::new() else { return };
    shop.put("bad/one", r#"{"PATH": "canary", "A": "canary", "db-user": "canary"}"#);
    shop.put("bad/two", r#"{"A": "canary", "db.user": "canary"}"#);
    shop.put("bad/three", r#"{"N": "canary\u0000", "T": "canary", "T": "canary"}"#);
    let refused = shop.print(&["--prefix", "bad/"]).expect(1);
    assert!(!refused.stderr.contains("canary"), "{}", refused.stderr);
    for said in [
        "error[bad-secret]: bad/three has a NUL character in \"N\"",
        "error[bad-secret]: bad/three has the key \"T\" twice",
        "error[bad-name]: PATH of bad/one cannot become the variable PATH",
        "error[collision]: A of bad/one and A of bad/two both become the variable A",
        "error[collision]: db-user of bad/one and db.user of bad/two both become the variable db_user",
    ] {
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    let some = ["--prefix", "bad/one", "--only", "A", "--only", "db_*"];
    assert_eq!(shop.print(&some).expect(0).stdout, "A=canary\ndb_user=canary\n");
}

#[test]
fn patterns_that_match_nothing_are_mistakes() {
    let Some(shop) = Shop::new() else { return };
    let refused = shop.print(&["--prefix", "shop/", "--only", "ONE", "--only", "TWO"]).expect(2);
    for pattern in ["ONE", "TWO"] {
        let said = format!("--only '{pattern}' matches no variable of the selected secrets");
        assert!(refused.stderr.contains(&said), "{}", refused.stderr);
    }
    assert!(!refused.stderr.contains("fetch-secrets list"), "{}", refused.stderr);
}

#[test]
fn a_text_that_the_service_takes_in_no_filter_is_compared_here() {
    let Some(shop) = Shop::new() else { return };
    let client = client(shop.localstack, &shop.account);
    let create = client.create_secret().name("shop/odd").secret_string("x");
    wait(create.tags(Tag::builder().key("owner").value("Jürgen").build()).send()).unwrap();
    let service = Proxy::start(shop.localstack.address, |request| {
        match String::from_utf8_lossy(&request.body).contains("rgen") {
            true => Action::Answer(400, r#"{"__type": "ValidationException"}"#.into()),
            false => Action::Forward,
        }
    });
    let mut print = print(&["--tag", "owner=Jürgen"]);
    let found = run(aws(&mut print, &service.url(), &shop.account)).expect(0);
    assert_eq!(found.stdout, "ODD=x\n");
}

#[test]
fn a_profile_of_the_environment_gives_way() {
    let Some(shop) = Shop::new() else { return };
    let mut print = print(&["--prefix", "shop/d"]);
    print.env("SECRETS_PROFILE", "core");
    let found = run(aws(&mut print, &shop.localstack.url(), &shop.account)).expect(0);
    assert_eq!(found.stdout, "PGUSER=u\nport=5432\n");
}

#[test]
fn a_binary_secret_is_base64() {
    let Some(shop) = Shop::new() else { return };
    let client = client(shop.localstack, &shop.account);
    let create = client.create_secret().name("bin/key-store").secret_binary(Blob::new([0, 1, 255]));
    wait(create.send()).unwrap();
    assert_eq!(shop.print(&["--prefix", "bin/"]).expect(0).stdout, "KEY_STORE=AAH/\n");
}

#[test]
fn every_page_is_read() {
    let Some(shop) = Shop::new() else { return };
    let proxy = Proxy::start(shop.localstack.address, |request| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        match (request.operation(), body.contains("\"NextToken\":\"two\"")) {
            ("ListSecrets", false) => Action::Answer(
                200,
                r#"{"SecretList": [{"Name": "shop/db"}], "NextToken": "two"}"#.into(),
            ),
            ("ListSecrets", true) => {
                Action::Answer(200, r#"{"SecretList": [{"Name": "shop/api-token"}]}"#.into())
            }
            _ => Action::Forward,
        }
    });
    let mut print = print(&["--prefix", "shop/"]);
    let found = run(aws(&mut print, &proxy.url(), &shop.account)).expect(0);
    assert_eq!(found.stdout, "API_TOKEN=t\nPGUSER=u\nport=5432\n");
    assert_eq!(proxy.operations(), ["ListSecrets", "ListSecrets", "BatchGetSecretValue"]);
}

#[test]
fn a_caller_who_may_not_list_is_told_the_permission() {
    let denied = r#"{"__type": "AccessDeniedException", "Message": "User: x is not authorized to perform: secretsmanager:ListSecrets"}"#;
    let service =
        Proxy::start(([127, 0, 0, 1], 1).into(), move |_| Action::Answer(400, denied.into()));
    let mut print = print(&["--prefix", "shop/"]);
    let refused = run(aws(&mut print, &service.url(), "000000000001")).expect(1);
    assert!(refused.stderr.contains("is not authorized to perform"), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("hint: allow secretsmanager:ListSecrets"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_search_is_no_selection_of_the_catalogue() {
    for arguments in [
        &["--prefix", "x", "--profile", "core"][..],
        &["--tag", "x=y", "--profile", "core"],
        &["--prefix", "x", "--source", "dev"],
        &["--prefix", ""],
        &["--tag", "x"],
        &["--tag", "=x"],
    ] {
        run(&mut print(arguments)).expect(2);
    }
}

#[test]
fn moto_finds_the_same() {
    let Some(moto) = Moto::start("000000000001") else { return };
    let bench = Bench::new(
        "x-secrets:
  shop/db: {services: [a], keys: {PGUSER: {dev: u}}}
  shop/token: {services: [a], format: text, variable: T, dev: t}
  other: {services: [a], keys: {OTHER: {dev: o}}}
",
    );
    run(aws(&mut bench.tool(&["seed"]), &moto.url(), "test")).expect(0);
    let found = run(aws(&mut print(&["--prefix", "shop/"]), &moto.url(), "test")).expect(0);
    assert_eq!(found.stdout, "PGUSER=u\nTOKEN=t\n");
    let nothing = run(aws(&mut print(&["--tag", "env=prod"]), &moto.url(), "test")).expect(1);
    assert!(nothing.stderr.contains("error[no-secrets]"), "{}", nothing.stderr);
}
