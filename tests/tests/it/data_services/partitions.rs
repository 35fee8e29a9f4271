//! Partitioned tables of export-dbt, read by Trino and by Spark after every commit.

use std::path::Path;
use std::process::Command;

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::run;
use rideshare_tests::services::metastore::{bucket, lake};
use rideshare_tests::services::trino::Lake;
use rideshare_tests::{peers, tool};
use serde_json::Value;

use super::spark_server::Spark;

/// Each type with its values as SQL, and with the texts that Trino and Spark have for them.
const TYPES: [(&str, &str, &[&str]); 15] = [
    ("boolean", "BOOLEAN", &["true", "false"]),
    ("tinyint", "TINYINT", &["-128", "127"]),
    ("smallint", "SMALLINT", &["-32768", "32767"]),
    ("integer", "INTEGER", &["-2147483648", "2147483647"]),
    ("bigint", "BIGINT", &["-9223372036854775808", "9007199254740993"]),
    ("hugeint", "HUGEINT", &["-99999999999999999999999999999999999999", "9007199254740993"]),
    ("decimal", "DECIMAL(18,3)", &["-123456789012345.678", "0.000"]),
    ("real", "FLOAT", &["0.1", "-0.0", "'inf'", "'nan'"]),
    ("double", "DOUBLE", &["0.1", "1.7976931348623157e308", "5e-324", "'-inf'", "'nan'"]),
    ("varchar", "VARCHAR", &["'a'", "' a b'", "'a/b=c%d'", "'é🚗'", "e'tab\\tquote\"'", "'NULL'"]),
    ("uuid", "UUID", &["'ffffffff-ffff-ffff-ffff-ffffffffffff'"]),
    ("date", "DATE", &["'0001-01-01'", "'9999-12-31'", "'1582-10-15'"]),
    (
        "timestamp",
        "TIMESTAMP",
        &["'1900-01-01 00:00:00.000001'", "'2261-12-31 23:59:59.999999'", "'2024-01-01'"],
    ),
    (
        "timestamptz",
        "TIMESTAMPTZ",
        &[
            "'1900-01-01 00:00:00.001+00'",
            "'2261-12-31 23:59:59.999+00'",
            "'2024-01-01 00:00:00+02'",
        ],
    ),
    ("time", "TIME", &["'23:59:59.999999'"]),
];

fn sql(database: &Path, statements: &str) {
    let python = peers::find("PEER_READERS_PYTHON").unwrap();
    let program =
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); c.execute(sys.argv[2]); c.close()";
    run(Command::new(python).args(["-c", program]).arg(database).arg(statements)).expect(0);
}

