//! The dbt project's models for dashboards, on DuckDB and on Spark: the same columns, types and values.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use rideshare_tests::dbt::{self, Project};
use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::run;
use rideshare_tests::{peers, root, tool};
use serde_json::Value;

use super::bronze;
use super::spark_server::{self, Spark};
use rideshare_tests::services::metastore::{bucket, lake};

const BOTH: &str = "both-engines";
const DUCKDB_ONLY: &str = "duckdb-only";

/// The models of a manifest.
fn models(project: &Project) -> Vec<Value> {
    let text = fs::read_to_string(&project.manifest).unwrap();
    let mut manifest: Value = serde_json::from_str(&text).unwrap();
    let nodes = std::mem::take(manifest["nodes"].as_object_mut().unwrap());
    nodes.into_values().filter(|node| node["resource_type"] == "model").collect()
}

fn has(model: &Value, tag: &str) -> bool {
    model["tags"].as_array().unwrap().iter().any(|one| one == tag)
}

/// Schema and name of each model that both engines build.
fn names(project: &Project) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let models = models(project).into_iter().filter(|model| has(model, BOTH));
    models.map(|model| (text(&model["schema"]), text(&model["name"]))).collect()
}

#[test]
fn each_model_says_which_engines_build_it() {
    let Some(project) = dbt::project() else { return };
    for model in models(&project) {
        let name = &model["name"];
        assert!(has(&model, BOTH) != has(&model, DUCKDB_ONLY), "{name}: {}", model["tags"]);
        let enforced = model["config"]["contract"]["enforced"] == true;
        assert_eq!(enforced, has(&model, BOTH), "{name}: a contract");
    }
}

/// A model must not read one that the other engine lacks.
#[test]
fn a_model_for_both_engines_reads_bronze_and_its_like() {
    let Some(project) = dbt::project() else { return };
    let all = models(&project);
    for model in all.iter().filter(|model| has(model, BOTH)) {
        for needed in model["depends_on"]["nodes"].as_array().unwrap() {
            let Some(needed) = all.iter().find(|one| one["unique_id"] == *needed) else { continue };
            let fine = has(needed, BOTH) || has(needed, "bronze");
            assert!(fine, "{} reads {}", model["name"], needed["name"]);
        }
    }
}

#[test]
fn duckdb_and_spark_give_the_same_answers() {
    let Some(project) = dbt::project() else { return };
    let Some(spark) = Spark::start() else { return };
    let localstack = LocalStack::shared().unwrap();
    if bronze::write(&project, localstack, "engines").is_none() {
        return;
    }
    for layer in ["silver", "gold", "spark"] {
        bucket(localstack, &format!("engines-{layer}"));
    }
    let mut export = Command::new(tool("export-dbt"));
    export
        .args(["--layer", "silver,gold", "--target", "s3://engines-{layer}/{table}", "--quiet"])
        .arg("--duckdb")
        .arg(&project.database);
    lake(&mut export, localstack);
    run(&mut export).expect(0);

    let names = names(&project);
    assert!(names.len() >= 10, "{names:?}");
    let mut statements = String::new();
    for layer in ["bronze", "silver", "gold"] {
        let _ = writeln!(statements, "create schema {layer} location 's3a://engines-{layer}/';");
        let _ = writeln!(
            statements,
            "create schema spark_{layer} location 's3a://engines-spark/{layer}/';"
        );
    }
    for topic in ["trips", "payments", "ratings", "driver_status", "surge_updates"] {
        let _ = writeln!(
            statements,
            "create table bronze.bronze_{topic} using delta location 's3a://engines-bronze/bronze_{topic}';"
        );
    }
    for (schema, name) in &names {
        let _ = writeln!(
            statements,
            "create table {schema}.{name} using delta location 's3a://engines-{schema}/{name}';"
        );
    }
    let made = spark.session(&statements);
    assert_eq!(made.status, 0, "{}\n{}", made.transcript(&[]), spark.log());

    let folder = tempfile::tempdir().unwrap();
    let built = run(Command::new(peers::find("PEER_DBT").unwrap())
        .args([
            "--no-version-check",
            "build",
            "--target",
            "spark",
            "--exclude-resource-type",
            "test",
        ])
        .arg("--project-dir")
        .arg(root().join("tests/dbt"))
        .arg("--profiles-dir")
        .arg(root().join("tests/dbt"))
        .arg("--target-path")
        .arg(folder.path().join("target"))
        .arg("--log-path")
        .arg(folder.path().join("logs"))
        .env("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        .env("DBT_SCHEMA_PREFIX", "spark_")
        .env("SPARK_THRIFT_HOST", "127.0.0.1")
        .env("SPARK_THRIFT_PORT", spark.port.to_string())
        .env("HIVE_LDAP_USERNAME", spark_server::USER)
        .env("HIVE_LDAP_PASSWORD", spark_server::PASSWORD));
    assert_eq!(built.status, 0, "{}\n{}", built.transcript(&[]), spark.log());

    // The comparison covers columns, types and values of Spark's tables and DuckDB's.
    let mut compare = Command::new(tool("export-dbt"));
    compare
        .arg("compare")
        .arg(&project.database)
        .arg("s3://engines-spark/{layer}/{table}")
        .args(["--layer", "silver,gold", "--format", "json", "--select"])
        .arg(format!("tag:{BOTH}"))
        .arg("--manifest")
        .arg(&project.manifest);
    lake(&mut compare, localstack);
    let compared = run(&mut compare);
    assert_eq!(compared.status, 0, "{}\n{}", compared.transcript(&[]), spark.log());
    let comparison: Value = serde_json::from_str(&compared.stdout).unwrap();
    let tables = comparison["tables"].as_array().unwrap();
    assert_eq!(tables.len(), names.len(), "{comparison:#}");
    for table in tables {
        assert!(table["leftRows"].as_u64() > Some(0), "{table:#}");
    }
}
