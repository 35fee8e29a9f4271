//! What gets a clear error, and leaves the old version as it was.

use crate::support::{Sandbox, bare, outcomes, readers, rows, run, table, validate};

#[test]
fn a_missing_and_a_corrupt_database() {
    let sandbox = Sandbox::new();
    let missing = sandbox.export(&[]);
    assert_eq!(missing.status, 2);
    assert!(
        missing.stderr.contains("there is no database") && missing.stderr.contains("hint:"),
        "{}",
        missing.stderr
    );
    std::fs::write(
        sandbox.database(),
        "this is not a database, and it is long enough to look like one",
    )
    .unwrap();
    let corrupt = sandbox.export(&[]);
    assert_eq!(corrupt.status, 2);
    assert!(corrupt.stderr.contains("could not open the database"), "{}", corrupt.stderr);
    assert_eq!(corrupt.stdout, "");
}

#[test]
fn a_database_that_somebody_writes_to() {
    let Some(python) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let program = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()";
    let mut writer = std::process::Command::new(python)
        .args(["-c", program])
        .arg(sandbox.database())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(writer.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
    let locked = sandbox.export(&[]);
    drop(writer.stdin.take());
    writer.wait().unwrap();
    assert_eq!(locked.status, 2);
    assert!(
        locked.stderr.contains("another process holds") && locked.stderr.contains("PID"),
        "{}",
        locked.stderr
    );
    assert_eq!(sandbox.export(&[]).status, 0);
}

#[test]
fn every_problem_at_once() {
    let sandbox = Sandbox::new();
    let run = run(bare()
        .args([
            "--duckdb",
            "/nonexistent.duckdb",
            "--target",
            "gs://b/{table}",
            "--memory-limit",
            "1MiB",
        ])
        .args(["--manifest", "/nonexistent.json", "--register", "ftp://x"]));
    assert_eq!(run.status, 2);
    for word in ["nonexistent.duckdb", "gs://b", "--memory-limit", "nonexistent.json", "ftp://x"] {
        assert!(run.stderr.contains(word), "{word}: {}", run.stderr);
    }
    drop(sandbox);
}

#[test]
fn unknown_layers_and_bad_arguments() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let unknown = sandbox.export(&["--layer", "platinum"]);
    assert_eq!(unknown.status, 2);
    assert!(
        unknown.stderr.contains("platinum") && unknown.stderr.contains("gold"),
        "{}",
        unknown.stderr
    );
    for bad in [
        ["--jobs", "0"],
        ["--retention", "7"],
        ["--shard", "4/4"],
        ["--memory-limit", "big"],
        ["--select", "tag:x"],
    ] {
        assert_eq!(sandbox.export(&bad).status, 2, "{bad:?}");
    }
    let help = run(bare().arg("--help"));
    assert_eq!(help.status, 0);
    for word in [
        "Exit status:",
        "130",
        "DUCKDB_PATH",
        "S3_ENDPOINT",
        "AWS_ENDPOINT_URL",
        "TRINO_URL",
        "TRINO_USER",
        "TRINO_PASSWORD",
        "AWS_REGION",
    ] {
        assert!(help.stdout.contains(word), "{word}");
    }
}

#[test]
fn a_table_that_fails_does_not_stop_the_others() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE gold.good AS SELECT 1 AS id;
         CREATE TABLE gold.huge AS SELECT 1 AS id, 1::HUGEINT AS v;
         CREATE TABLE gold.deep AS SELECT 1 AS id, [{'v': 1::UHUGEINT}] AS v;
         CREATE TABLE gold.endless AS SELECT 1 AS id, DATE '2020-01-01' AS v;
         CREATE TABLE gold.forever AS SELECT 1 AS id, [TIMESTAMP '2020-01-01'] AS v;
         CREATE TABLE gold.nanos AS SELECT 1 AS id, TIMESTAMP_NS '2020-01-01' AS v;
         CREATE TABLE gold.names AS SELECT 1 AS id;",
    );
    sandbox.exported(&[]);
    let old = rows(&sandbox.table("gold", "huge"));
    sandbox.sql(
        "INSERT INTO gold.good VALUES (2);
         INSERT INTO gold.huge VALUES (2, 100000000000000000000000000000000000000::HUGEINT);
         INSERT INTO gold.deep VALUES (2, [{'v': 340282366920938463463374607431768211455::UHUGEINT}]);
         INSERT INTO gold.endless VALUES (2, 'infinity');
         INSERT INTO gold.forever VALUES (2, ['-infinity'::TIMESTAMP]);
         INSERT INTO gold.nanos VALUES (2, 'infinity');
         DROP TABLE gold.names; CREATE TABLE gold.names AS SELECT 1 AS \"a b\", 2 AS \"c;d\", 3 AS \"É\", 4 AS \"é\";",
    );
    let failed = run(sandbox.command().args(["--format", "json"]));
    assert_eq!(failed.status, 1);
    let summary = failed.summary();
    validate(&summary);
    let outcomes = outcomes(&summary);
    assert_eq!(outcomes.values().filter(|o| *o == "failed").count(), 6, "{summary:#}");
    assert_eq!(outcomes["gold.good"], "exported");
    let reason = |label: &str| table(&summary, label)["reason"].as_str().unwrap().to_string();
    for (label, words) in [
        ("gold.huge", &["\"v\"", "100000000000000000000000000000000000000"][..]),
        ("gold.deep", &["\"v\"", "340282366920938463463374607431768211455"]),
        ("gold.endless", &["\"v\"", "infinity"]),
        ("gold.forever", &["\"v\"", "-infinity"]),
        ("gold.nanos", &["\"v\"", "infinity"]),
        ("gold.names", &["\"a b\"", "\"c;d\"", "\"É\"", "\"é\""]),
    ] {
        for word in words {
            assert!(reason(label).contains(word), "{label}: {}", reason(label));
        }
        assert!(failed.stderr.contains(&format!("error: {label}: ")), "{}", failed.stderr);
    }
    assert_eq!(rows(&sandbox.table("gold", "huge")), old);
    // Nothing of a failed export is left.
    assert_eq!(crate::support::data_files(&sandbox.table("gold", "huge")).len(), 1);
    assert_eq!(crate::support::data_files(&sandbox.table("gold", "forever")).len(), 1);
}

#[test]
fn a_view_that_no_longer_binds() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE silver.t AS SELECT 1 AS id; CREATE VIEW gold.v AS SELECT id FROM silver.t; CREATE TABLE gold.g AS SELECT 1 AS x");
    sandbox.sql("DROP TABLE silver.t");
    let failed = run(sandbox.command().args(["--views", "--format", "json"]));
    assert_eq!(failed.status, 1);
    let summary = failed.summary();
    assert_eq!(table(&summary, "gold.g")["outcome"], "exported");
    assert_eq!(table(&summary, "gold.v")["outcome"], "failed");
}

#[test]
fn one_place_for_two_tables() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE silver.t AS SELECT 1 AS id; CREATE TABLE gold.t AS SELECT 1 AS id");
    let target = format!("file://{}/lake/{{table}}", sandbox.path().display());
    let run = run(bare().arg("--duckdb").arg(sandbox.database()).args(["--target", &target]));
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("silver.t and gold.t"), "{}", run.stderr);
}
