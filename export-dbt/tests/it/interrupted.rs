//! Runs that end early: by a signal, by a second one, by their deadline.

use std::io::Read;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::{Run, run};

use crate::s3;
use crate::support::{
    Sandbox, data_files, held, outcomes, readers, summary, table, until, validate,
};

fn send(signal: &str, child: &Child) {
    // It may have ended already.
    let _ = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
}

/// Stops a run while it writes a table: the old version stands, and nothing else is left.
fn stopped_by(signal: &str, status: i32) {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.a AS SELECT 1 AS id; CREATE TABLE gold.big AS SELECT i AS id, hash(i)::VARCHAR || hash(i + 1) AS s FROM range(3000000) t(i)");
    let child = sandbox
        .command()
        .args(["--jobs", "1", "--format", "json", "--memory-limit", "256MiB"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let folder = sandbox.table("gold", "big");
    until("the table is being written", || !data_files(&folder).is_empty());
    send(signal, &child);
    let run = Run::from(child.wait_with_output().unwrap()).expect(status);
    let summary = summary(&run);
    validate(&summary);
    assert_eq!(outcomes(&summary)["gold.big"], "interrupted");
    assert_eq!(table(&summary, "gold.big")["code"], "interrupted");
    assert!(data_files(&folder).is_empty(), "{:?}", data_files(&folder));
    assert!(!folder.join("_delta_log").exists());
}

#[test]
fn ctrl_c_leaves_the_old_version_and_nothing_else() {
    stopped_by("-INT", 130);
}

#[test]
fn a_termination_leaves_the_old_version_and_nothing_else() {
    stopped_by("-TERM", 143);
}

#[test]
fn signals_end_a_run_whose_upload_hangs() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let held =
        held(stack.address, |request| request.method == "PUT" && request.path.contains(".parquet"));
    let mut child =
        s3::command(&sandbox, held.address, "second").stdout(Stdio::piped()).spawn().unwrap();
    until("the upload hangs", || held.count() > 0);
    until("the run ends", || {
        send("-INT", &child);
        child.try_wait().unwrap().is_some()
    });
    drop(held);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    // A run that the second signal ends has no summary; the first may have ended it before.
    assert!(out.is_empty() || out.contains("\"outcome\": \"interrupted\""), "{out}");
}

#[test]
fn an_endpoint_that_never_answers_is_given_up_at_the_deadline() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = s3::command(&sandbox, silent.local_addr().unwrap(), "silent");
    let run = run(command.args(["--timeout", "1s"])).expect(3);
    assert_eq!(outcomes(&summary(&run))["gold.t"], "interrupted");
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn a_deadline_that_has_not_passed_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let exported = sandbox.exported(&["--timeout", "1h 30m"]);
    assert_eq!(table(&exported, "gold.t")["outcome"], "exported");
}
