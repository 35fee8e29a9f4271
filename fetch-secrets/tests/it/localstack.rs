//! Against a real LocalStack: seed, fetch, change, delete; every kind of secret.

use std::collections::BTreeSet;

use aws_sdk_secretsmanager::primitives::Blob;
use insta::assert_snapshot;
use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::{Run, run};

use crate::support::{Bench, aws, client, tool, wait};

/// The tool on the platform's own specification, in an account of its own.
struct Platform {
    localstack: &'static LocalStack,
    account: String,
    out: tempfile::TempDir,
}

impl Platform {
    fn new() -> Option<Self> {
        let localstack = LocalStack::shared()?;
        let out = tempfile::tempdir().unwrap();
        Some(Platform { localstack, account: LocalStack::account(), out })
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = tool();
        command
            .current_dir(rideshare_tests::root())
            .env("SECRETS_OUTPUT_DIR", self.out.path())
            .args(arguments);
        run(aws(&mut command, &self.localstack.url(), &self.account))
    }

    fn lines(&self) -> BTreeSet<String> {
        ["core", "data-pipeline", "monitoring"]
            .iter()
            .flat_map(|name| {
                let path = self.out.path().join(format!("{name}.env"));
                let text = std::fs::read_to_string(path).unwrap_or_default();
                text.lines().map(|line| format!("{name}: {line}")).collect::<Vec<_>>()
            })
            .collect()
    }
}

#[test]
fn the_platforms_secrets_from_seed_to_files() {
    let Some(platform) = Platform::new() else { return };
    let seeded = platform.run(&["seed"]).expect(0);
    assert_snapshot!(seeded.transcript(&[]));
    let again = platform.run(&["seed"]).expect(0);
    assert!(
        again.stdout.lines().skip(1).all(|line| line.ends_with("unchanged")),
        "{}",
        again.stdout
    );

    platform.run(&[]).expect(0);
    let first = platform.lines();
    assert_snapshot!(first.iter().map(|line| line.clone() + "\n").collect::<String>());

    let second = platform.run(&[]).expect(0);
    assert_eq!(second.stdout.matches("unchanged").count(), 3, "{}", second.stdout);
    platform.run(&["--check"]).expect(0);

    let put = client(platform.localstack, &platform.account)
        .put_secret_value()
        .secret_id("rideshare/redis")
        .secret_string("{\"REDIS_PASSWORD\": \"it's `new`\"}");
    wait(put.send()).unwrap();
    let drift = platform.run(&["--check"]).expect(1);
    assert!(drift.stdout.contains("core.env: REDIS_PASSWORD differs"), "{}", drift.stdout);
    // The backtick of this value brings the line that defines one.
    let put = client(platform.localstack, &platform.account)
        .put_secret_value()
        .secret_id("rideshare/redis")
        .secret_string("{\"REDIS_PASSWORD\": \"new $1\"}");
    wait(put.send()).unwrap();
    platform.run(&[]).expect(0);
    let changed = platform.lines();
    let new: Vec<_> = changed.difference(&first).collect();
    let gone: Vec<_> = first.difference(&changed).collect();
    assert_eq!((new, gone.len()), (vec![&"core: REDIS_PASSWORD='new $1'".to_owned()], 1));

    let delete =
        client(platform.localstack, &platform.account).delete_secret().secret_id("rideshare/kafka");
    wait(delete.send()).unwrap();
    let forced = client(platform.localstack, &platform.account)
        .delete_secret()
        .secret_id("rideshare/minio")
        .force_delete_without_recovery(true);
    wait(forced.send()).unwrap();
    let missing = platform.run(&[]).expect(1);
    let url = platform.localstack.url();
    assert_snapshot!(missing.transcript(&[(&url, "ENDPOINT"), (&platform.account, "ACCOUNT")]));
    assert_eq!(platform.lines(), changed, "nothing is written");

    let restored = platform.run(&["seed", "--format", "json"]).expect(0);
    let rows: serde_json::Value = serde_json::from_str(&restored.stdout).unwrap();
    let action = |name: &str| {
        let rows = rows.as_array().unwrap();
        rows.iter().find(|row| row["secret"] == name).unwrap()["action"].clone()
    };
    assert_eq!(action("rideshare/kafka"), "restored");
    assert_eq!(action("rideshare/minio"), "created");
    assert_eq!(action("rideshare/redis"), "updated");
    assert_eq!(action("rideshare/api-key"), "unchanged");
    platform.run(&[]).expect(0);
    assert_eq!(platform.lines(), first);
}

