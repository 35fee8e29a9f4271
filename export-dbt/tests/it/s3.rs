//! Exports to a real LocalStack: counted requests, lost answers, open uploads.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use insta::assert_snapshot;

use crate::support::{
    Sandbox, bare, held, outcomes, python_with, readers, s3, summary, table, until,
};
use rideshare_tests::localstack::LocalStack;
use rideshare_tests::proxy::{Action, Proxy};
use rideshare_tests::run::run;

/// A port that nobody listens on.
const NOBODY: ([u8; 4], u16) = ([127, 0, 0, 1], 9);

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

pub(crate) fn many_rows(sandbox: &Sandbox) {
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
    let proxy = Proxy::start(stack.address, |_| Action::Forward);
    let first = run(&mut command(&sandbox, proxy.address, "noput")).expect(0);
    summary(&first);
    let puts = proxy.count("PUT");
    assert!(puts >= 7, "two buckets, two files, three commits: {puts}");
    assert_eq!(count(stack.address, "s3://noput-silver/trips"), "0 10000");
    let second = run(&mut command(&sandbox, proxy.address, "noput"));
    assert!(outcomes(&summary(&second)).values().all(|o| o == "unchanged"), "{}", second.stdout);
    assert_eq!(proxy.count("PUT"), puts);
    assert_eq!(proxy.count("POST") + proxy.count("DELETE"), 0);
    let all = format!("{}{}{}{}", first.stdout, first.stderr, second.stdout, second.stderr);
    assert!(!all.contains("test-secret-value"));
}

#[test]
fn an_endpoint_beside_fips_and_dual_stack() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let mut command = command(&sandbox, stack.address, "fips");
    command.envs([("AWS_USE_FIPS_ENDPOINT", "true"), ("AWS_USE_DUALSTACK_ENDPOINT", "true")]);
    let exported = summary(&run(&mut command).expect(0));
    assert_eq!(table(&exported, "gold.t")["outcome"], "exported");
}

#[test]
fn a_multipart_file_arrives_whole() {
    let Some(_readers) = readers() else { return };
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    many_rows(&sandbox);
    let proxy = Proxy::start(stack.address, |_| Action::Forward);
    run(&mut command(&sandbox, proxy.address, "multipart")).expect(0);
    assert!(proxy.requests().iter().any(|r| r.path.contains("partNumber=2")), "more than one part");
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
    let proxy = Proxy::start(stack.address, |request| match request.earlier {
        0 => Action::Answer(503, String::new()),
        _ => Action::Forward,
    });
    run(&mut command(&sandbox, proxy.address, "retried")).expect(0);
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
        Proxy::start(stack.address, |request| match (request.method.as_str(), request.earlier) {
            ("PUT" | "POST", 0) => Action::LoseAnswer,
            _ => Action::Forward,
        });
    for version in 0..3 {
        let done = run(command(&sandbox, proxy.address, "lost").arg("--force")).expect(0);
        assert_eq!(table(&summary(&done), "gold.t")["version"], version);
        assert_eq!(count(stack.address, "s3://lost-gold/t"), format!("{version} 700000"));
    }
    let requests = proxy.requests();
    let conditional = requests.iter().filter(|r| r.header("if-none-match").is_some()).count();
    assert!(conditional >= 3, "{conditional}");
}

#[test]
fn an_endpoint_that_goes_away_leaves_the_old_version() {
    let Some(_readers) = readers() else { return };
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    many_rows(&sandbox);
    run(&mut command(&sandbox, stack.address, "gone")).expect(0);
    // Parts stop going through; only an abort still does.
    let proxy = Proxy::start(stack.address, |request| match request.method.as_str() {
        "PUT" => Action::Refuse,
        _ => Action::Forward,
    });
    let failed = run(command(&sandbox, proxy.address, "gone").arg("--force")).expect(3);
    assert_eq!(table(&summary(&failed), "gold.t")["outcome"], "failed");
    assert_eq!(count(stack.address, "s3://gone-gold/t"), "0 700000");
    assert_eq!(open_uploads(stack.address, "gone-gold"), "0", "the upload was aborted");
}

#[test]
fn nobody_listens() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    assert_snapshot!(run(&mut command(&sandbox, NOBODY.into(), "nobody")).expect(3).stderr);
}

