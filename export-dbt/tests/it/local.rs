//! Exports to a folder: versions, unchanged tables, choices.

use rideshare_tests::run::run;
use serde_json::json;

use crate::support::{
    Sandbox, actions, commit, data_files, outcomes, readers, rows, table, validate,
};

#[test]
fn every_table_once_and_then_nothing() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE silver.trips AS SELECT i AS id, i * 1.5::DOUBLE AS fare, 'city' || i % 3 AS city FROM range(5000) t(i);
         CREATE TABLE gold.per_city AS SELECT city, sum(id) AS ids, count(*) AS n FROM silver.trips GROUP BY 1;
         CREATE VIEW gold.a_view AS SELECT 1 AS x;
         CREATE TABLE main.other AS SELECT 1 AS x;",
    );
    let first = sandbox.exported(&[]);
    assert_eq!(
        outcomes(&first),
        [("gold.per_city", "exported"), ("silver.trips", "exported")]
            .map(|(a, b)| (a.to_string(), b.to_string()))
            .into()
    );
    assert_eq!(table(&first, "silver.trips")["rows"], 5000);
    assert_eq!(table(&first, "silver.trips")["version"], 0);
    let read = rows(&sandbox.table("gold", "per_city"));
    assert_eq!(read.as_array().unwrap().len(), 3);
    assert_eq!(read[0], json!({"city": "city0", "ids": "4165833", "n": 1667}));

    validate(&first);
    let before = data_files(&sandbox.table("silver", "trips"));
    let second = sandbox.exported(&[]);
    assert!(outcomes(&second).values().all(|outcome| outcome == "unchanged"), "{second:#}");
    assert_eq!(data_files(&sandbox.table("silver", "trips")), before);
    assert!(
        !sandbox.table("silver", "trips").join("_delta_log/00000000000000000001.json").exists()
    );

    let forced = sandbox.exported(&["--force", "--table", "trips"]);
    assert_eq!(table(&forced, "silver.trips")["version"], 1);
    let changes = commit(&sandbox.table("silver", "trips"), 1);
    assert_eq!(actions(&changes, "remove").len(), 1);
    assert_eq!(actions(&changes, "remove")[0]["partitionValues"], json!({}));
    assert!(actions(&changes, "remove")[0]["size"].as_i64().unwrap() > 0);
    assert!(actions(&changes, "metaData").is_empty() && actions(&changes, "protocol").is_empty());
}

#[test]
fn one_changed_value_is_seen_and_another_order_is_not() {
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE silver.t AS SELECT i AS id, CASE WHEN i = 7 THEN 0 ELSE i + 0.5 END::DOUBLE AS d, []::INTEGER[] AS l, 'a' AS s, {'x': i, 'y': NULL::INTEGER} AS st FROM range(1000) t(i)",
    );
    sandbox.exported(&[]);
    sandbox.sql("CREATE OR REPLACE TABLE silver.t AS FROM silver.t ORDER BY id DESC");
    assert_eq!(table(&sandbox.exported(&[]), "silver.t")["outcome"], "unchanged");
    let changes = [
        // An UPDATE takes the two zeros for one.
        "CREATE OR REPLACE TABLE silver.t AS SELECT * REPLACE (CASE WHEN id = 7 THEN '-0.0'::DOUBLE ELSE d END AS d) FROM silver.t",
        "UPDATE silver.t SET l = NULL WHERE id = 7",
        "UPDATE silver.t SET l = [NULL] WHERE id = 7",
        "UPDATE silver.t SET s = '' WHERE id = 999",
        "UPDATE silver.t SET s = NULL WHERE id = 999",
        "UPDATE silver.t SET st = NULL WHERE id = 5",
        "DELETE FROM silver.t WHERE id = 3; INSERT INTO silver.t FROM silver.t WHERE id = 4",
    ];
    for (i, change) in changes.iter().enumerate() {
        sandbox.sql(change);
        let summary = sandbox.exported(&[]);
        assert_eq!(table(&summary, "silver.t")["outcome"], "exported", "{change}");
        assert_eq!(table(&summary, "silver.t")["version"], i + 1, "{change}");
    }
}

