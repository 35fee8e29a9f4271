//! Several exporters of one table: consecutive versions, none lost. Several uploads of one exporter: not too many.

use std::process::{Command, Stdio};

use crate::s3::{command, count};
use crate::support::{Sandbox, actions, commit, held, outcomes, readers, summary, table, until};
use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::Run;

#[test]
fn two_exporters_at_once_on_s3() {
    let Some(_readers) = readers() else { return };
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id FROM range(1000) t(i)");
    let mut versions = Vec::new();
    for _ in 0..5 {
        let children: Vec<_> = (0..2)
            .map(|_| {
                let mut command = command(&sandbox, stack.address, "pair");
                command
                    .arg("--force")
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            versions.push(table(&summary, "gold.t")["version"].as_u64().unwrap());
        }
    }
    versions.sort_unstable();
    assert_eq!(versions, (0..10).collect::<Vec<_>>());
    assert_eq!(count(stack.address, "s3://pair-gold/t"), "9 1000");
}

#[test]
fn four_exporters_at_once_in_a_folder() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id FROM range(1000) t(i)");
    let mut versions = Vec::new();
    for _ in 0..5 {
        let children: Vec<_> = (0..4)
            .map(|_| {
                let mut command = sandbox.command();
                command
                    .args(["--force", "--format", "json"])
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            versions.push(table(&summary, "gold.t")["version"].as_u64().unwrap());
        }
    }
    versions.sort_unstable();
    assert_eq!(versions, (0..20).collect::<Vec<_>>());
    let path = sandbox.table("gold", "t");
    // Every commit takes out what the one before it brought.
    for version in 1..20 {
        let added = actions(&commit(&path, version - 1), "add");
        let removed = actions(&commit(&path, version), "remove");
        assert_eq!(added[0]["path"], removed[0]["path"], "version {version}");
        assert_eq!(removed.len(), 1);
    }
    assert_eq!(crate::support::rows(&path).as_array().unwrap().len(), 1000);
}

#[test]
fn many_small_partitions_are_few_uploads_at_once() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, i AS part FROM range(400) t(i)");
    let held =
        held(stack.address, |request| request.method == "PUT" && request.path.contains(".parquet"));
    let child = command(&sandbox, held.address, "uploads")
        .args(["--partition-by", "gold.t=part"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // 16 files that wait, and the one after them. The run then stands still until it is stopped.
    until("the uploads begin", || held.count() >= 17);
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let run = Run::from(child.wait_with_output().unwrap()).expect(143);
    assert_eq!(outcomes(&summary(&run))["gold.t"], "interrupted");
    assert_eq!(held.count(), 17);
}