#[test]
fn open_uploads_of_killed_runs_are_aborted() {
    let Some(_readers) = readers() else { return };
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    many_rows(&sandbox);
    run(&mut command(&sandbox, stack.address, "killed")).expect(0);
    // The second part hangs until the process is killed.
    let parts = AtomicUsize::new(0);
    let held = held(stack.address, move |request| {
        let is_part = request.method == "PUT" && request.path.contains("partNumber");
        is_part && parts.fetch_add(1, Ordering::SeqCst) >= 1
    });
    let mut child = command(&sandbox, held.address, "killed")
        .arg("--force")
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    until("the second part is sent", || held.count() > 0);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(held);
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
    assert_eq!(table(&summary(&clean), "gold.t")["removedFiles"], 1, "{}", clean.stdout);
    assert_eq!(open_uploads(stack.address, "killed-gold"), "0");
}

#[test]
fn a_missing_bucket_is_told_with_the_way_out() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let mut command = bare();
    command
        .arg("--duckdb")
        .arg(sandbox.database())
        .args(["--target", "s3://absent-{layer}/{table}"]);
    let missing = run(command.args(["--format", "json"]).envs(s3(stack.address))).expect(1);
    assert_snapshot!(missing.stderr);
    let summary = summary(&missing);
    assert_eq!(table(&summary, "gold.t")["code"], "no-bucket");
    assert_eq!(table(&summary, "gold.t")["reason"], "there is no bucket \"absent-gold\"");
    assert_eq!(table(&summary, "gold.t")["hint"], "create it, or add --create-buckets");
}

#[test]
fn refused_credentials_are_told_without_the_secret() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let proxy = Proxy::start(stack.address, |_| Action::Answer(403, String::new()));
    let denied = run(&mut command(&sandbox, proxy.address, "denied")).expect(1);
    assert!(!denied.stderr.contains("test-secret-value"));
    assert_snapshot!(denied.stderr);
}

#[test]
fn absent_credentials_are_told() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let mut command = command(&sandbox, NOBODY.into(), "absent");
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        command.env_remove(name);
    }
    command.env("HOME", "/nonexistent").env("AWS_EC2_METADATA_DISABLED", "true");
    assert_snapshot!(run(&mut command).expect(1).stderr);
}

#[test]
fn s3_endpoint_wins() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let mut command = command(&sandbox, NOBODY.into(), "wins");
    run(command.env("S3_ENDPOINT", format!("http://{}", stack.address))).expect(0);
}

#[test]
fn an_empty_s3_endpoint_counts_as_unset() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let mut command = command(&sandbox, stack.address, "unset");
    for name in ["S3_ENDPOINT", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"] {
        command.env(name, "");
    }
    run(&mut command).expect(0);
}

#[test]
fn an_unchanged_table_costs_as_many_requests_whatever_its_versions() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    for _ in 0..13 {
        run(command(&sandbox, stack.address, "requests").arg("--force")).expect(0);
    }
    let proxy = Proxy::start(stack.address, |_| Action::Forward);
    let unchanged =
        run(command(&sandbox, proxy.address, "requests").args(["--layer", "gold"])).expect(0);
    assert_eq!(table(&summary(&unchanged), "gold.t")["outcome"], "unchanged");
    // The bucket's folders, the log's hint, the log from there on with the files, and the newest commit.
    let requests = proxy.requests();
    let shown: Vec<_> = requests.iter().map(|r| format!("{} {}", r.method, r.path)).collect();
    assert!(requests.len() <= 4, "{shown:#?}");
}

#[test]
fn new_tables_cost_two_requests_each_and_unchanged_ones_three() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    let tables = (0..20).map(|n| format!("CREATE TABLE gold.t{n} AS SELECT {n} AS id;"));
    sandbox.sql(&tables.collect::<String>());
    let proxy = Proxy::start(stack.address, |_| Action::Forward);
    let export =
        || run(command(&sandbox, proxy.address, "small").args(["--layer", "gold"])).expect(0);
    export();
    let shown = || {
        let requests = proxy.requests();
        requests.iter().map(|r| format!("{} {}", r.method, r.path)).collect::<Vec<_>>()
    };
    let first = shown().len();
    // The bucket that is not there yet, and its creation.
    assert!(first <= 20 * 2 + 2, "{:#?}", shown());
    let unchanged = export();
    assert!(outcomes(&summary(&unchanged)).values().all(|o| o == "unchanged"));
    assert!(shown().len() - first <= 20 * 3 + 1, "{:#?}", &shown()[first..]);
}

