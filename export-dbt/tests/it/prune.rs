//! Tables of others: nothing of another database, layer, writer or person is dropped.

use std::fs;

use rideshare_tests::run::run;
use serde_json::json;

use crate::support::{Sandbox, actions, bare, commit, outcomes, readers, summary, table, validate};

/// A lake with one table in each layer.
fn two_layers() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .sql("CREATE TABLE silver.stg AS SELECT 1 AS a; CREATE TABLE gold.fact AS SELECT 2 AS b");
    sandbox
}

#[test]
fn a_target_without_a_layer_cannot_be_pruned() {
    let sandbox = two_layers();
    let export = |arguments: &[&str]| {
        let mut command = bare();
        command.arg("--duckdb").arg(sandbox.database());
        command.arg("--target").arg(sandbox.path().join("lake/{table}")).args(arguments);
        run(&mut command)
    };
    let first = export(&["--format", "json"]).expect(0);
    assert_eq!(outcomes(&summary(&first)).len(), 2, "no table is another layer's leftover");
    let refused = export(&["--prune"]).expect(2);
    assert!(refused.stderr.contains("error[prune-refused]"), "{}", refused.stderr);
    for name in ["stg", "fact"] {
        assert!(sandbox.path().join("lake").join(name).join("_delta_log").exists(), "{name}");
    }
}

#[test]
fn the_mark_names_the_database_the_project_and_the_model() {
    let sandbox = two_layers();
    let manifest = sandbox.path().join("manifest.json");
    let node = json!({"resource_type": "model", "name": "fact", "schema": "gold"});
    let content = json!({"metadata": {"project_name": "shop"}, "nodes": {"model.shop.fact": node}});
    fs::write(&manifest, content.to_string()).unwrap();
    sandbox.exported(&["--manifest", &manifest.display().to_string()]);
    let metadata = &actions(&commit(&sandbox.table("gold", "fact"), 0), "metaData")[0];
    let mark = &metadata["configuration"];
    assert!(mark["exportDbt.owner"].as_str().unwrap().starts_with("duckdb:"), "{mark}");
    assert_eq!(mark["exportDbt.project"], "shop");
    assert_eq!(mark["exportDbt.schema"], "gold");
    assert_eq!(mark["exportDbt.model"], "model.shop.fact");
    assert_eq!(mark["exportDbt.version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_table_of_another_database_stays() {
    let sandbox = two_layers();
    sandbox.exported(&[]);
    fs::remove_file(sandbox.database()).unwrap();
    sandbox.sql("CREATE TABLE gold.b AS SELECT 1 AS i");
    let summary = sandbox.exported(&["--prune-all"]);
    assert_eq!(table(&summary, "gold.fact")["outcome"], "gone");
    assert!(sandbox.table("gold", "fact").join("_delta_log").exists());
}

#[test]
fn an_owner_joins_databases_that_are_built_anew() {
    let Some(_readers) = readers() else { return };
    let sandbox = two_layers();
    sandbox.exported(&["--owner", "shop"]);
    fs::remove_file(sandbox.database()).unwrap();
    sandbox.sql("CREATE TABLE silver.stg AS SELECT 1 AS a; CREATE TABLE gold.b AS SELECT 1 AS i");
    let summary = sandbox.exported(&["--owner", "shop", "--prune"]);
    validate(&summary);
    assert_eq!(table(&summary, "gold.fact")["outcome"], "dropped");
    assert!(!sandbox.table("gold", "fact").exists());
}

/// Runs `--prune` after a change of the database, and expects it to be refused before anything is written.
fn refused(change: &str, word: &str) {
    let sandbox = two_layers();
    sandbox.exported(&[]);
    sandbox.sql(change);
    let run = sandbox.export(&["--prune"]).expect(2);
    assert!(run.stderr.contains(word) && run.stderr.contains("--prune-all"), "{}", run.stderr);
    assert!(sandbox.table("gold", "fact").join("_delta_log").exists());
    assert!(!sandbox.table("gold", "other").exists(), "the run wrote before it was refused");
    sandbox.export(&["--prune-all"]).expect(0);
    assert!(!sandbox.table("gold", "fact").exists());
}

#[test]
fn an_empty_schema_drops_nothing() {
    refused(
        "DROP TABLE gold.fact; CREATE TABLE silver.other AS SELECT 1 AS x",
        "the schema of gold",
    );
}

#[test]
fn everything_is_not_dropped() {
    refused(
        "DROP TABLE gold.fact; DROP TABLE silver.stg; CREATE TABLE gold.other AS SELECT 1 AS x; CREATE TABLE silver.other AS SELECT 1 AS x",
        "every table",
    );
}

#[test]
fn the_files_of_others_stay_in_the_folder_of_a_dropped_table() {
    let sandbox = two_layers();
    sandbox.sql("CREATE TABLE gold.keep AS SELECT 1 AS a");
    sandbox.exported(&[]);
    let folder = sandbox.table("gold", "fact");
    for name in ["notes/readme.txt", "notes/mine.parquet", "report.csv", "_delta_log/notes.json"] {
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), "mine").unwrap();
    }
    sandbox.sql("DROP TABLE gold.fact");
    let run = sandbox.export(&["--prune", "--quiet"]).expect(0);
    assert!(
        run.stderr.contains("gold.fact: ") && run.stderr.contains("will be dropped"),
        "{}",
        run.stderr
    );
    for name in ["notes/readme.txt", "notes/mine.parquet", "report.csv", "_delta_log/notes.json"] {
        assert!(folder.join(name).exists(), "{name}");
    }
    assert!(!folder.join("_delta_log/00000000000000000000.json").exists());
}

