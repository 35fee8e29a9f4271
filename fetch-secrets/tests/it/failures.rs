//! Failures that LocalStack cannot be made to show: a denied batch, a dead endpoint, a silent one.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use rideshare_tests::localstack::LocalStack;
use rideshare_tests::port;
use rideshare_tests::proxy::{Action, Proxy, Request};
use rideshare_tests::run::{Run, run, until};

use crate::support::{Bench, aws, tool};

/// A catalogue of 45 secrets, seeded in an account of its own.
fn forty_five(localstack: &LocalStack) -> (Bench, String) {
    let mut text = String::from("x-secrets:\n");
    for index in 0..45 {
        text.push_str(&format!(
            "  many/s{index:02}: {{services: [a], keys: {{K{index:02}: {{dev: v{index}}}}}}}\n"
        ));
    }
    let bench = Bench::new(&text);
    let account = LocalStack::account();
    let mut command = bench.tool(&["seed"]);
    run(aws(&mut command, &localstack.url(), &account)).expect(0);
    (bench, account)
}

fn fetch(bench: &Bench, url: &str, account: &str) -> Run {
    let mut command = bench.tool(&["--profile", "core"]);
    run(aws(&mut command, url, account))
}

fn denied(operation: &'static str) -> impl Fn(&Request) -> Action {
    move |request| {
        if request.operation() == operation {
            let body = format!(
                "{{\"__type\":\"AccessDeniedException\",\"Message\":\"User: arn:aws:iam::1:user/x \
                 is not authorized to perform: secretsmanager:{operation}\"}}"
            );
            Action::Answer(400, body)
        } else {
            Action::Forward
        }
    }
}

#[test]
fn forty_five_secrets_are_three_requests() {
    let Some(localstack) = LocalStack::shared() else { return };
    let (bench, account) = forty_five(localstack);
    let proxy = Proxy::start(localstack.address, |_| Action::Forward);
    fetch(&bench, &proxy.url(), &account).expect(0);
    assert_eq!(proxy.operations(), ["BatchGetSecretValue"; 3]);
    assert_eq!(bench.read("out/core.env").lines().count(), 46);
}

#[test]
fn where_batches_are_denied_the_same_bytes_come_one_by_one() {
    let Some(localstack) = LocalStack::shared() else { return };
    let (bench, account) = forty_five(localstack);
    fetch(&bench, &localstack.url(), &account).expect(0);
    let batched = bench.read("out/core.env");
    std::fs::remove_dir_all(bench.out()).unwrap();
    let proxy = Proxy::start(localstack.address, denied("BatchGetSecretValue"));
    let alone = fetch(&bench, &proxy.url(), &account).expect(0);
    assert_eq!(bench.read("out/core.env"), batched);
    assert_eq!(alone.stderr.matches("no-batch").count(), 1, "{}", alone.stderr);
    let singles = proxy.operations().iter().filter(|op| *op == "GetSecretValue").count();
    assert_eq!(singles, 45);
    assert_snapshot!(alone.stderr);
}

#[test]
fn forbidden_secrets_are_listed_each_with_its_reason() {
    let Some(localstack) = LocalStack::shared() else { return };
    let (bench, account) = forty_five(localstack);
    let proxy = Proxy::start(localstack.address, |request| {
        let body = String::from_utf8_lossy(&request.body);
        if request.operation() == "BatchGetSecretValue" && body.contains("many/s03") {
            // As AWS answers: 200, with the secrets that may not be read in a list of errors.
            let errors = ["many/s03", "many/s07"].map(|name| {
                format!("{{\"SecretId\":\"{name}\",\"ErrorCode\":\"AccessDeniedException\",\"Message\":\"not authorized\"}}")
            });
            return Action::Answer(
                200,
                format!("{{\"SecretValues\":[],\"Errors\":[{}]}}", errors.join(",")),
            );
        }
        Action::Forward
    });
    let failed = fetch(&bench, &proxy.url(), &account).expect(1);
    assert_snapshot!(failed.transcript(&[]));
    assert!(bench.listing().is_empty());
    // The other 18 of that answer were in neither list and have been asked for alone.
    let singles = proxy.operations().iter().filter(|op| *op == "GetSecretValue").count();
    assert_eq!(singles, 18);
}

#[test]
fn a_passing_failure_is_tried_again() {
    let Some(localstack) = LocalStack::shared() else { return };
    let (bench, account) = forty_five(localstack);
    let failures = std::sync::atomic::AtomicUsize::new(0);
    let proxy = Proxy::start(localstack.address, move |_| {
        if failures.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2 {
            Action::Answer(503, "{\"__type\":\"ServiceUnavailable\"}".into())
        } else {
            Action::Forward
        }
    });
    fetch(&bench, &proxy.url(), &account).expect(0);
    assert_eq!(proxy.operations().len(), 5);
}