#[test]
fn a_partitioned_table_costs_no_more_when_it_is_unchanged() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, i % 30 AS day, i % 3 AS \"Kind\" FROM range(900) t(i)");
    for (by, bucket, most) in [("day", "parted", 4), ("Kind", "early", 3 + 1 + 1 + 3)] {
        let by = format!("gold.t={by}");
        let arguments = ["--layer", "gold", "--partition-by", &by];
        run(command(&sandbox, stack.address, bucket).args(arguments)).expect(0);
        let proxy = Proxy::start(stack.address, |_| Action::Forward);
        let unchanged = run(command(&sandbox, proxy.address, bucket).args(arguments)).expect(0);
        assert_eq!(table(&summary(&unchanged), "gold.t")["outcome"], "unchanged");
        let requests = proxy.requests();
        let shown: Vec<_> = requests.iter().map(|r| format!("{} {}", r.method, r.path)).collect();
        assert!(requests.len() <= most, "{shown:#?}");
    }
}

/// A folder may have any number of files beside a log.
#[test]
fn compare_looks_for_tables_in_their_logs_alone() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    run(&mut command(&sandbox, stack.address, "sought")).expect(0);
    let proxy = Proxy::start(stack.address, |_| Action::Forward);
    let mut compare = bare();
    compare.arg("compare").arg(sandbox.database()).arg("s3://sought-gold/t");
    run(compare.envs(s3(proxy.address))).expect(0);
    let paths: Vec<String> =
        proxy.requests().iter().map(|request| request.path.replace("%2F", "/")).collect();
    let listed = |folder: &str| {
        let prefix = format!("prefix={folder}");
        paths.iter().position(|path| path.split(['?', '&']).any(|part| part == prefix))
    };
    // The table is found, and then read.
    let (log, whole) = (listed("t/_delta_log/"), listed("t/"));
    assert!(log.is_some() && log < whole, "{paths:#?}");
}

#[test]
fn a_bucket_of_another_region_is_told_with_its_region() {
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    for status in [301, 400] {
        let proxy = Proxy::start(stack.address, move |_| {
            Action::AnswerWith(status, "x-amz-bucket-region: eu-central-1", String::new())
        });
        let moved = run(&mut command(&sandbox, proxy.address, "elsewhere")).expect(1);
        let report = summary(&moved);
        assert_eq!(table(&report, "gold.t")["code"], "wrong-region", "{}", moved.stderr);
        assert!(moved.stderr.contains("is in the region eu-central-1"), "{}", moved.stderr);
    }
}

/// A run into buckets that are tables, whose store refuses the commits of one client. The other client makes them from
/// its try number `from` on, counted from 0.
fn commit_by_the_other_client(bucket: &str, from: usize) {
    let Some(_readers) = readers() else { return };
    let Some(stack) = LocalStack::shared() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let tries = AtomicUsize::new(0);
    let proxy = Proxy::start(stack.address, move |request| {
        let agent = request.header("user-agent").unwrap_or_default();
        let is_commit = request.method == "PUT" && request.path.contains("_delta_log");
        match (is_commit, agent.contains("aws-sdk-rust")) {
            (false, _) => Action::Forward,
            (true, true) if tries.fetch_add(1, Ordering::SeqCst) >= from => Action::Forward,
            (true, _) => Action::Answer(400, String::new()),
        }
    });
    let mut command = bare();
    command.arg("--duckdb").arg(sandbox.database()).args(["--create-buckets", "--format", "json"]);
    command.args(["--target", &format!("s3://{bucket}-{{layer}}-{{table}}")]);
    let exported = run(command.envs(s3(proxy.address))).expect(0);
    assert_eq!(table(&summary(&exported), "gold.t")["outcome"], "exported", "{}", exported.stderr);
    assert_eq!(count(stack.address, &format!("s3://{bucket}-gold-t")), "0 1");
    let requests = proxy.requests();
    let shown: Vec<_> = requests.iter().map(|r| format!("{} {}", r.method, r.path)).collect();
    assert!(!shown.iter().any(|request| request.contains("//")), "{shown:#?}");
}

#[test]
fn the_question_about_conditions_is_the_commit_of_a_table_at_the_root() {
    commit_by_the_other_client("root", 0);
}

#[test]
fn a_commit_that_the_last_question_made_is_known() {
    commit_by_the_other_client("last-question", 3);
}