#[test]
fn seed_takes_other_values_and_refuses_names_it_does_not_know() {
    let Some(platform) = Platform::new() else { return };
    let mut command = tool();
    command
        .current_dir(rideshare_tests::root())
        .env("OVERRIDE_REDIS_PASSWORD", "from the environment")
        .env("OVERRIDE_API_KEY", "loses")
        .env("OVERRIDE_SOMETHING", "else")
        .args(["seed", "--set", "API_KEY=a=b", "--set", "FERNET_KEY=by key"]);
    let seeded = run(aws(&mut command, &platform.localstack.url(), &platform.account)).expect(0);
    assert!(seeded.stderr.contains("OVERRIDE_SOMETHING changes nothing"), "{}", seeded.stderr);
    platform.run(&[]).expect(0);
    let lines = platform.lines();
    for line in [
        "core: API_KEY='a=b'",
        "core: REDIS_PASSWORD='from the environment'",
        "data-pipeline: AIRFLOW__CORE__FERNET_KEY='by key'",
    ] {
        assert!(lines.contains(line), "{line} in {lines:?}");
    }
    let mut several = tool();
    several.current_dir(rideshare_tests::root()).arg("seed").env("OVERRIDE_ADMIN_PASSWORD", "x");
    let several = run(aws(&mut several, &platform.localstack.url(), &platform.account)).expect(2);
    assert!(several.stderr.contains("GF_SECURITY_ADMIN_PASSWORD"), "{}", several.stderr);
    let wrong = platform
        .run(&[
            "seed",
            "--set",
            "REDIS_PASWORD=canary",
            "--set",
            "canary",
            "--set",
            "POSTGRES_USER=canary",
        ])
        .expect(2);
    assert_snapshot!(wrong.transcript(&[]));
}

#[test]
fn seed_never_writes_to_aws_by_accident() {
    let refused = run(tool().current_dir(rideshare_tests::root()).arg("seed")).expect(2);
    assert_snapshot!(refused.transcript(&[]));
    // The SDK can be told to leave the endpoint of the environment unused.
    let mut ignoring = tool();
    ignoring.current_dir(rideshare_tests::root()).arg("seed");
    ignoring.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    let ignored = run(aws(&mut ignoring, "http://127.0.0.1:1", "000000000001")).expect(2);
    assert_eq!(ignored.stderr, refused.stderr);
}

#[test]
fn text_binary_and_json_secrets_arrive_digit_for_digit() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench = Bench::new(
        "x-secrets:
  kind/text: {services: [a], format: text, variable: TEXT, dev: t}
  kind/binary: {services: [a], format: base64, variable: BINARY, dev: AAEC/w==}
  kind/json:
    services: [a]
    keys:
      BIG: {dev: b}
      PRICE: {dev: b}
      FLAG: {dev: b}
      NESTED: {dev: '[1.10, 12345678901234567890123]', nested: true}
      NEWLINE: {dev: b}
",
    );
    let account = LocalStack::account();
    let client = client(localstack, &account);
    let json = "{\"BIG\": 12345678901234567890, \"PRICE\": 1.10, \"FLAG\": true, \
                \"NESTED\": {\"a\": [1, 2.50]}, \"NEWLINE\": \"a\\nb\", \"EXTRA\": \"canary\"}";
    wait(async {
        client.create_secret().name("kind/text").secret_string("pass$word").send().await.unwrap();
        let bytes = Blob::new(vec![0, 1, 2, 255]);
        client.create_secret().name("kind/binary").secret_binary(bytes).send().await.unwrap();
        client.create_secret().name("kind/json").secret_string(json).send().await.unwrap();
    });
    let mut command = bench.tool(&["--profile", "core"]);
    let fetched = run(aws(&mut command, &localstack.url(), &account)).expect(0);
    assert!(fetched.stderr.contains("kind/json also has EXTRA"), "{}", fetched.stderr);
    assert_snapshot!(bench.read("out/core.env"));

    // Fetch reads every kind of value that seed writes.
    let mut command = bench.tool(&["seed"]);
    run(aws(&mut command, &localstack.url(), &account)).expect(0);
    let mut command = bench.tool(&["--profile", "core"]);
    run(aws(&mut command, &localstack.url(), &account)).expect(0);
    let from_aws = bench.read("out/core.env");
    run(&mut bench.tool(&["--profile", "core", "--source", "dev"])).expect(0);
    assert_eq!(bench.read("out/core.env"), from_aws);
}

