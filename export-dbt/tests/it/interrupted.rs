//! Runs that end early: by a signal, by a second one, by their deadline.

use std::io::Read;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use rideshare_tests::run::{Run, run};

use crate::s3;
use crate::support::{Sandbox, data_files, outcomes, readers, summary, table, until, validate};

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

/// The first signal waits for the summary, which nobody reads; the second one waits for nothing.
#[test]
fn a_second_signal_ends_a_run_that_cannot_write_its_summary() {
    let sandbox = Sandbox::new();
    // The summary is longer than a pipe.
    let tables = (0..800).map(|n| format!("CREATE TABLE gold.t{n} AS SELECT {n} AS id;"));
    sandbox.sql(&tables.collect::<String>());
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    silent.set_nonblocking(true).unwrap();
    let mut child = s3::command(&sandbox, silent.local_addr().unwrap(), "second")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut connection = None;
    until("the store is asked", || {
        connection = silent.accept().ok();
        connection.is_some()
    });
    send("-INT", &child);
    let mut stdout = child.stdout.take().unwrap();
    let mut summary = vec![0];
    stdout.read_exact(&mut summary).unwrap();
    send("-INT", &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    stdout.read_to_end(&mut summary).unwrap();
    assert!(summary.len() > 1 << 12, "{}", summary.len());
    assert!(serde_json::from_slice::<serde_json::Value>(&summary).is_err(), "a whole summary");
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
