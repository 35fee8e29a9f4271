//! Exit status and words of situations that a test has to make.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::proxy::{Action, Proxy};
use rideshare_tests::run::{Run, run};

use crate::s3::command;
use crate::support::{Sandbox, held, summary, table, until};

/// The end of a run whose store falls silent at an upload or a commit, and how long it took from `stop` on.
fn silent(name: &str, at: &'static str, arguments: &[&str], stop: impl Fn(u32)) -> (Run, Duration) {
    let stack = LocalStack::shared().unwrap();
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let held =
        held(stack.address, move |request| request.method == "PUT" && request.path.contains(at));
    let mut started = Instant::now();
    let child = command(&sandbox, held.address, name)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    if arguments.is_empty() {
        until("the store is silent", || held.count() > 0);
        started = Instant::now();
    }
    stop(child.id());
    let output = child.wait_with_output().unwrap();
    (Run::from(output), started.elapsed())
}

/// More than the two seconds that a run has, for a busy machine, and much less than a request's deadline.
const SOON: Duration = Duration::from_secs(8);

fn terminate(id: u32) {
    Command::new("kill").args(["-TERM", &id.to_string()]).status().unwrap();
}

#[test]
fn a_termination_does_not_wait_for_a_silent_upload() {
    let Some(_stack) = LocalStack::shared() else { return };
    let (run, took) = silent("silent-upload", ".parquet", &[], terminate);
    assert_eq!(table(&summary(&run.expect(143)), "gold.t")["outcome"], "interrupted");
    assert!(took < SOON, "{took:?}");
}

#[test]
fn a_termination_does_not_wait_for_a_silent_commit() {
    let Some(_stack) = LocalStack::shared() else { return };
    let (run, took) = silent("silent-commit", "_delta_log", &[], terminate);
    assert_eq!(table(&summary(&run.expect(143)), "gold.t")["code"], "unknown-outcome");
    assert!(took < SOON, "{took:?}");
}

#[test]
fn a_deadline_does_not_wait_for_a_silent_upload() {
    let Some(_stack) = LocalStack::shared() else { return };
    let (run, took) = silent("silent-deadline", ".parquet", &["--timeout", "5s"], |_| ());
    assert_eq!(table(&summary(&run.expect(3)), "gold.t")["outcome"], "interrupted");
    assert!(took < Duration::from_secs(5) + SOON, "{took:?}");
}

#[test]
fn a_full_disk_is_told() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, hash(i) AS h FROM range(500000) t(i)");
    let lake = sandbox.path().join("lake");
    std::fs::create_dir(&lake).unwrap();
    let export = sandbox.command();
    // A file system of its own, for as long as the command runs.
    let script = "mount -t tmpfs -o size=1m tmpfs \"$1\" || exit 99; shift; exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--map-root-user", "sh", "-c", script, "sh"]).arg(&lake);
    command.arg(export.get_program()).args(export.get_args()).args(["--format", "json"]);
    let full = run(&mut command);
    if full.status == 99 || full.stderr.contains("unshare") {
        return; // The machine lets no one mount.
    }
    let report = summary(&full.expect(1));
    assert_eq!(table(&report, "gold.t")["code"], "disk-full", "{report:#}");
    assert!(table(&report, "gold.t")["hint"].as_str().unwrap().contains("free some space"));
}

#[test]
fn a_token_that_has_expired_is_told() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let body = "<?xml version=\"1.0\"?><Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>";
    let proxy = Proxy::start(stack.address, move |_| Action::Answer(400, body.to_owned()));
    let expired = run(&mut command(&sandbox, proxy.address, "expired")).expect(1);
    let report = summary(&expired);
    assert_eq!(table(&report, "gold.t")["code"], "credentials", "{}", expired.stderr);
    assert!(expired.stderr.contains("have expired (ExpiredToken)"), "{}", expired.stderr);
}

#[test]
fn a_store_without_conditional_writes_is_told() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let proxy = Proxy::start(stack.address, |request| match request.header("if-none-match") {
        Some(_) => Action::Answer(501, "<Error><Code>NotImplemented</Code></Error>".to_owned()),
        None => Action::Forward,
    });
    let mut command = command(&sandbox, proxy.address, "unconditional");
    let refused = run(&mut command).expect(1);
    let report = summary(&refused);
    assert_eq!(table(&report, "gold.t")["code"], "no-conditional-put", "{}", refused.stderr);
}

#[test]
fn a_bucket_may_have_underscores() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let proxy = Proxy::start(stack.address, |_| Action::Forward);
    // LocalStack refuses to make one, as AWS does today; the request is for the right bucket.
    run(&mut command(&sandbox, proxy.address, "old_name"));
    let paths: Vec<String> = proxy.requests().iter().map(|r| r.path.clone()).collect();
    assert!(paths.iter().any(|path| path.starts_with("/old_name-gold")), "{paths:?}");
}
