//! Guards: tables whose models have not passed, or whose rows look wrong, keep their last version.

use std::fs;
use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::run;
use serde_json::{Value, json};

use crate::replaced::others;
use crate::support::{Sandbox, bare, commit, python, readers, summary, table, validate};

/// A sandbox with `gold.good` and `gold.bad`, the manifest's path, and a writer of dbt's results.
fn project() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox
        .sql("CREATE TABLE gold.good AS SELECT 1 AS id; CREATE TABLE gold.bad AS SELECT 1 AS id");
    let model = |name: &str| json!({"resource_type": "model", "name": name, "schema": "gold"});
    let test =
        |name: &str, at: &str| json!({"resource_type": "test", "name": name, "attached_node": at});
    let manifest = json!({"nodes": {
        "model.p.good": model("good"), "model.p.bad": model("bad"),
        "test.p.g": test("unique_good_id", "model.p.good"), "test.p.b": test("unique_bad_id", "model.p.bad"),
    }});
    let path = sandbox.path().join("manifest.json");
    fs::write(&path, manifest.to_string()).unwrap();
    let path = path.display().to_string();
    (sandbox, path)
}

fn results(sandbox: &Sandbox, bad: &str) {
    let results = json!({"results": [
        {"unique_id": "model.p.good", "status": "success"}, {"unique_id": "model.p.bad", "status": "success"},
        {"unique_id": "test.p.g", "status": "pass"}, {"unique_id": "test.p.b", "status": bad},
    ]});
    fs::write(sandbox.path().join("run_results.json"), results.to_string()).unwrap();
}

#[test]
fn a_model_whose_test_failed_keeps_its_version() {
    let Some(_readers) = readers() else { return };
    let (sandbox, manifest) = project();
    let arguments = ["--manifest", &manifest, "--require-tests", "--format", "json"];
    results(&sandbox, "pass");
    sandbox.export(&arguments).expect(0);
    sandbox.sql("INSERT INTO gold.good VALUES (2); INSERT INTO gold.bad VALUES (1)");
    results(&sandbox, "fail");
    let held = sandbox.export(&arguments).expect(1);
    let summary = summary(&held);
    validate(&summary);
    assert_eq!(table(&summary, "gold.good")["version"], 1);
    assert_eq!(table(&summary, "gold.bad")["outcome"], "held");
    assert_eq!(table(&summary, "gold.bad")["code"], "test-failed");
    assert!(held.stderr.contains("unique_bad_id"), "{}", held.stderr);
    assert!(!sandbox.table("gold", "bad").join("_delta_log/00000000000000000001.json").exists());
}

#[test]
fn results_that_are_absent_are_an_error() {
    let (sandbox, manifest) = project();
    let refused = sandbox.export(&["--manifest", &manifest, "--require-tests"]).expect(2);
    assert!(refused.stderr.contains("error[no-run-results]"), "{}", refused.stderr);
    assert!(!sandbox.path().join("lake").exists());
}

#[test]
fn a_real_dbt_build_whose_test_fails() {
    let Some(dbt) = peers::find("PEER_DBT") else { return };
    let sandbox = Sandbox::new();
    let folder = sandbox.path();
    let write = |name: &str, text: &str| {
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), text).unwrap();
    };
    write(
        "dbt_project.yml",
        "name: shop\nversion: 1.0.0\nprofile: shop\nmodels:\n  +materialized: table\n",
    );
    write(
        "profiles.yml",
        "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: rideshare.duckdb}\n",
    );
    write("models/good.sql", "select 1 as id");
    write("models/bad.sql", "select 1 as id union all select 1");
    write("models/below.sql", "select * from {{ ref('bad') }}");
    write(
        "models/schema.yml",
        "models:\n  - name: good\n    columns: [{name: id, data_tests: [unique]}]\n  - name: bad\n    columns: [{name: id, data_tests: [unique]}]\n",
    );
    let built = Command::new(dbt)
        .args(["--no-version-check", "--quiet", "build", "--profiles-dir", "."])
        .current_dir(folder)
        .env("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        .output()
        .unwrap();
    assert!(!built.status.success(), "the test of bad must fail");
    let mut command = bare();
    command.arg("--duckdb").arg(sandbox.database()).arg("--target").arg(sandbox.target());
    command.args(["--require-tests", "--format", "json", "--manifest"]);
    let held = run(command.arg(folder.join("target/manifest.json"))).expect(1);
    let summary = summary(&held);
    assert_eq!(table(&summary, "main.good")["outcome"], "exported");
    assert_eq!(table(&summary, "main.bad")["code"], "test-failed");
    assert!(held.stderr.contains("unique_bad_id"), "{}", held.stderr);
    assert!(!sandbox.table("main", "below").exists(), "dbt skipped it: {}", held.stdout);
}

