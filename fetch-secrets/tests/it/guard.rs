//! `seed` writes to stand-ins that say that they are, and to an account that was named.

use aws_sdk_secretsmanager::primitives::Blob;
use rideshare_tests::localstack::LocalStack;
use rideshare_tests::moto::Moto;
use rideshare_tests::proxy::{Action, Proxy};
use rideshare_tests::run::{Run, run};

use crate::support::{Bench, aws, client, wait};

fn bench() -> Bench {
    Bench::with_values([("A", "dev")])
}

fn seed(bench: &Bench, url: &str, account: &str, arguments: &[&str]) -> Run {
    let mut command = bench.tool(&["seed"]);
    command.args(arguments);
    run(aws(&mut command, url, account))
}

/// Runs `seed` with a configuration file and no endpoint in the environment.
fn seed_with_config(bench: &Bench, config: &str, variables: &[(&str, &str)]) -> Run {
    bench.write("config", config);
    let mut command = bench.tool(&["seed"]);
    command.env("AWS_CONFIG_FILE", bench.path().join("config"));
    command.envs(variables.iter().copied());
    run(command.env("AWS_ACCESS_KEY_ID", "000000000009").env("AWS_SECRET_ACCESS_KEY", "x"))
}

#[track_caller]
fn refused(run: &Run) {
    assert_eq!(run.status, 2, "{}", run.transcript(&[]));
    assert!(run.stderr.contains("error[would-write-to-aws]"), "{}", run.stderr);
}

#[test]
fn moto_says_what_it_is() {
    let Some(moto) = Moto::start("000000000001") else { return };
    let bench = bench();
    seed(&bench, &moto.url(), "test", &[]).expect(0);
    let again = seed(&bench, &moto.url(), "test", &[]).expect(0);
    assert!(again.stdout.contains("unchanged"), "{}", again.stdout);
}

#[test]
fn hosts_of_aws_are_refused_before_anything_is_sent() {
    for url in [
        "https://vpce-0a.secretsmanager.us-east-1.vpce.amazonaws.com",
        "https://secretsmanager.us-east-1.amazonaws.com:443",
        "https://secretsmanager.us-east-1.api.aws/",
    ] {
        refused(&seed(&bench(), url, "000000000001", &["--timeout", "3s"]));
    }
}

#[test]
fn an_endpoint_that_does_not_say_what_it_is_is_refused() {
    let Some(localstack) = LocalStack::shared() else { return };
    for page in ["{}", "[]", "{\"services\": {}}", "{\"status\": \"ok\"}", "<html>"] {
        // All else would work: it is the page alone that decides.
        let proxy =
            Proxy::start(localstack.address, move |request| match request.method.as_str() {
                "GET" => Action::Answer(200, page.into()),
                _ => Action::Forward,
            });
        refused(&seed(&bench(), &proxy.url(), &LocalStack::account(), &[]));
        let writes = proxy.operations().into_iter().filter(|name| name.starts_with("Create"));
        assert_eq!(writes.count(), 0);
    }
}

#[test]
fn a_profile_that_ignores_endpoints_means_aws() {
    let config = "[default]\nignore_configured_endpoint_urls = true\n";
    refused(&seed_with_config(&bench(), config, &[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]));
}

#[test]
fn an_endpoint_of_the_profile_counts() {
    let Some(localstack) = LocalStack::shared() else { return };
    let url = localstack.url();
    for config in [
        format!("[default]\nendpoint_url = {url}\n"),
        format!(
            "[default]\nservices = local\n[services local]\nsecrets_manager =\n  endpoint_url = {url}\n"
        ),
    ] {
        seed_with_config(&bench(), &config, &[]).expect(0);
        // Ignored by a variable, the same files mean AWS.
        let ignored = [("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")];
        refused(&seed_with_config(&bench(), &config, &ignored));
    }
}

#[test]
fn another_service_of_the_services_section_is_not_meant() {
    let config = "[default]\nservices = local\n[services local]\ns3 =\n  endpoint_url = http://127.0.0.1:1\n";
    refused(&seed_with_config(&bench(), config, &[]));
}

#[test]
fn a_named_account_is_verified() {
    let Some(localstack) = LocalStack::shared() else { return };
    let (bench, account) = (bench(), LocalStack::account());
    let other = seed(&bench, &localstack.url(), &account, &["--account", "999999999999"]).expect(2);
    assert!(other.stderr.contains("error[other-account]"), "{}", other.stderr);
    let list = wait(client(localstack, &account).list_secrets().send()).unwrap();
    assert!(list.secret_list().is_empty());
    seed(&bench, &localstack.url(), &account, &["--account", &account]).expect(0);
}

#[test]
fn an_account_that_cannot_be_verified_is_not_written_to() {
    let proxy = Proxy::start(([127, 0, 0, 1], 1).into(), |_| {
        Action::Answer(403, "{\"__type\":\"AccessDenied\",\"message\":\"no\"}".into())
    });
    let arguments = ["--account", "000000000001"];
    let failed = seed(&bench(), &proxy.url(), "000000000001", &arguments).expect(3);
    assert!(failed.stderr.contains("error[account-unknown]"), "{}", failed.stderr);
    assert!(proxy.operations().iter().all(String::is_empty), "{:?}", proxy.operations());
}

#[test]
fn keys_that_the_catalogue_does_not_name_survive() {
    let Some(localstack) = LocalStack::shared() else { return };
    let (bench, account) = (bench(), LocalStack::account());
    let client = client(localstack, &account);
    let value = "{\"OTHER\": 1.10, \"A\": \"old\", \"NESTED\": {\"x\": [1]}}";
    wait(client.create_secret().name("test/all").secret_string(value).send()).unwrap();
    seed(&bench, &localstack.url(), &account, &[]).expect(0);
    let now = wait(client.get_secret_value().secret_id("test/all").send()).unwrap();
    let now = now.secret_string().unwrap();
    assert_eq!(now, "{\"OTHER\":1.10,\"A\":\"dev\",\"NESTED\":{\"x\": [1]}}");
    let again = seed(&bench, &localstack.url(), &account, &[]).expect(0);
    assert!(again.stdout.contains("unchanged"), "{}", again.stdout);
}

#[test]
fn a_binary_secret_can_be_seeded_again() {
    let Some(localstack) = LocalStack::shared() else { return };
    let catalogue = "x-secrets:
  a/store: {services: [a], format: base64, variable: STORE, dev: AAAA}
  a/text: {services: [a], format: text, variable: TEXT, dev: x}
";
    let (bench, account) = (Bench::new(catalogue), LocalStack::account());
    seed(&bench, &localstack.url(), &account, &[]).expect(0);
    seed(&bench, &localstack.url(), &account, &["--set", "STORE=BBBB"]).expect(0);
    let mut print = bench.tool(&["print", "--profile", "core", "--format", "json"]);
    let print = run(aws(&mut print, &localstack.url(), &account)).expect(0);
    assert!(print.stdout.contains("\"STORE\": \"BBBB\""), "{}", print.stdout);
    // A secret that an earlier version, or another program, has broken is mended.
    let broken = Blob::new(b"x".to_vec());
    let put = client(localstack, &account).put_secret_value().secret_id("a/store");
    wait(put.secret_binary(broken).send()).unwrap();
    seed(&bench, &localstack.url(), &account, &[]).expect(0);
    let mut print = bench.tool(&["print", "--profile", "core", "--format", "json"]);
    let print = run(aws(&mut print, &localstack.url(), &account)).expect(0);
    assert!(print.stdout.contains("\"STORE\": \"AAAA\""), "{}", print.stdout);
}
