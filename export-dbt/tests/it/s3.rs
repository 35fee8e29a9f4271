//! Exports to a real LocalStack: counted requests, lost answers, open uploads.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::proxy::{Fate, Proxy};
use crate::support::{Run, Sandbox, bare, outcomes, python_with, readers, run, s3, table};
use rideshare_tests::localstack::LocalStack;

/// The command against the store at an address, into buckets of this test's own.
pub(crate) fn command(sandbox: &Sandbox, address: SocketAddr, bucket: &str) -> Command {
    let mut command = bare();
    command
        .arg("--duckdb")
        .arg(sandbox.database())
        .args([
            "--target",
            &format!("s3://{bucket}-{{layer}}/{{table}}"),
            "--create-buckets",
            "--format",
            "json",
        ])
        .args(["--retry-timeout", "20s"])
        .envs(s3(address));
    command
}

/// Rows of a table on S3, read by deltalake.
pub(crate) fn count(address: SocketAddr, url: &str) -> String {
    let program = "
import sys; from deltalake import DeltaTable
t = DeltaTable(sys.argv[1], storage_options={'aws_conditional_put': 'etag'})
print(t.version(), t.to_pyarrow_table().num_rows)";
    python_with(program, &[url], &s3(address)).trim().to_string()
}

fn many_rows(sandbox: &Sandbox) {
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, hash(i) AS h, hash(i + 1)::VARCHAR || hash(i + 2) AS s FROM range(700000) t(i)");
}

fn open_uploads(address: SocketAddr, bucket: &str) -> String {
    let url = format!("http://{address}/{bucket}?uploads");
    let program = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode().count('<Upload>'))";
    python_with(program, &[&url], &[]).trim().to_string()
}

#[test]
fn the_second_run_makes_no_put() {
    let Some(_readers) = readers() else { return };
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE silver.trips AS SELECT i AS id, TIMESTAMP '2024-01-01' + to_seconds(i) AS at FROM range(10000) t(i);
         CREATE TABLE gold.sums AS SELECT sum(id) AS s FROM silver.trips;
         CREATE TABLE gold.empty AS SELECT 1 AS x WHERE false;",
    );
    let proxy = Proxy::new(stack.address, |_| Fate::Pass);
    let first = run(&mut command(&sandbox, proxy.address, "noput"));
    assert_eq!(first.status, 0, "{}", first.stderr);
    first.summary();
    let puts = proxy.count("PUT");
    assert!(puts >= 7, "two buckets, two files, three commits: {puts}");
    assert_eq!(count(stack.address, "s3://noput-silver/trips"), "0 10000");
    let second = run(&mut command(&sandbox, proxy.address, "noput"));
    assert!(outcomes(&second.summary()).values().all(|o| o == "unchanged"), "{}", second.stdout);
    assert_eq!(proxy.count("PUT"), puts);
    assert_eq!(proxy.count("POST") + proxy.count("DELETE"), 0);
    let all = format!("{}{}{}{}", first.stdout, first.stderr, second.stdout, second.stderr);
    assert!(!all.contains("test-secret-value"));
}

#[test]
fn a_multipart_file_arrives_whole() {
    let Some(_readers) = readers() else { return };
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    many_rows(&sandbox);
    let proxy = Proxy::new(stack.address, |_| Fate::Pass);
    let done = run(&mut command(&sandbox, proxy.address, "multipart"));
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(
        proxy.requests().iter().any(|r| r.target.contains("partNumber=2")),
        "more than one part"
    );
    assert_eq!(count(stack.address, "s3://multipart-gold/t"), "0 700000");
    assert_eq!(open_uploads(stack.address, "multipart-gold"), "0");
}

#[test]
fn server_errors_are_retried() {
    let Some(_readers) = readers() else { return };
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    many_rows(&sandbox);
    // Every request fails once.
    let proxy = Proxy::new(stack.address, |request| match request.earlier {
        0 => Fate::Answer(503),
        _ => Fate::Pass,
    });
    let done = run(&mut command(&sandbox, proxy.address, "retried"));
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert_eq!(count(stack.address, "s3://retried-gold/t"), "0 700000");
}

#[test]
fn lost_answers_make_one_version() {
    let Some(_readers) = readers() else { return };
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    many_rows(&sandbox);
    // The first answer to every write is lost after the store has done it: buckets, parts, the
    // completion of the upload, and the commit.
    let proxy =
        Proxy::new(stack.address, |request| match (request.method.as_str(), request.earlier) {
            ("PUT" | "POST", 0) => Fate::LoseAnswer,
            _ => Fate::Pass,
        });
    for version in 0..3 {
        let done = run(command(&sandbox, proxy.address, "lost").arg("--force"));
        assert_eq!(done.status, 0, "{}", done.stderr);
        assert_eq!(table(&done.summary(), "gold.t")["version"], version);
        assert_eq!(count(stack.address, "s3://lost-gold/t"), format!("{version} 700000"));
    }
    let conditional =
        proxy.requests().iter().filter(|r| r.conditional && r.method == "PUT").count();
    assert!(conditional >= 3, "{conditional}");
}

