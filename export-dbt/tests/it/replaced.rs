//! Commits that keep files: killed at every step, beside other exporters, and beside other writers' clean-ups.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::proxy::{Action, Proxy, Request};
use rideshare_tests::run::run;
use serde_json::{Value, json};

use crate::partitions::{BY_DAY, check, forget};
use crate::s3::command;
use crate::support::{
    Sandbox, bare, files, held, python, python_with, readers, s3, summary, table, until,
};

/// Version, rows and the sum of the generations.
fn read(address: SocketAddr, url: &str) -> [i64; 3] {
    let program = "
import sys; from deltalake import DeltaTable; import pyarrow.compute as pc
t = DeltaTable(sys.argv[1], storage_options={'aws_conditional_put': 'etag'})
rows = t.to_pyarrow_table()
print(t.version(), rows.num_rows, pc.sum(rows['generation']))";
    let out = python_with(program, &[url], &s3(address));
    let numbers: Vec<i64> = out.split_whitespace().map(|n| n.parse().unwrap()).collect();
    [numbers[0], numbers[1], numbers[2]]
}

#[test]
fn a_kill_before_each_step_leaves_a_whole_version() {
    let Some(_readers) = readers() else { return };
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, (i // 100)::INTEGER AS day, 0 AS generation FROM range(1000) t(i)");
    let cleaning = ["--retention", "0s", "--orphan-age", "0s"];
    let plain = |address| {
        let mut command = command(&sandbox, address, "steps");
        command.args(BY_DAY).args(cleaning);
        command
    };
    run(&mut plain(stack.address)).expect(0);
    let url = "s3://steps-gold/t";
    let mut before = read(stack.address, url);
    let mut steps = 0;
    loop {
        let generation = steps as i64 + 1;
        sandbox.sql(&format!("UPDATE gold.t SET generation = {generation} WHERE day IN (3, 4)"));
        let after = generation * 200;
        // The run stops before this write, until it is killed.
        let writes = AtomicUsize::new(0);
        let held = held(stack.address, move |request| {
            let is_write = request.method != "GET" && request.method != "HEAD";
            is_write && writes.fetch_add(1, Ordering::SeqCst) >= steps
        });
        let mut child =
            plain(held.address).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut ended = None;
        until("the run has come to the step or to its end", || {
            ended = child.try_wait().unwrap();
            ended.is_some() || held.count() > 0
        });
        let _ = child.kill();
        child.wait().unwrap();
        drop(held);
        let now = read(stack.address, url);
        let whole = [[before[0], 1000, before[2]], [before[0] + 1, 1000, after]];
        assert!(whole.contains(&now), "killed before write {steps}: {before:?} to {now:?}");
        run(&mut plain(stack.address)).expect(0);
        before = read(stack.address, url);
        assert_eq!(before[1..], [1000, after]);
        if ended.is_some_and(|status| status.success()) {
            break;
        }
        steps += 1;
    }
    // Two files and a commit at the least, and the removal of the old files.
    assert!(steps >= 4, "{steps}");
    let last = run(&mut plain(stack.address)).expect(0);
    assert_eq!(table(&summary(&last), "gold.t")["outcome"], "unchanged");
}

#[test]
fn two_databases_at_once_make_whole_versions_of_one_of_them() {
    let Some(_readers) = readers() else { return };
    let (one, other) = (Sandbox::new(), Sandbox::new());
    let fill = |sandbox: &Sandbox, generation: u32| {
        // Both change one common day and one of their own.
        sandbox.sql(&format!(
            "CREATE OR REPLACE TABLE gold.t AS SELECT i AS id, i // 50 AS day, CASE WHEN i // 50 IN ({}, 10) THEN {generation} ELSE 0 END AS generation FROM range(1000) t(i)",
            generation % 7
        ));
    };
    let start = |sandbox: &Sandbox| {
        let mut command = crate::support::bare();
        command.arg("--duckdb").arg(sandbox.database()).arg("--target").arg(one.target());
        command.args(BY_DAY).args(["--owner", "both", "--format", "json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let contents = |sandbox: &Sandbox| {
        let sql = "SELECT count(*) || ' ' || sum(generation) || ' ' || sum(day * generation) || ' ' || sum(hash(id, day, generation)) FROM gold.t";
        let connection = duckdb::Connection::open(sandbox.database()).unwrap();
        connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap()
    };
    let mut versions = Vec::new();
    for round in 0..12 {
        fill(&one, round * 2 + 1);
        fill(&other, round * 2 + 2);
        let children = [start(&one), start(&other)];
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
            versions.push(table(&summary, "gold.t")["version"].as_u64().unwrap());
        }
        let read = python(
            "
import sys, duckdb; from deltalake import DeltaTable
rows = DeltaTable(sys.argv[1]).to_pyarrow_table()
print(duckdb.sql(\"SELECT count(*) || ' ' || sum(generation) || ' ' || sum(day * generation) || ' ' || sum(hash(id, day, generation)) FROM rows\").fetchall()[0][0])",
            &[&one.table("gold", "t").display().to_string()],
        );
        let whole = [contents(&one), contents(&other)];
        assert!(whole.contains(&read.trim().to_owned()), "round {round}: {read} of {whole:?}");
    }
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), 24);
}

/// The store behind a proxy that calls `act` once, just before the first commit.
fn before_the_commit(store: SocketAddr, act: impl Fn() + Send + Sync + 'static) -> Proxy {
    let began = AtomicBool::new(false);
    Proxy::start(store, move |request| {
        let is_commit = request.method == "PUT" && request.path.contains("_delta_log");
        if is_commit && !began.swap(true, Ordering::SeqCst) {
            act();
        }
        Action::Forward
    })
}

#[test]
fn an_export_that_begins_again_warns_once() {
    let Some(stack) = LocalStack::shared() else { return };
    let (one, other) = (Sandbox::new(), Sandbox::new());
    for sandbox in [&one, &other] {
        sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, i % 3 AS day FROM range(30) t(i)");
    }
    run(command(&one, stack.address, "again").args(BY_DAY)).expect(0);
    other.sql("UPDATE gold.t SET id = 100 WHERE id = 1");
    // The first database replaces every file just before the second one's commit.
    let (database, store) = (one.database(), stack.address);
    let proxy = before_the_commit(store, move || {
        let mut first = bare();
        first.arg("--duckdb").arg(&database).args(["--target", "s3://again-{layer}/{table}"]);
        run(first.args(BY_DAY).arg("--force").envs(s3(store))).expect(0);
    });
    let second = run(command(&other, proxy.address, "again").args(BY_DAY)).expect(0);
    let report = summary(&second);
    assert_eq!(table(&report, "gold.t")["version"], 2);
    let warnings = &table(&report, "gold.t")["warnings"];
    assert_eq!(*warnings, json!(["the versions so far came from another database file"]));
}

/// Another owner's run creates the table just before the commit of a run that found none.
#[test]
fn a_table_that_another_owner_creates_meanwhile_is_not_replaced() {
    let Some(stack) = LocalStack::shared() else { return };
    let (one, other) = (Sandbox::new(), Sandbox::new());
    for sandbox in [&one, &other] {
        sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    }
    let (database, store) = (one.database(), stack.address);
    let proxy = before_the_commit(store, move || {
        let mut first = bare();
        first.arg("--duckdb").arg(&database).args(["--target", "s3://taken-{layer}/{table}"]);
        run(first.args(["--owner", "one"]).envs(s3(store))).expect(0);
    });
    let refused = run(command(&other, proxy.address, "taken").args(["--owner", "other"])).expect(1);
    let report = summary(&refused);
    assert_eq!(table(&report, "gold.t")["code"], "other-owner", "{report:#}");
}

/// Commits in the place of a run, as another database that takes the table.
fn take(store: SocketAddr, commit: &Request, owner: &str) {
    let text = String::from_utf8_lossy(&commit.body);
    let mut lines = vec![json!({"commitInfo": {"timestamp": 1, "operation": "WRITE"}})];
    for mut action in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        if let Some(metadata) = action.get_mut("metaData") {
            metadata["configuration"]["exportDbt.owner"] = owner.into();
        }
        if action.get("metaData").is_some() || action.get("protocol").is_some() {
            lines.push(action);
        }
    }
    let body = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let mut stream = TcpStream::connect(store).unwrap();
    let authorization = commit.header("authorization").unwrap();
    write!(
        stream,
        "PUT {} HTTP/1.1\r\nhost: {store}\r\nauthorization: {authorization}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        commit.path,
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn a_table_that_others_take_again_and_again_is_given_up() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let (store, takers) = (stack.address, AtomicUsize::new(0));
    let proxy = Proxy::start(stack.address, move |request| {
        if request.method == "PUT" && request.path.contains("_delta_log") {
            let taker = takers.fetch_add(1, Ordering::SeqCst);
            take(store, request, &format!("duckdb:{taker}"));
        }
        Action::Forward
    });
    let mut command = command(&sandbox, proxy.address, "contended");
    let given_up = run(command.args(["--timeout", "2m"])).expect(1);
    let report = summary(&given_up);
    assert_eq!(table(&report, "gold.t")["code"], "conflict", "{report:#}");
}

/// Runs a method of delta-rs on the table.
pub(crate) fn others(sandbox: &Sandbox, statement: &str) {
    let program = format!(
        "
import sys; from deltalake import DeltaTable
t = DeltaTable(sys.argv[1])
{statement}"
    );
    python(&program, &[&sandbox.table("gold", "t").display().to_string()]);
}

#[test]
fn others_may_optimize_and_vacuum() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    let small = ["--partition-by", "gold.t=day", "--file-size", "64KiB"];
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, (i // 250000)::INTEGER AS day, hash(i) AS s FROM range(1000000) t(i)");
    let (all, _) = files(&sandbox.exported(&small));
    assert!(all > 4, "{all}");
    others(&sandbox, "print(t.optimize.compact())");
    // The rows are the same, so nothing is written.
    assert_eq!(table(&sandbox.exported(&small), "gold.t")["outcome"], "unchanged");
    sandbox.sql("UPDATE gold.t SET s = 0 WHERE day = 2");
    sandbox.exported(&small);
    check(&sandbox);
    sandbox.sql("UPDATE gold.t SET s = 1 WHERE day = 2");
    let (_, kept) = files(&sandbox.exported(&small));
    assert!(kept > 0, "{kept}");
    forget(&sandbox);
    others(
        &sandbox,
        "t.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)",
    );
    assert_eq!(table(&sandbox.exported(&small), "gold.t")["outcome"], "unchanged");
    check(&sandbox);
    // Another writer's rows are replaced, and files with deleted rows do not stay.
    others(&sandbox, "t.delete('day = 1')");
    sandbox.sql("UPDATE gold.t SET s = 2 WHERE day = 3");
    sandbox.exported(&small);
    check(&sandbox);
}

#[test]
fn properties_of_others_stay_and_are_honoured() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, i % 4 AS day FROM range(1000) t(i)");
    sandbox.exported(&BY_DAY);
    others(
        &sandbox,
        "t.alter.set_table_properties({'delta.logRetentionDuration': 'interval 0 days', 'delta.enableExpiredLogCleanup': 'false', 'delta.checkpointInterval': '3', 'delta.deletedFileRetentionDuration': 'interval 30 days'})",
    );
    for change in 0..8 {
        sandbox.sql(&format!("UPDATE gold.t SET id = id + 1000 WHERE day = {}", change % 4));
        let arguments = ["--retention", "0s", "--orphan-age", "0s"];
        let summary = sandbox.exported(&[&BY_DAY[..], &arguments].concat());
        assert_eq!(table(&summary, "gold.t")["removedFiles"], 0);
    }
    let log = sandbox.table("gold", "t").join("_delta_log");
    for version in 0..=9 {
        assert!(log.join(format!("{version:020}.json")).exists(), "{version}");
    }
    let checkpoints = std::fs::read_dir(&log).unwrap().flatten();
    let checkpoints =
        checkpoints.filter(|e| e.file_name().to_string_lossy().contains(".checkpoint")).count();
    assert!(checkpoints >= 2, "{checkpoints}");
    check(&sandbox);
    let out = python(
        "import sys; from deltalake import DeltaTable; print(DeltaTable(sys.argv[1]).metadata().configuration)",
        &[&sandbox.table("gold", "t").display().to_string()],
    );
    assert!(out.contains("interval 30 days") && out.contains("exportDbt."), "{out}");
    // Without the property, log entries past their retention go with the next checkpoint.
    others(&sandbox, "t.alter.set_table_properties({'delta.enableExpiredLogCleanup': 'true'})");
    for change in 0..4 {
        sandbox.sql(&format!("UPDATE gold.t SET id = id + 1000 WHERE day = {change}"));
        sandbox.exported(&BY_DAY);
    }
    assert!(!log.join(format!("{:020}.json", 0)).exists());
    forget(&sandbox);
    check(&sandbox);
}