#[test]
fn secrets_that_do_not_fit_the_catalogue_are_listed_together() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench = Bench::new(
        "x-secrets:
  bad/json: {services: [a], keys: {A: {dev: a}}}
  bad/list: {services: [a], keys: {B: {dev: a}}}
  bad/keys: {services: [a], keys: {C: {dev: a}, D: {dev: a}, E: {dev: a}, F: {dev: a}, G: {dev: a}}}
  bad/binary: {services: [a], keys: {H: {dev: a}}}
  bad/text: {services: [a], format: base64, variable: I, dev: AAEC}
  bad/gone: {services: [a], keys: {J: {dev: a}}}
",
    );
    let account = LocalStack::account();
    let client = client(localstack, &account);
    let keys =
        "{\"C\": {\"canary\": 1}, \"D\": null, \"F\": \"canary\\u0000\", \"G\": 1, \"G\": 2}";
    wait(async {
        for (name, value) in [
            ("bad/json", "canary"),
            ("bad/list", "[\"canary\"]"),
            ("bad/keys", keys),
            ("bad/text", "canary"),
        ] {
            client.create_secret().name(name).secret_string(value).send().await.unwrap();
        }
        let bytes = Blob::new(b"canary".to_vec());
        client.create_secret().name("bad/binary").secret_binary(bytes).send().await.unwrap();
    });
    let mut command = bench.tool(&["--profile", "core"]);
    let failed = run(aws(&mut command, &localstack.url(), &account)).expect(1);
    assert!(!failed.transcript(&[]).contains("canary"));
    let replace = [(&*localstack.url(), "ENDPOINT"), (&*account, "ACCOUNT")];
    assert_snapshot!(failed.transcript(&replace));
    assert!(bench.listing().is_empty());
}

#[test]
fn a_secret_without_a_value_does_not_take_the_others_with_it() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench = Bench::new(
        "x-secrets:
  value/none: {services: [b], keys: {A: {dev: a}}}
  value/some: {services: [a], keys: {B: {dev: b}}}
",
    );
    let account = LocalStack::account();
    let client = client(localstack, &account);
    wait(async {
        client.create_secret().name("value/none").send().await.unwrap();
        client
            .create_secret()
            .name("value/some")
            .secret_string("{\"B\":\"x\"}")
            .send()
            .await
            .unwrap();
    });
    let mut command = bench.tool(&[]);
    let failed = run(aws(&mut command, &localstack.url(), &account)).expect(1);
    assert!(failed.stderr.contains("value/none"), "{}", failed.stderr);
    assert!(!failed.stderr.contains("value/some"), "{}", failed.stderr);
    let mut command = bench.tool(&["seed"]);
    run(aws(&mut command, &localstack.url(), &account)).expect(0);
    let mut command = bench.tool(&[]);
    run(aws(&mut command, &localstack.url(), &account)).expect(0);
    assert!(bench.read("out/extra.env").ends_with("A='a'\n"));
}
