//! Any dbt project: schemas, databases, names, layers, selections.

use std::fs;

use rideshare_tests::run::run;
use serde_json::{Value, json};

use crate::support::{Sandbox, bare, outcomes, python, readers, rows, summary, table};

fn names(summary: &Value) -> Vec<String> {
    outcomes(summary).into_keys().collect()
}

#[test]
fn the_default_schema_of_dbt() {
    let sandbox = Sandbox::new();
    let connection = duckdb::Connection::open(sandbox.database()).unwrap();
    connection
        .execute_batch("CREATE TABLE my_model AS SELECT 1 AS a; CREATE SCHEMA main_marts; CREATE TABLE main_marts.m AS SELECT 1 AS a; CREATE SCHEMA main_dbt_test__audit; CREATE TABLE main_dbt_test__audit.x AS SELECT 1 AS a")
        .unwrap();
    connection.close().unwrap();
    assert_eq!(names(&sandbox.exported(&["--dry-run"])), ["main.my_model", "main_marts.m"]);
    assert_eq!(names(&sandbox.exported(&["--layer", "main"])), ["main.my_model"]);
    let mapped = sandbox.exported(&["--layer", "main=silver,main_marts=gold"]);
    assert_eq!(names(&mapped), ["gold.m", "silver.my_model"]);
    let refused = sandbox.export(&["--layer", "marts"]).expect(2);
    assert!(refused.stderr.contains("write --layer main_marts=marts"), "{}", refused.stderr);
}

#[test]
fn layers_in_the_terms_of_the_manifest() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE SCHEMA main_gold; CREATE TABLE main_gold.a AS SELECT 1 AS i; CREATE SCHEMA raw; CREATE TABLE raw.b AS SELECT 1 AS i; CREATE TABLE raw.c AS SELECT 1 AS i");
    let manifest = sandbox.path().join("manifest.json");
    let nodes = json!({"nodes": {
        "model.p.a": {"resource_type": "model", "name": "a", "schema": "main_gold", "config": {"schema": "gold"}},
        "model.p.b": {"resource_type": "model", "name": "b", "schema": "raw", "tags": ["staging"]},
        "model.p.c": {"resource_type": "model", "name": "c", "schema": "raw", "config": {"meta": {"layer": "bronze"}}},
    }});
    fs::write(&manifest, nodes.to_string()).unwrap();
    let path = manifest.display().to_string();
    let planned = |more: &[&str]| {
        names(&sandbox.exported(&[&["--manifest", &path, "--dry-run"], more].concat()))
    };
    assert_eq!(planned(&[]), ["gold.a"]);
    assert_eq!(
        planned(&["--layer", "tag:staging=silver", "--layer", "meta:layer"]),
        ["bronze.c", "silver.b"]
    );
}

/// Runs of a layer each have their rules in common.
#[test]
fn a_partition_rule_of_another_layer_in_the_terms_of_the_manifest() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE SCHEMA main_silver; CREATE SCHEMA main_gold; CREATE TABLE main_silver.trips AS SELECT 1 AS day; CREATE TABLE main_gold.f AS SELECT 1 AS i, 1 AS day");
    let manifest = sandbox.path().join("manifest.json");
    let model = |name: &str, schema: &str| json!({"resource_type": "model", "name": name, "schema": format!("main_{schema}"), "config": {"schema": schema}});
    let nodes = json!({"nodes": {"model.p.trips": model("trips", "silver"), "model.p.f": model("f", "gold")}});
    fs::write(&manifest, nodes.to_string()).unwrap();
    let path = manifest.display().to_string();
    let gold = ["--manifest", &path, "--layer", "gold", "--partition-by", "gold.f=day"];
    let rules = ["--partition-by", "silver.trips=day", "--partition-by", "main_silver.*=day"];
    assert_eq!(names(&sandbox.exported(&[&gold[..], &rules].concat())), ["gold.f"]);
    assert!(sandbox.table("gold", "f").join("day=1").is_dir());
    let refused = sandbox.export(&[&gold[..], &["--partition-by", "silver.trip=day"]].concat());
    let refused = refused.expect(2).stderr;
    assert!(refused.contains("--partition-by silver.trip matches no table of gold"), "{refused}");
}

#[test]
fn a_pattern_for_an_empty_layer() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE silver.t AS SELECT 1 AS i");
    let refused = sandbox.export(&["--layer", "gold", "--table", "t"]).expect(2).stderr;
    let message = "error[unknown-table]: --table t matches no table, because the layers are empty";
    assert!(refused.contains(message), "{refused}");
}