#[test]
fn parquet_files_of_others_are_no_orphans() {
    let sandbox = two_layers();
    sandbox.exported(&[]);
    let folder = sandbox.table("gold", "fact");
    for name in ["mine.parquet", "notes/part-0.parquet"] {
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), "mine").unwrap();
    }
    sandbox.exported(&["--force", "--retention", "0s", "--orphan-age", "0s"]);
    assert!(folder.join("mine.parquet").exists() && folder.join("notes/part-0.parquet").exists());
}

#[test]
fn a_table_that_became_a_view_is_told() {
    let sandbox = two_layers();
    sandbox.exported(&[]);
    sandbox.sql("DROP TABLE gold.fact; CREATE VIEW gold.fact AS SELECT 5 AS b");
    let summary = sandbox.exported(&[]);
    assert_eq!(table(&summary, "gold.fact")["outcome"], "gone");
    assert!(table(&summary, "gold.fact")["reason"].as_str().unwrap().contains("view"));
    let summary = sandbox.exported(&["--views"]);
    assert_eq!(table(&summary, "gold.fact")["version"], 1);
}

#[test]
fn two_layers_do_not_share_a_folder_in_two_runs() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE silver.t AS SELECT 1 AS a; CREATE TABLE gold.t AS SELECT 2 AS a");
    let export = |layer: &str| {
        let mut command = bare();
        command.arg("--duckdb").arg(sandbox.database()).args(["--layer", layer]);
        command.arg("--target").arg(sandbox.path().join("lake/{table}"));
        run(&mut command)
    };
    export("silver").expect(0);
    let refused = export("gold").expect(1);
    assert!(refused.stderr.contains("error[shared-target]"), "{}", refused.stderr);
    assert!(!sandbox.path().join("lake/t/_delta_log/00000000000000000001.json").exists());
}

#[test]
fn a_missing_data_file_is_written_anew() {
    let sandbox = two_layers();
    sandbox.exported(&[]);
    let folder = sandbox.table("gold", "fact");
    let file = folder.join(&crate::support::data_files(&folder)[0]);
    fs::remove_file(&file).unwrap();
    let summary = sandbox.exported(&[]);
    assert_eq!(table(&summary, "gold.fact")["outcome"], "exported");
    assert_eq!(table(&summary, "silver.stg")["outcome"], "unchanged");
    let warning = table(&summary, "gold.fact")["warnings"][0].as_str().unwrap();
    assert!(warning.contains("is missing"), "{warning}");
}