#[test]
fn an_endpoint_that_goes_away_leaves_the_old_version() {
    let Some(_readers) = readers() else { return };
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    many_rows(&sandbox);
    let done = run(&mut command(&sandbox, stack.address, "gone"));
    assert_eq!(done.status, 0, "{}", done.stderr);
    // Parts stop going through; only an abort still does.
    let proxy = Proxy::new(stack.address, |request| match request.method.as_str() {
        "PUT" => Fate::Refuse,
        _ => Fate::Pass,
    });
    let failed = run(command(&sandbox, proxy.address, "gone").arg("--force"));
    assert_eq!(failed.status, 3, "{}", failed.stderr);
    assert_eq!(table(&failed.summary(), "gold.t")["outcome"], "failed");
    assert_eq!(count(stack.address, "s3://gone-gold/t"), "0 700000");
    assert_eq!(open_uploads(stack.address, "gone-gold"), "0", "the upload was aborted");
    // Nobody at all.
    drop(proxy);
    let nobody = run(&mut command(&sandbox, SocketAddr::from(([127, 0, 0, 1], 9)), "gone"));
    assert_eq!(nobody.status, 3, "{}", nobody.stderr);
    assert!(nobody.stderr.contains("could not reach"), "{}", nobody.stderr);
}

#[test]
fn open_uploads_of_killed_runs_are_aborted() {
    let Some(_readers) = readers() else { return };
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    many_rows(&sandbox);
    let done = run(&mut command(&sandbox, stack.address, "killed"));
    assert_eq!(done.status, 0, "{}", done.stderr);
    // The third part hangs until the process is killed.
    let parts = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&parts);
    let proxy = Proxy::new(stack.address, move |request| {
        if request.method == "PUT"
            && request.target.contains("partNumber")
            && counter.fetch_add(1, Ordering::SeqCst) >= 1
        {
            std::thread::sleep(std::time::Duration::from_secs(5));
        }
        Fate::Pass
    });
    let mut child = command(&sandbox, proxy.address, "killed")
        .arg("--force")
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while parts.load(Ordering::SeqCst) < 2 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(open_uploads(stack.address, "killed-gold"), "1");
    assert_eq!(count(stack.address, "s3://killed-gold/t"), "0 700000");
    // Too young to be taken for a killed run's.
    run(&mut command(&sandbox, stack.address, "killed"));
    assert_eq!(open_uploads(stack.address, "killed-gold"), "1");
    let clean = run(command(&sandbox, stack.address, "killed").args([
        "--orphan-age",
        "0s",
        "--retention",
        "0s",
    ]));
    assert_eq!(table(&clean.summary(), "gold.t")["removedFiles"], 1, "{}", clean.stdout);
    assert_eq!(open_uploads(stack.address, "killed-gold"), "0");
}

#[test]
fn missing_buckets_and_refused_credentials() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id; CREATE TABLE silver.t AS SELECT 1 AS id");
    let no_bucket = |extra: &[&str]| -> Run {
        let mut command = bare();
        command.arg("--duckdb").arg(sandbox.database()).args([
            "--target",
            "s3://absent-{layer}/{table}",
            "--format",
            "json",
        ]);
        run(command.args(extra).envs(s3(stack.address)))
    };
    let missing = no_bucket(&[]);
    assert_eq!(missing.status, 1);
    assert!(
        missing.stderr.contains("there is no bucket absent-gold")
            && missing.stderr.contains("--create-buckets"),
        "{}",
        missing.stderr
    );
    let proxy = Proxy::new(stack.address, |_| Fate::Answer(403));
    let denied = run(&mut command(&sandbox, proxy.address, "denied"));
    assert_eq!(denied.status, 1);
    assert!(denied.stderr.contains("access denied"), "{}", denied.stderr);
    assert!(!denied.stderr.contains("test-secret-value"));
}

#[test]
fn s3_endpoint_wins() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
    let done =
        run(command(&sandbox, nobody, "wins")
            .env("S3_ENDPOINT", format!("http://{}", stack.address)));
    assert_eq!(done.status, 0, "{}", done.stderr);
    // A variable that is set to nothing is not set.
    let mut command = command(&sandbox, stack.address, "wins");
    for name in ["S3_ENDPOINT", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"] {
        command.env(name, "");
    }
    let done = run(&mut command);
    assert_eq!(done.status, 0, "{}", done.stderr);
}