#[test]
fn tables_of_an_attached_database() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.here AS SELECT 1 AS i");
    let other = sandbox.path().join("other.duckdb");
    let connection = duckdb::Connection::open(&other).unwrap();
    connection.execute_batch("CREATE SCHEMA gold; CREATE TABLE gold.there AS SELECT 2 AS i; CREATE TABLE gold.here AS SELECT 3 AS i").unwrap();
    connection.close().unwrap();
    let attach = format!("away={}", other.display());
    // Two tables would get one folder.
    let refused = sandbox.export(&["--attach", &attach]).expect(2);
    assert!(refused.stderr.contains("put {database} into --target"), "{}", refused.stderr);
    assert!(!sandbox.path().join("lake").exists());
    let mut command = bare();
    command.arg("--duckdb").arg(sandbox.database()).args(["--attach", &attach]);
    command.arg("--target").arg(sandbox.path().join("lake/{database}/{layer}/{table}"));
    run(&mut command).expect(0);
    assert_eq!(rows(&sandbox.path().join("lake/away/gold/here")), json!([{"i": 3}]));
    assert_eq!(rows(&sandbox.path().join("lake/rideshare/gold/here")), json!([{"i": 1}]));
    let named = sandbox.exported(&["--attach", &attach, "--layer", "away.gold=far"]);
    assert_eq!(names(&named), ["far.here", "far.there"]);
}

#[test]
fn names_with_spaces_and_capitals() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE gold.\"Trips per Day\" AS SELECT 1 AS \"Total Amount\", {'a b': 2} AS s",
    );
    let summary = sandbox.exported(&[]);
    let path = sandbox.table("gold", "Trips_per_Day");
    assert_eq!(rows(&path), json!([{"Total_Amount": 1, "s": {"a_b": 2}}]));
    let warnings = table(&summary, "gold.Trips per Day")["warnings"].as_array().unwrap().clone();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    let out = python(
        "import sys, chdb; from deltalake import DeltaTable
print(DeltaTable(sys.argv[1]).to_pyarrow_table().to_pylist(), chdb.query(f\"SELECT Total_Amount FROM deltaLakeLocal('{sys.argv[1]}')\", 'CSV'))",
        &[&path.display().to_string()],
    );
    assert!(out.contains("{'Total_Amount': 1, 's': {'a_b': 2}}"), "{out}");
    assert_eq!(names(&sandbox.exported(&["--prune"])), ["gold.Trips per Day"]);
}

#[test]
fn relations_that_dbt_left_behind_are_not_published() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.a AS SELECT 1 AS i; CREATE TABLE gold.a__dbt_tmp AS SELECT 2 AS i; CREATE TABLE gold.a__dbt_tmp20260302081500123456 AS SELECT 2 AS i; CREATE TABLE gold.a__DBT_backup AS SELECT 2 AS i; CREATE TABLE gold.a__dbt_tmp_report AS SELECT 3 AS i");
    let summary = sandbox.exported(&[]);
    let exported: Vec<_> =
        outcomes(&summary).into_iter().filter(|(_, o)| o == "exported").collect();
    assert_eq!(exported.len(), 2, "{summary:#}");
    assert_eq!(table(&summary, "gold.a__DBT_backup")["code"], "dbt-temporary");
    assert!(!sandbox.table("gold", "a__dbt_tmp").exists());
}

/// A sandbox with sources, seeds and models, and its manifest.
fn shop() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE SCHEMA raw; CREATE TABLE raw.orders AS SELECT 1 AS i; CREATE TABLE gold.zones AS SELECT 1 AS i; CREATE TABLE silver.stg AS SELECT 1 AS i; CREATE TABLE gold.fct AS SELECT 1 AS i; CREATE VIEW gold.v AS SELECT 1 AS i");
    let node = |kind: &str, name: &str, schema: &str, parents: &[&str]| {
        json!({"resource_type": kind, "name": name, "schema": schema, "package_name": "p", "fqn": ["p", schema, name],
            "original_file_path": format!("models/{schema}/{name}.sql"), "tags": [schema], "depends_on": {"nodes": parents}})
    };
    let manifest = json!({
        "nodes": {
            "seed.p.zones": node("seed", "zones", "gold", &[]),
            "model.p.stg": node("model", "stg", "silver", &["source.p.shop.orders"]),
            "model.p.fct": node("model", "fct", "gold", &["model.p.stg", "seed.p.zones"]),
            "model.p.v": node("model", "v", "gold", &["model.p.fct"]),
        },
        "sources": {"source.p.shop.orders": {"resource_type": "source", "source_name": "shop", "name": "orders", "schema": "raw"}},
    });
    let path = sandbox.path().join("manifest.json");
    fs::write(&path, manifest.to_string()).unwrap();
    let path = path.display().to_string();
    (sandbox, path)
}

