//! Tables that cannot be exported: a clear error, and the old version stays as it was.

use rideshare_tests::run::run;

use crate::support::{Sandbox, data_files, outcomes, readers, rows, summary, table, validate};

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
    let failed = run(sandbox.command().args(["--format", "json"])).expect(1);
    let summary = summary(&failed);
    validate(&summary);
    let outcomes = outcomes(&summary);
    assert_eq!(outcomes.values().filter(|o| *o == "failed").count(), 6, "{summary:#}");
    assert_eq!(outcomes["gold.good"], "exported");
    let reason = |label: &str| table(&summary, label)["reason"].as_str().unwrap().to_string();
    for (label, code, words) in [
        ("gold.huge", "bad-value", &["\"v\"", "100000000000000000000000000000000000000"][..]),
        ("gold.deep", "bad-value", &["\"v\"", "340282366920938463463374607431768211455"]),
        ("gold.endless", "bad-value", &["\"v\"", "infinity"]),
        ("gold.forever", "bad-value", &["\"v\"", "-infinity"]),
        ("gold.nanos", "bad-value", &["\"v\"", "infinity"]),
        ("gold.names", "bad-name", &["\"a b\"", "\"c;d\"", "\"É\"", "\"é\""]),
    ] {
        for word in words {
            assert!(reason(label).contains(word), "{label}: {}", reason(label));
        }
        assert_eq!(table(&summary, label)["code"], code, "{label}");
        assert!(failed.stderr.contains(&format!("error[{code}]: {label}: ")), "{}", failed.stderr);
    }
    assert_eq!(rows(&sandbox.table("gold", "huge")), old);
    // Nothing of a failed export is left.
    assert_eq!(data_files(&sandbox.table("gold", "huge")).len(), 1);
    assert_eq!(data_files(&sandbox.table("gold", "forever")).len(), 1);
}

#[test]
fn a_view_that_no_longer_binds() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE silver.t AS SELECT 1 AS id; CREATE VIEW gold.v AS SELECT id FROM silver.t; CREATE TABLE gold.g AS SELECT 1 AS x");
    sandbox.sql("DROP TABLE silver.t");
    let failed = run(sandbox.command().args(["--views", "--format", "json"])).expect(1);
    let summary = summary(&failed);
    assert_eq!(table(&summary, "gold.g")["outcome"], "exported");
    assert_eq!(table(&summary, "gold.v")["outcome"], "failed");
}
