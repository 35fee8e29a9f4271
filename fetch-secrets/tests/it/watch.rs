//! Which version, from which region, and how often.
//!
//! `--watch`: rotation reaches the files and their consumer, and nothing is touched without one.

use std::fs;
use std::os::unix::fs::MetadataExt;

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::proxy::{Action, Proxy};
use rideshare_tests::run::{run, until};

use crate::support::{Bench, aws, client, wait};

#[test]
fn a_rotated_secret_reaches_the_file_and_the_command() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench = Bench::with_values([("A", "first")]);
    let account = LocalStack::account();
    run(aws(&mut bench.tool(&["seed"]), &localstack.url(), &account)).expect(0);
    let command = "echo \"$@\" >> told; test $(wc -l < told) -lt 2";
    let mut watch = bench.tool(&["--watch", "200ms", "--on-change", command]);
    let mut child = aws(&mut watch, &localstack.url(), &account).spawn().unwrap();
    until("the first files", || bench.out().join("extra.env").exists());
    let inode = |name: &str| fs::metadata(bench.out().join(name)).unwrap().ino();
    let extra = inode("extra.env");
    let own = client(localstack, &account);
    for value in ["second", "third"] {
        let put = own.put_secret_value().secret_id("test/all");
        wait(put.secret_string(format!("{{\"A\":\"{value}\"}}")).send()).unwrap();
        until("the new value", || bench.read("out/core.env").contains(value));
    }
    let told = || fs::read_to_string(bench.path().join("told")).unwrap_or_default();
    // A command that fails does not end the watch.
    until("the command", || told() == "out/core.env\nout/core.env\n");
    assert!(child.try_wait().unwrap().is_none());
    assert_eq!(inode("extra.env"), extra, "an unchanged file is not touched");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_watch_that_cannot_start_is_a_failure() {
    let bench = Bench::with_values([("A", "x")]);
    let mut watch = bench.tool(&["--watch", "1s"]);
    run(aws(&mut watch, "http://127.0.0.1:1", "000000000001")).expect(3);
}

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