#[test]
fn credentials_that_are_refused_or_absent_are_said_once() {
    let Some(localstack) = LocalStack::shared() else { return };
    let (bench, account) = forty_five(localstack);
    let proxy = Proxy::start(localstack.address, |_| {
        Action::Answer(
            400,
            "{\"__type\":\"UnrecognizedClientException\",\"message\":\"canary\"}".into(),
        )
    });
    let refused = fetch(&bench, &proxy.url(), &account).expect(2);
    assert_snapshot!(refused.transcript(&[(&proxy.url(), "ENDPOINT")]));

    let mut command = bench.tool(&["--profile", "core"]);
    let absent = run(command.env("AWS_ENDPOINT_URL", localstack.url())).expect(2);
    assert_snapshot!(absent.transcript(&[(&localstack.url(), "ENDPOINT")]));
}

#[test]
fn an_answer_that_is_not_secrets_managers_is_said() {
    let Some(localstack) = LocalStack::shared() else { return };
    let (bench, account) = forty_five(localstack);
    for (status, body) in [(200, "<html>canary</html>"), (404, "canary"), (502, "canary")] {
        let proxy = Proxy::start(localstack.address, move |_| Action::Answer(status, body.into()));
        let failed = fetch(&bench, &proxy.url(), &account).expect(3);
        assert!(failed.stderr.contains(&proxy.url()), "{}", failed.stderr);
        assert!(!failed.stderr.contains("canary"), "{}", failed.stderr);
    }
}

#[test]
fn nobody_listens() {
    let bench = Bench::with_values([("A", "canary")]);
    let port = port::free();
    let url = format!("http://127.0.0.1:{port}");
    let failed = fetch(&bench, &url, "000000000001").expect(3);
    assert_snapshot!(failed.transcript(&[(&url, "ENDPOINT")]));
}

#[test]
fn a_name_that_does_not_resolve() {
    let bench = Bench::with_values([("A", "canary")]);
    let url = "http://secrets.invalid:4566";
    let failed = fetch(&bench, url, "000000000001").expect(3);
    assert!(failed.stderr.contains(url), "{}", failed.stderr);
}

#[test]
fn an_endpoint_that_never_answers_is_given_up_within_the_deadline() {
    // It accepts connections and says nothing.
    let hole = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", hole.local_addr().unwrap());
    let bench = Bench::with_values([("A", "canary")]);
    let started = Instant::now();
    let mut command = bench.tool(&["--timeout", "2s"]);
    let failed = run(aws(&mut command, &url, "000000000001")).expect(3);
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert_snapshot!(failed.transcript(&[(&url, "ENDPOINT")]));
    assert!(bench.listing().is_empty());
}

#[test]
fn packets_that_vanish_are_given_up_within_the_deadline() {
    // TEST-NET-1: no host has this address, and routers drop what is sent to it.
    let bench = Bench::with_values([("A", "canary")]);
    let started = Instant::now();
    let mut command = bench.tool(&["--timeout", "2s"]);
    let failed = run(aws(&mut command, "http://192.0.2.1:4566", "000000000001")).expect(3);
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert!(failed.stderr.contains("http://192.0.2.1:4566"), "{}", failed.stderr);
}

#[test]
fn an_interruption_ends_with_130_and_writes_nothing() {
    let hole = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", hole.local_addr().unwrap());
    let bench = Bench::with_values([("A", "canary")]);
    let mut command = bench.tool(&[]);
    hole.set_nonblocking(true).unwrap();
    let mut child = aws(&mut command, &url, "000000000001").spawn().unwrap();
    // Once it has connected it is waiting for the answer.
    let mut connection = None;
    until("a connection", || {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it connected");
        connection = hole.accept().ok();
        connection.is_some()
    });
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(bench.listing().is_empty());
}

#[test]
fn usage_is_status_two() {
    for arguments in [
        &["--timeout", "soon"][..],
        &["--timeout", "0s"],
        &["--mode", "rw"],
        &["--source", "vault"],
        &["print", "--format", "xml"],
        &["exec"],
        &["nonsense"],
    ] {
        let wrong = run(tool().args(arguments)).expect(2);
        assert!(wrong.stdout.is_empty() && wrong.stderr.contains("error:"), "{}", wrong.stderr);
    }
}

#[test]
fn an_endpoint_that_is_no_url_is_refused_and_empty_variables_are_not_given() {
    let bench = Bench::with_values([("A", "canary")]);
    for url in ["", "localhost:4566", "http://", "not a url", "ftp://x"] {
        let refused = fetch(&bench, url, "000000000001").expect(2);
        assert!(
            refused.stderr.contains("error[bad-endpoint]: AWS_ENDPOINT_URL "),
            "{}",
            refused.stderr
        );
    }
    let mut command = bench.tool(&["--source", "dev"]);
    run(command.env("SECRETS_PROFILE", "")).expect(0);
    let mut command = tool();
    command.current_dir(rideshare_tests::root()).arg("list");
    run(command.env("PLATFORM_SPEC", "")).expect(0);
}