#[test]
fn a_table_that_lost_too_many_rows_keeps_its_version() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id FROM range(100) t(i)");
    let arguments = ["--max-shrink", "20%", "--format", "json"];
    sandbox.export(&arguments).expect(0);
    sandbox.sql("DELETE FROM gold.t WHERE id >= 80");
    assert_eq!(table(&summary(&sandbox.export(&arguments).expect(0)), "gold.t")["version"], 1);
    sandbox.sql("DELETE FROM gold.t WHERE id >= 60");
    let held = summary(&sandbox.export(&arguments).expect(1));
    assert_eq!(table(&held, "gold.t")["outcome"], "held");
    assert_eq!(table(&held, "gold.t")["code"], "shrunk");
    assert_eq!(table(&held, "gold.t")["version"], 1);
    assert_eq!(table(&sandbox.exported(&["--max-shrink", "30%"]), "gold.t")["version"], 2);
}

/// The log of another writer's version says how many rows it has.
#[test]
fn a_shrunk_table_is_held_back_after_commits_of_others() {
    let Some(_readers) = readers() else { return };
    for (statement, before) in [
        ("t.alter.set_table_properties({'delta.checkpointInterval': '7'})", 100),
        ("t.delete('id < 50')", 50),
    ] {
        let sandbox = Sandbox::new();
        sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id FROM range(100) t(i)");
        sandbox.exported(&[]);
        others(&sandbox, statement);
        sandbox.sql(&format!("DELETE FROM gold.t WHERE id >= {before} - 30"));
        let arguments = ["--max-shrink", "20%", "--format", "json"];
        let held = summary(&sandbox.export(&arguments).expect(1));
        assert_eq!(table(&held, "gold.t")["code"], "shrunk", "{statement}: {held:#}");
        let reason = table(&held, "gold.t")["reason"].as_str().unwrap();
        assert!(reason.contains(&format!("its last version has {before}")), "{reason}");
    }
}

/// Statistics are optional in Delta.
#[test]
fn a_table_whose_log_does_not_count_its_rows_is_held_back() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id FROM range(100) t(i)");
    let path = sandbox.table("gold", "t");
    let program = "import sys, pyarrow as pa; from deltalake import write_deltalake; write_deltalake(sys.argv[1], pa.table({'id': [1]}))";
    python(program, &[&path.display().to_string()]);
    let mut lines = commit(&path, 0);
    for line in &mut lines {
        if let Some(add) = line.get_mut("add").and_then(Value::as_object_mut) {
            add.remove("stats");
        }
    }
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    fs::write(path.join(format!("_delta_log/{:020}.json", 0)), text.join("\n")).unwrap();
    let guarded = sandbox.export(&["--max-shrink", "20%", "--format", "json"]).expect(1);
    let held = summary(&guarded);
    assert_eq!(table(&held, "gold.t")["outcome"], "held");
    assert_eq!(table(&held, "gold.t")["code"], "uncounted");
    assert!(guarded.stderr.contains("run once without --max-shrink"), "{}", guarded.stderr);
    assert_eq!(table(&sandbox.exported(&[]), "gold.t")["version"], 1);
}

#[test]
fn a_table_that_is_too_old_keeps_its_version() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.old AS SELECT now() - INTERVAL 3 DAY AS updated_at; CREATE TABLE gold.new AS SELECT now()::TIMESTAMP AS updated_at; CREATE TABLE gold.other AS SELECT 1 AS id; CREATE TABLE gold.none AS SELECT NULL::DATE AS updated_at");
    let held = sandbox.export(&["--max-age", "updated_at=2d", "--format", "json"]).expect(1);
    let summary = summary(&held);
    for (label, outcome) in [
        ("gold.old", "held"),
        ("gold.new", "exported"),
        ("gold.other", "exported"),
        ("gold.none", "held"),
    ] {
        assert_eq!(table(&summary, label)["outcome"], outcome, "{label}");
    }
    assert_eq!(table(&summary, "gold.old")["code"], "stale");
}