#[test]
fn an_empty_table_has_its_schema_and_no_rows() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id, 'x' AS s");
    sandbox.exported(&[]);
    sandbox.sql("DELETE FROM gold.t");
    let summary = sandbox.exported(&[]);
    assert_eq!(table(&summary, "gold.t")["rows"], 0);
    assert_eq!(table(&summary, "gold.t")["files"], 0);
    assert_eq!(rows(&sandbox.table("gold", "t")), json!([]));
    let out = crate::support::python(
        "import sys, chdb; print(chdb.query(f\"DESCRIBE deltaLakeLocal('{sys.argv[1]}')\", 'CSV'), chdb.query(f\"SELECT count() FROM deltaLakeLocal('{sys.argv[1]}')\", 'CSV'))",
        &[&sandbox.table("gold", "t").display().to_string()],
    );
    assert!(out.contains("\"id\"") && out.trim_end().ends_with('0'), "{out}");
    assert_eq!(table(&sandbox.exported(&[]), "gold.t")["outcome"], "unchanged");
}

#[test]
fn a_dry_run_writes_nothing() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let summary = sandbox.exported(&["--dry-run"]);
    validate(&summary);
    assert_eq!(table(&summary, "gold.t")["outcome"], "planned");
    assert_eq!(table(&summary, "gold.t")["reason"], "the table is new");
    assert!(!sandbox.table("gold", "t").exists());
}

/// One test for each choice among three tables and a view.
macro_rules! choices {
    ($($test:ident: $arguments:expr => $chosen:expr;)*) => {
        $(
            #[test]
            fn $test() {
                let sandbox = Sandbox::new();
                sandbox.sql(
                    "CREATE TABLE silver.trips AS SELECT 1 AS id; CREATE TABLE silver.drivers AS SELECT 1 AS id;
                     CREATE TABLE gold.fact_trips AS SELECT 1 AS id; CREATE VIEW gold.v AS SELECT 2 AS id;",
                );
                let arguments = [&["--dry-run"][..], &$arguments].concat();
                let planned = outcomes(&sandbox.exported(&arguments));
                assert_eq!(planned.into_keys().collect::<Vec<_>>(), $chosen);
            }
        )*
    };
}

choices! {
    one_layer: ["--layer", "gold"] => ["gold.fact_trips"];
    views_too: ["--layer", "gold", "--views"] => ["gold.fact_trips", "gold.v"];
    a_pattern_of_names: ["--table", "*trips"] => ["gold.fact_trips", "silver.trips"];
    a_pattern_with_a_layer: ["--table", "silver.*", "--exclude", "drivers"] => ["silver.trips"];
    the_first_share: ["--shard", "0/3"] => ["silver.trips"];
    the_second_share: ["--shard", "1/3"] => ["gold.fact_trips"];
    the_third_share: ["--shard", "2/3"] => ["silver.drivers"];
}

#[test]
fn tables_that_left_the_database() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox
        .sql("CREATE TABLE gold.keep AS SELECT 1 AS id; CREATE TABLE gold.old AS SELECT 1 AS id;");
    sandbox.exported(&[]);
    crate::support::python(
        "import sys, pyarrow as pa; from deltalake import write_deltalake; write_deltalake(sys.argv[1], pa.table({'x': [1]}))",
        &[&sandbox.table("gold", "foreign").display().to_string()],
    );
    sandbox.sql("DROP TABLE gold.old");
    let summary = sandbox.exported(&[]);
    assert_eq!(table(&summary, "gold.old")["outcome"], "gone");
    assert!(sandbox.table("gold", "old").join("_delta_log").exists());
    let summary = sandbox.exported(&["--prune"]);
    validate(&summary);
    assert_eq!(table(&summary, "gold.old")["outcome"], "dropped");
    assert_eq!(table(&summary, "gold.foreign")["outcome"], "gone");
    assert!(!sandbox.table("gold", "old").join("_delta_log/00000000000000000000.json").exists());
    assert!(sandbox.table("gold", "foreign").join("_delta_log/00000000000000000000.json").exists());
    assert_eq!(outcomes(&sandbox.exported(&["--prune"])).get("gold.old"), None);
}

