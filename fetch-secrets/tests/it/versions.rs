//! The version of a secret, and its region.

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::proxy::{Action, Proxy};
use rideshare_tests::run::run;

use crate::support::{Bench, aws, client, wait};

#[test]
fn the_versions_of_a_label_can_be_asked_for() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench = Bench::with_values([("A", "first")]);
    let account = LocalStack::account();
    run(aws(&mut bench.tool(&["seed"]), &localstack.url(), &account)).expect(0);
    run(aws(&mut bench.tool(&["seed", "--set", "A=second"]), &localstack.url(), &account))
        .expect(0);
    for (stage, value) in [("AWSPREVIOUS", "first"), ("AWSCURRENT", "second")] {
        let mut print = bench.tool(&["print", "--format", "docker", "--version-stage", stage]);
        let print = run(aws(&mut print, &localstack.url(), &account)).expect(0);
        assert_eq!(print.stdout, format!("A={value}\n"));
    }
    let mut print = bench.tool(&["print", "--version-stage", "NONE"]);
    run(aws(&mut print, &localstack.url(), &account)).expect(1);
}

#[test]
fn a_second_region_is_asked_when_the_first_cannot_be_reached() {
    let bench = Bench::with_values([("A", "dev")]);
    let value = r#"{"SecretValues":[{"Name":"test/all","SecretString":"{\"A\":\"x\"}"}]}"#;
    let denied = r#"{"__type":"AccessDeniedException","message":"no"}"#;
    for (first, status) in [((500, "<html>"), 0), ((400, denied), 1)] {
        let service = Proxy::start(([127, 0, 0, 1], 1).into(), move |request| {
            let to = request.header("authorization").unwrap_or_default();
            match to.contains("/eu-west-1/") {
                true => Action::Answer(200, value.into()),
                false => Action::Answer(first.0, first.1.into()),
            }
        });
        let mut print = bench.tool(&["print", "--fallback-region", "eu-west-1"]);
        let print = run(aws(&mut print, &service.url(), "000000000001")).expect(status);
        let told = print.stderr.contains("warning[fallback-region]");
        assert_eq!(told, status == 0, "{}", print.stderr);
    }
}

#[test]
fn one_secret_can_be_taken_in_the_version_of_an_id() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench = Bench::new(
        "x-secrets:
  one: {services: [a], keys: {A: {dev: first}}}
  two: {services: [a], keys: {B: {dev: first}}}
",
    );
    let account = LocalStack::account();
    run(aws(&mut bench.tool(&["seed"]), &localstack.url(), &account)).expect(0);
    let client = client(localstack, &account);
    let old = wait(client.get_secret_value().secret_id("one").send()).unwrap();
    let old = old.version_id.unwrap();
    let set = ["seed", "--set", "A=second", "--set", "B=second"];
    run(aws(&mut bench.tool(&set), &localstack.url(), &account)).expect(0);
    let print = |id: &str| {
        let proxy = Proxy::start(localstack.address, |_| Action::Forward);
        let mut print = bench.tool(&["print", "--format", "docker", "--version-id", id]);
        let print = run(aws(&mut print, &proxy.url(), &account));
        (print, proxy.operations())
    };
    let (printed, operations) = print(&format!("one={old}"));
    assert_eq!(printed.expect(0).stdout, "A=first\nB=second\n");
    assert_eq!(operations, ["BatchGetSecretValue", "GetSecretValue"]);
    let (unknown, _) = print("one=00000000-0000-0000-0000-000000000000");
    assert!(unknown.expect(1).stderr.contains("error[secret-not-readable]: one: "));
    let (mistake, operations) = print(&format!("onne={old}"));
    assert!(mistake.expect(2).stderr.contains("did you mean \"one\"?"));
    assert!(operations.is_empty(), "nothing is asked");
    print("one").0.expect(2);
    let twice = ["print", "--version-id", "one=a", "--version-id", "one=b"];
    let twice = run(&mut bench.tool(&twice)).expect(2);
    assert!(twice.stderr.contains("--version-id names one twice"), "{}", twice.stderr);
}