#[test]
fn a_truncated_data_file_is_written_anew() {
    let sandbox = two_layers();
    sandbox.exported(&[]);
    let folder = sandbox.table("gold", "fact");
    let file = folder.join(&crate::support::data_files(&folder)[0]);
    fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(10).unwrap();
    let summary = sandbox.exported(&[]);
    assert_eq!(table(&summary, "gold.fact")["version"], 1);
    assert_eq!(table(&sandbox.exported(&[]), "gold.fact")["outcome"], "unchanged");
}

#[test]
fn the_tables_own_retention_counts() {
    let Some(_readers) = crate::support::readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1::BIGINT AS i");
    let folder = sandbox.table("gold", "t");
    crate::support::python(
        "import sys, pyarrow as pa; from deltalake import write_deltalake; write_deltalake(sys.argv[1], pa.table({'i': [9]}), configuration={'delta.deletedFileRetentionDuration': 'interval 30 days'})",
        &[&folder.display().to_string()],
    );
    for _ in 0..2 {
        sandbox.exported(&["--retention", "0s", "--orphan-age", "0s"]);
    }
    let out = crate::support::python(
        "import sys; from deltalake import DeltaTable; print(DeltaTable(sys.argv[1], version=0).to_pyarrow_table().to_pylist())",
        &[&folder.display().to_string()],
    );
    assert_eq!(out.trim(), "[{'i': 9}]");
}

#[test]
fn a_broken_hint_is_told_with_the_way_out() {
    let sandbox = two_layers();
    for _ in 0..11 {
        sandbox.exported(&["--force", "--layer", "gold"]);
    }
    let log = sandbox.table("gold", "fact").join("_delta_log");
    fs::write(log.join("_last_checkpoint"), r#"{"version":999,"size":3}"#).unwrap();
    // Of an unchanged table, too, which readers cannot read any more.
    for arguments in [&["--force", "--layer", "gold"][..], &["--layer", "gold"]] {
        let failed = sandbox.export(arguments).expect(1);
        assert!(
            failed.stderr.contains("hint: delete _delta_log/_last_checkpoint"),
            "{}",
            failed.stderr
        );
    }
    fs::remove_file(log.join("_last_checkpoint")).unwrap();
    sandbox.export(&["--force", "--layer", "gold"]).expect(0);
}

#[test]
fn damaged_files_of_the_log_are_told() {
    let sandbox = two_layers();
    let log = sandbox.table("gold", "fact").join("_delta_log");
    for (runs, name, left) in
        [(1, "00000000000000000000.json", 0), (11, "00000000000000000010.checkpoint.parquet", 7)]
    {
        for _ in 0..runs {
            sandbox.exported(&["--force", "--layer", "gold"]);
        }
        let whole = fs::read(log.join(name)).unwrap();
        fs::write(log.join(name), &whole[..left]).unwrap();
        for arguments in [&["--force", "--layer", "gold"][..], &["--layer", "gold"]] {
            let failed = sandbox.export(arguments).expect(1);
            let words = format!("_delta_log/{name} is damaged: it has {left} bytes");
            assert!(failed.stderr.contains(&words), "{}", failed.stderr);
        }
        fs::write(log.join(name), whole).unwrap();
    }
    sandbox.export(&["--force", "--layer", "gold"]).expect(0);
}

#[test]
fn a_gap_in_the_log_is_told() {
    let sandbox = two_layers();
    for _ in 0..4 {
        sandbox.exported(&["--force", "--layer", "gold"]);
    }
    let log = sandbox.table("gold", "fact").join("_delta_log");
    fs::remove_file(log.join("00000000000000000002.json")).unwrap();
    for arguments in [&["--force", "--layer", "gold"][..], &["--layer", "gold"]] {
        let failed = sandbox.export(arguments).expect(1);
        assert!(failed.stderr.contains("lacks version 2"), "{}", failed.stderr);
    }
}