/// For each table, the rows by key as DuckDB has them, with the text that a comparison in SQL needs.
fn wanted(database: &Path, table: &str) -> Vec<(i64, String)> {
    let python = peers::find("PEER_READERS_PYTHON").unwrap();
    let program = "
import duckdb, json, sys
c = duckdb.connect(sys.argv[1], read_only=True)
c.execute(\"SET TimeZone = 'UTC'\")
print(json.dumps([[i, 'null' if p is None else p] for i, p in c.execute(f'SELECT id, p::VARCHAR FROM gold.{sys.argv[2]} ORDER BY id').fetchall()]))";
    let out = run(Command::new(python).args(["-c", program]).arg(database).arg(table)).expect(0);
    let rows: Vec<(i64, String)> = serde_json::from_str(&out.stdout).unwrap();
    rows
}

/// A value's text in one notation: engines differ in fractions, exponents and zones, which are no difference.
fn plain(ty: &str, text: &str) -> String {
    let text = text.trim_end_matches(" UTC").trim_end_matches("+00");
    if text == "null" || text == "None" {
        return "null".into();
    }
    match ty {
        "real" | "double" => match text.to_lowercase().as_str() {
            "infinity" | "inf" => "inf".into(),
            "-infinity" | "-inf" => "-inf".into(),
            number => number.parse::<f64>().map_or(number.to_owned(), |n| format!("{n:?}")),
        },
        "timestamp" | "timestamptz" if text.contains('.') => {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => text.to_owned(),
    }
}

fn export(bucket: &str, database: &Path, localstack: &LocalStack) -> Value {
    let target = format!("s3://{bucket}-{{layer}}/{{table}}");
    let mut export = Command::new(tool("export-dbt"));
    export.args(["--target", &target, "--partition-by", "*=p", "--format", "json"]);
    export.arg("--duckdb").arg(database);
    lake(&mut export, localstack);
    serde_json::from_str(&run(&mut export).expect(0).stdout).unwrap()
}

/// Creates the tables, and changes them; calls `read` with the step after each export.
fn versions(name: &str, read: impl Fn(&str, &Path)) {
    let localstack = LocalStack::shared().unwrap();
    bucket(localstack, &format!("{name}-gold"));
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("parts.duckdb");
    let mut statements = "CREATE SCHEMA gold;".to_owned();
    for (name, ty, values) in TYPES {
        statements += &format!(
            "CREATE TABLE gold.t_{name}(id BIGINT, p {ty}); INSERT INTO gold.t_{name} VALUES (0, NULL);"
        );
        for (id, value) in values.iter().enumerate() {
            statements += &format!("INSERT INTO gold.t_{name} VALUES ({}, {value});", id + 1);
        }
    }
    sql(&database, &statements);
    export(name, &database, localstack);
    read("first", &database);
    let mut changes = String::new();
    for (name, _, _) in TYPES {
        changes += &format!(
            "UPDATE gold.t_{name} SET id = id + 100 WHERE id = 1; DELETE FROM gold.t_{name} WHERE id = 2; INSERT INTO gold.t_{name} VALUES (50, NULL);"
        );
    }
    sql(&database, &changes);
    let summary = export(name, &database, localstack);
    let kept = |table: &Value| table["keptFiles"].as_u64().unwrap();
    assert!(
        summary["tables"].as_array().unwrap().iter().any(|table| kept(table) > 0),
        "{summary:#}"
    );
    read("second", &database);
}

fn compare(engine: &str, step: &str, name: &str, database: &Path, got: Vec<(i64, String)>) {
    let texts = |rows: Vec<(i64, String)>| -> Vec<(i64, String)> {
        rows.into_iter().map(|(id, text)| (id, plain(name, &text))).collect()
    };
    let want = texts(wanted(database, &format!("t_{name}")));
    assert_eq!(texts(got), want, "{engine}, {step}: {name}");
}

#[test]
fn trino_reads_every_version_of_partitioned_tables() {
    let Some(lake) = Lake::start(&["parts-trino-gold"]) else { return };
    let Some(_python) = peers::find("PEER_READERS_PYTHON") else { return };
    lake.trino
        .ask("CREATE SCHEMA IF NOT EXISTS delta.parts WITH (location = 's3://parts-trino-gold/')")
        .unwrap();
    versions("parts-trino", |step, database| {
        for (name, _, _) in TYPES {
            let call = match step {
                "first" => format!(
                    "CALL delta.system.register_table('parts', 't_{name}', 's3://parts-trino-gold/t_{name}')"
                ),
                _ => format!(
                    "CALL delta.system.flush_metadata_cache(schema_name => 'parts', table_name => 't_{name}')"
                ),
            };
            lake.trino.ask(&call).unwrap();
            let rows = lake.trino.ask(&format!("SELECT id, coalesce(CAST(p AS varchar), 'null') FROM delta.parts.t_{name} ORDER BY id"));
            if name == "timestamptz" {
                let refused = rows.unwrap_err();
                assert!(refused.contains("Unable to parse value"), "{refused}");
                continue;
            }
            let rows = rows.unwrap_or_else(|error| panic!("{name}: {error}"));
            let got = rows
                .iter()
                .map(|row| (row[0].as_i64().unwrap(), row[1].as_str().unwrap().to_owned()));
            compare("Trino", step, name, database, got.collect());
        }
    });
}

#[test]
fn spark_reads_every_version_of_partitioned_tables() {
    let Some(spark) = Spark::start() else { return };
    let Some(_python) = peers::find("PEER_READERS_PYTHON") else { return };
    versions("parts-spark", |step, database| {
        let mut statements = String::new();
        for (name, _, _) in TYPES {
            statements += &format!(
                "select '{name}', id, coalesce(cast(p as string), 'null') from delta.`s3a://parts-spark-gold/t_{name}` order by id;"
            );
        }
        let read = spark.session(&statements);
        assert_eq!(read.status, 0, "{}\n{}", read.transcript(&[]), spark.log());
        for (name, _, _) in TYPES {
            let rows =
                read.stdout.lines().filter_map(|line| line.strip_prefix(&format!("{name},")));
            let got = rows.map(|row| {
                let (id, text) = row.split_once(',').unwrap();
                (id.parse().unwrap(), text.to_owned())
            });
            compare("Spark", step, name, database, got.collect());
        }
        if step == "second" {
            // Others may clean up and compact; the next export goes on from there.
            let cleaned = spark.session("set spark.databricks.delta.retentionDurationCheck.enabled=false; optimize delta.`s3a://parts-spark-gold/t_varchar`; vacuum delta.`s3a://parts-spark-gold/t_varchar` retain 0 hours;");
            assert_eq!(cleaned.status, 0, "{}\n{}", cleaned.transcript(&[]), spark.log());
            let summary = export("parts-spark", database, LocalStack::shared().unwrap());
            let tables = summary["tables"].as_array().unwrap();
            assert!(tables.iter().all(|table| table["outcome"] == "unchanged"), "{summary:#}");
        }
    });
}