/// One test for each selection of the shop's tables.
macro_rules! selections {
    ($($test:ident: $arguments:expr => $chosen:expr;)*) => {
        $(
            #[test]
            fn $test() {
                let (sandbox, manifest) = shop();
                let arguments = [&["--manifest", &manifest, "--dry-run"][..], &$arguments].concat();
                assert_eq!(names(&sandbox.exported(&arguments)), $chosen);
            }
        )*
    };
}

selections! {
    models_alone: [] => ["gold.fct", "silver.stg"];
    seeds_on_request: ["--seeds"] => ["gold.fct", "gold.zones", "silver.stg"];
    sources_on_request: ["--sources"] => ["gold.fct", "raw.orders", "silver.stg"];
    a_source_by_selector: ["--select", "source:shop"] => ["raw.orders"];
    a_seed_by_name: ["--select", "zones"] => ["gold.zones"];
    a_model_and_its_ancestors: ["--select", "+fct"] => ["gold.fct", "gold.zones", "silver.stg"];
    a_model_and_its_descendants: ["--select", "stg+", "--views"] => ["gold.fct", "gold.v", "silver.stg"];
    without_what_a_selector_excludes: ["--exclude", "tag:silver"] => ["gold.fct"];
    without_a_pattern_of_tables_to_come: ["--exclude", "*_new"] => ["gold.fct", "silver.stg"];
    a_union_in_one_option: ["--select", "fct path:models/silver"] => ["gold.fct", "silver.stg"];
}

/// One test for each selection that is refused, and the words of its message.
macro_rules! refused {
    ($($test:ident: $arguments:expr => $words:literal;)*) => {
        $(
            #[test]
            fn $test() {
                let (sandbox, manifest) = shop();
                let run = sandbox.export(&[&["--manifest", &manifest][..], &$arguments].concat()).expect(2);
                assert!(run.stderr.contains($words), "{}", run.stderr);
                assert!(!sandbox.path().join("lake").exists());
            }
        )*
    };
}

refused! {
    a_tag_with_a_typo: ["--select", "tag:slver"] => "did you mean \"tag:silver\"?";
    a_name_with_a_typo: ["--select", "fctt"] => "did you mean \"fct\"?";
    an_excluded_tag_with_a_typo: ["--exclude", "tag:slver"] => "did you mean \"tag:silver\"?";
    an_excluded_name_with_a_typo: ["--exclude", "stgg"] => "did you mean \"stg\"?";
    a_view_without_views: ["--select", "v"] => "error[nothing-selected]";
    an_intersection_of_nothing: ["--select", "tag:silver,tag:gold"] => "error[nothing-selected]";
    a_table_with_a_typo: ["--table", "gold.fcct"] => "did you mean \"gold.fct\"?";
}

#[test]
fn an_empty_manifest_is_an_error() {
    let (sandbox, manifest) = shop();
    fs::write(&manifest, "{}").unwrap();
    let run = sandbox.export(&["--manifest", &manifest]).expect(2);
    assert!(run.stderr.contains("error[empty-manifest]"), "{}", run.stderr);
}

#[test]
fn a_relative_target_is_in_the_current_folder() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS i");
    let mut command = bare();
    command.arg("--duckdb").arg(sandbox.database()).args(["--target", "file:here/{layer}/{table}"]);
    let run = run(command.args(["--format", "json"]).current_dir(sandbox.path())).expect(0);
    let location = table(&summary(&run), "gold.t")["location"].clone();
    assert_eq!(location, format!("file://{}/here/gold/t", sandbox.path().display()));
}

#[test]
fn two_names_of_one_location_need_an_alias() {
    let sandbox = Sandbox::new();
    sandbox
        .sql("CREATE TABLE gold.\"a b\" AS SELECT 1 AS i; CREATE TABLE gold.a_b AS SELECT 2 AS i");
    let refused = sandbox.export(&[]).expect(2);
    assert!(refused.stderr.contains("give one of the models another alias"), "{}", refused.stderr);
    assert!(!sandbox.path().join("lake").exists());
}
