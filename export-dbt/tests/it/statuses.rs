//! Exit status and words of situations that a test has to make.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::peers;
use rideshare_tests::proxy::{Action, Proxy, Request};
use rideshare_tests::run::{Run, run};
use serde_json::Value;

use crate::partitions::BY_DAY;
use crate::s3::{command, many_rows};
use crate::support::{Sandbox, bare, held, summary, table, until};

/// Twice the two seconds that a run has, for a busy machine, and much less than a request's deadline.
const SOON: Duration = Duration::from_secs(4);

/// The deadline of the runs that have one.
const DEADLINE: Duration = Duration::from_secs(3);

/// The report of `gold.t` from a run that is terminated when the store is silent about requests of a kind.
fn silent(
    sandbox: &Sandbox,
    name: &str,
    is_silent: impl Fn(&Request) -> bool + Send + Sync + 'static,
    arguments: &[&str],
) -> Value {
    let stack = LocalStack::shared().unwrap();
    let held = held(stack.address, is_silent);
    let child = command(sandbox, held.address, name)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until("the store is silent", || held.count() > 0);
    table(&summary(&terminated(child)), "gold.t").clone()
}

/// Terminates a run, which ends soon.
fn terminated(child: Child) -> Run {
    let started = Instant::now();
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let run = Run::from(child.wait_with_output().unwrap()).expect(143);
    let took = started.elapsed();
    assert!(took < SOON, "{took:?}");
    run
}

/// A run that ends at its deadline.
fn late(command: &mut Command) -> Run {
    let started = Instant::now();
    let run = run(command.args(["--timeout", &format!("{}s", DEADLINE.as_secs())])).expect(3);
    let took = started.elapsed();
    assert!(took >= DEADLINE && took < DEADLINE + SOON, "{took:?}");
    run
}

/// The address of a server that never answers, and a way to see that it was asked.
fn silence() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Starts a run that asks a server that never answers, and terminates it then.
fn terminated_in_silence(listener: &TcpListener, command: &mut Command) -> Run {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut connection = None;
    until("the server is asked", || {
        connection = listener.accept().ok();
        connection.is_some()
    });
    terminated(child)
}

fn one_row() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    sandbox
}

fn is_upload(request: &Request) -> bool {
    request.method == "PUT" && request.path.contains(".parquet")
}

#[test]
fn a_termination_does_not_wait_for_a_silent_upload() {
    let Some(_stack) = LocalStack::shared() else { return };
    let report = silent(&one_row(), "silent-upload", is_upload, &[]);
    assert_eq!(report["outcome"], "interrupted");
}

#[test]
fn a_termination_does_not_wait_for_the_end_of_a_silent_upload() {
    let Some(_stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    many_rows(&sandbox);
    let is_completion =
        |request: &Request| request.method == "POST" && request.path.contains("uploadId=");
    let report = silent(&sandbox, "silent-completion", is_completion, &[]);
    assert_eq!(report["outcome"], "interrupted");
}

#[test]
fn a_termination_does_not_wait_for_a_silent_commit() {
    let Some(_stack) = LocalStack::shared() else { return };
    let is_commit =
        |request: &Request| request.method == "PUT" && request.path.contains("_delta_log");
    let report = silent(&one_row(), "silent-commit", is_commit, &[]);
    assert_eq!(report["code"], "unknown-outcome");
}

#[test]
fn a_termination_does_not_wait_for_a_silent_listing_of_files() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, i % 3 AS day FROM range(30) t(i)");
    run(command(&sandbox, stack.address, "silent-listing").args(BY_DAY)).expect(0);
    sandbox.sql("UPDATE gold.t SET id = 100 WHERE id = 1");
    let is_listing = |request: &Request| {
        let path = &request.path;
        request.method == "GET" && path.contains("delimiter=") && path.contains("prefix=t")
    };
    let report = silent(&sandbox, "silent-listing", is_listing, &BY_DAY);
    assert_eq!(report["outcome"], "interrupted");
}