#[test]
fn a_manifest_brings_descriptions_and_selection() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE gold.fact_trips AS SELECT 1 AS id, 2 AS fare; CREATE TABLE gold.leftover AS SELECT 1 AS id;
         CREATE TABLE silver.trips AS SELECT 1 AS id; COMMENT ON TABLE silver.trips IS 'from the database'",
    );
    let manifest = sandbox.path().join("manifest.json");
    let node = |name: &str, schema: &str, materialized: &str| {
        json!({"resource_type": "model", "name": name, "schema": schema, "alias": name, "description": format!("About {name}."),
            "tags": [schema], "original_file_path": format!("models/{schema}/{name}.sql"),
            "columns": {"id": {"name": "id", "description": "The key."}}, "config": {"materialized": materialized}})
    };
    let nodes = json!({"nodes": {"a": node("fact_trips", "gold", "table"), "b": node("leftover", "gold", "view")}});
    std::fs::write(&manifest, nodes.to_string()).unwrap();
    let path = manifest.display().to_string();

    let summary = sandbox.exported(&["--manifest", &path]);
    validate(&summary);
    assert_eq!(table(&summary, "gold.leftover")["outcome"], "skipped");
    let metadata = &actions(&commit(&sandbox.table("gold", "fact_trips"), 0), "metaData")[0];
    assert_eq!(metadata["description"], "About fact_trips.");
    let schema: serde_json::Value =
        serde_json::from_str(metadata["schemaString"].as_str().unwrap()).unwrap();
    assert_eq!(schema["fields"][0]["metadata"]["comment"], "The key.");
    let silver = &actions(&commit(&sandbox.table("silver", "trips"), 0), "metaData")[0];
    assert_eq!(silver["description"], "from the database");

    let selected =
        outcomes(&sandbox.exported(&["--manifest", &path, "--select", "tag:gold", "--dry-run"]));
    assert_eq!(selected.into_keys().collect::<Vec<_>>(), ["gold.fact_trips", "gold.leftover"]);

    // A new description is a new version; the old one is kept when the manifest is not given.
    std::fs::write(&manifest, nodes.to_string().replace("About", "All about")).unwrap();
    assert_eq!(table(&sandbox.exported(&["--manifest", &path]), "gold.fact_trips")["version"], 1);
}

#[test]
fn the_summary_is_a_table_and_stderr_has_the_rest() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id FROM range(1234) t(i)");
    let first = sandbox.export(&[]).expect(0);
    let lines: Vec<&str> = first.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", first.stdout);
    assert!(
        lines[0].starts_with("table") && lines[1].starts_with("gold.t  exported  1,234"),
        "{}",
        first.stdout
    );
    assert!(first.stderr.contains("gold.t: exported, 1,234 rows, version 0"), "{}", first.stderr);
}

#[test]
fn a_quiet_run_says_nothing_on_stderr() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    assert_eq!(sandbox.export(&["--quiet"]).expect(0).stderr, "");
}

#[test]
fn a_verbose_run_says_each_step_and_its_time() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let run = sandbox.export(&["--verbose"]).expect(0);
    let steps: Vec<&str> = run
        .stderr
        .lines()
        .filter_map(|line| line.rsplit_once(": "))
        .map(|(step, _)| step)
        .collect();
    let opening = format!("opening {}", sandbox.database().display());
    for step in [
        opening.as_str(),
        "choosing the tables",
        "gold.t: reading the log",
        "gold.t: comparing",
        "gold.t: exporting",
        "gold.t: committing",
        "gold.t: cleaning up",
    ] {
        assert!(steps.contains(&step), "{step}: {}", run.stderr);
    }
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let mut command = sandbox.command();
    for argument in export_dbt::command::command().get_arguments() {
        command.envs(argument.get_env().map(|variable| (variable, "")));
    }
    run(command.env("TRINO_PASSWORD", "")).expect(0);
}