#[test]
fn a_termination_does_not_wait_for_a_silent_listing_of_uploads() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = one_row();
    run(&mut command(&sandbox, stack.address, "silent-uploads")).expect(0);
    let is_listing =
        |request: &Request| request.method == "GET" && request.path.contains("?uploads");
    let report = silent(&sandbox, "silent-uploads", is_listing, &["--orphan-age", "0s"]);
    assert_eq!(report["outcome"], "unchanged");
}

#[test]
fn a_deadline_does_not_wait_for_a_silent_upload() {
    let Some(stack) = LocalStack::shared() else { return };
    let held = held(stack.address, is_upload);
    let sandbox = one_row();
    let late = late(&mut command(&sandbox, held.address, "silent-deadline"));
    assert_eq!(table(&summary(&late), "gold.t")["outcome"], "interrupted");
}

#[test]
fn neither_waits_for_a_silent_store() {
    let (sandbox, (listener, address)) = (one_row(), silence());
    let mut export = command(&sandbox, address, "silent");
    terminated_in_silence(&listener, &mut export);
    late(&mut export);
}

#[test]
fn neither_waits_for_silent_credentials() {
    let (sandbox, (listener, address)) = (one_row(), silence());
    let mut export = command(&sandbox, ([127, 0, 0, 1], 9).into(), "silent");
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        export.env_remove(name);
    }
    export.env("HOME", "/nonexistent");
    export.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{address}/credentials"));
    terminated_in_silence(&listener, &mut export);
    late(&mut export);
}

#[test]
fn neither_waits_for_a_silent_trino() {
    let (sandbox, (listener, address)) = (one_row(), silence());
    let mut export = sandbox.command();
    export.args(["--register", &format!("http://{address}"), "--format", "json"]);
    terminated_in_silence(&listener, &mut export);
    late(&mut export);
}

#[test]
fn a_deadline_does_not_wait_for_a_query() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE VIEW gold.t AS SELECT sum(hash(i)) AS s FROM range(1000000000000) t(i)");
    let late = late(sandbox.command().args(["--views", "--format", "json"]));
    assert_eq!(table(&summary(&late), "gold.t")["outcome"], "interrupted");
}

#[test]
fn a_comparison_waits_for_no_silent_trino() {
    let (sandbox, (listener, address)) = (one_row(), silence());
    let mut compare = bare();
    compare.arg("compare").arg(sandbox.database()).arg(format!("http://{address}"));
    terminated_in_silence(&listener, &mut compare);
    late(&mut compare);
}

/// The end of a run that a shell script starts in a place that its table does not fit. `$1` is the lake, the rest the
/// command.
fn full(program: &[&str], script: &str) -> Run {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, hash(i) AS h FROM range(500000) t(i)");
    let lake = sandbox.path().join("lake");
    std::fs::create_dir(&lake).unwrap();
    let export = sandbox.command();
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).args(["-c", script, "sh"]).arg(&lake);
    command.arg(export.get_program()).args(export.get_args()).args(["--format", "json"]);
    run(&mut command)
}

fn is_told(full: Run) {
    let report = summary(&full.expect(1));
    assert_eq!(table(&report, "gold.t")["code"], "disk-full", "{report:#}");
    assert!(table(&report, "gold.t")["hint"].as_str().unwrap().contains("free some space"));
}

#[test]
fn a_file_that_is_refused_its_size_is_told() {
    is_told(full(&["sh"], "trap '' XFSZ; ulimit -f 1024; shift; exec \"$@\""));
}

#[test]
fn a_full_disk_is_told() {
    // A file system of its own, for as long as the command runs.
    let script = "mount -t tmpfs -o size=1m tmpfs \"$1\" || exit 99; shift; exec \"$@\"";
    let full = full(&["unshare", "--mount", "--map-root-user", "sh"], script);
    if full.status == 99 || full.stderr.contains("unshare") {
        return peers::skip("the right to mount a file system");
    }
    is_told(full);
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
