//! Every type of DuckDB, exported and read back by the real Trino, which registers the tables in Hive's metastore, and by
//! the real Spark: `export-dbt compare` finds what each of them changes.

use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::{Run, run};
use rideshare_tests::services::metastore::{bucket, lake};
use rideshare_tests::services::trino::Lake;
use rideshare_tests::{peers, root, tool};
use serde_json::Value;
use tempfile::TempDir;

use super::spark_server::Spark;

/// Makes the tables `plain`, `nested` and `far` of the cases that export-dbt's readers are tested with.
const MAKE: &str = "
import duckdb, importlib.util, sys
database, source = sys.argv[1:]
spec = importlib.util.spec_from_file_location('cases', source)
cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cases)
con = duckdb.connect(database)
con.execute('CREATE SCHEMA gold')
def table(name, columns):
    fields = ', '.join(f'\"{column}\" {ty}' for column, (ty, _) in columns.items())
    con.execute(f'CREATE TABLE gold.{name} (i INTEGER, {fields})')
    for i in range(max(len(values) for _, values in columns.values()) + 1):
        values = [values[i] if i < len(values) else 'NULL' for _, values in columns.values()]
        con.execute(f'INSERT INTO gold.{name} VALUES ({i}, {\", \".join(values)})')
table('plain', {name: (ty, [sql for sql, _ in values]) for name, (ty, _, values) in cases.CASES.items()} | {
    'time_ns': ('TIME_NS', [\"'00:00:00.000000001'\", \"'23:59:59.999999999'\"]),
    'timestamptz_ns': ('TIMESTAMPTZ_NS', [\"'2024-07-01 00:00:00.001000999+00'\"])})
nested = {}
for name in cases.NESTABLE:
    ty, _, values = cases.CASES[name]
    a, b = (f'CAST({values[at][0]} AS {ty})' for at in (0, -1))
    nested[f'list_{name}'] = (f'{ty}[]', [f'[{a}, NULL, {b}]', '[]', '[NULL]'])
    nested[f'array_{name}'] = (f'{ty}[2]', [f'[{a}, {b}]', f'[NULL, {a}]'])
    nested[f'struct_{name}'] = (f'STRUCT(a {ty}, b STRUCT(c {ty}))', [f\"{{'a': {a}, 'b': {{'c': {b}}}}}\", \"{'a': NULL, 'b': {'c': NULL}}\"])
    nested[f'map_{name}'] = (f'MAP(VARCHAR, {ty})', [f\"MAP {{'x': {a}, 'y': NULL, 'z': {b}}}\", 'MAP {}'])
nested['union_'] = ('UNION(num INTEGER, str VARCHAR, big HUGEINT[])', ['1', \"'x'\", 'union_value(big := [7::HUGEINT])'])
nested['map_of_days'] = ('MAP(DATE, TIMESTAMP)', [\"MAP {'2024-07-01'::DATE: '2024-07-01 00:00:00.000001'::TIMESTAMP}\"])
nested['map_of_numbers'] = ('MAP(HUGEINT, UTINYINT)', [\"MAP {12345678901234567890123456789012345678::HUGEINT: 255}\"])
table('nested', nested)
table('far', {
    'at': ('TIMESTAMP', [\"'0001-01-01 00:00:00.000001'\", \"'9999-12-31 23:59:59.999999'\", \"'1582-10-10 00:00:00'\"]),
    'zoned': ('TIMESTAMPTZ', [\"'0001-01-01 00:00:00.001+00'\", \"'9999-12-31 23:59:59.999+00'\", \"'1582-10-10 00:00:00+00'\"]),
    'day': ('DATE', [\"'0001-01-01'\", \"'9999-12-31'\", \"'1582-10-10'\"])})
con.execute(\"CREATE TABLE gold.kept AS SELECT i, 'row ' || i AS name FROM range(100) t(i) WHERE i % 10 > 0\")
";

fn database() -> Option<(TempDir, PathBuf)> {
    let python = peers::find("PEER_READERS_PYTHON")?;
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("types.duckdb");
    let cases = root().join("export-dbt/tests/it/types.py");
    run(Command::new(python).args(["-c", MAKE]).arg(&database).arg(cases)).expect(0);
    Some((folder, database))
}

fn export(database: &Path, localstack: &LocalStack, target: &str, more: &[&str]) -> Value {
    let mut command = Command::new(tool("export-dbt"));
    command.args(["--format", "json", "--target", target]).args(more).arg("--duckdb").arg(database);
    lake(&mut command, localstack);
    serde_json::from_str(&run(&mut command).expect(0).stdout).unwrap()
}

fn compare(database: &Path, localstack: &LocalStack, right: &str, more: &[&str]) -> Run {
    let mut command = Command::new(tool("export-dbt"));
    command.arg("compare").arg(database).arg(right).args(more);
    lake(&mut command, localstack);
    run(&mut command)
}

/// The columns that differ, with their table.
fn differing(comparison: &Run) -> Vec<String> {
    let comparison: Value = serde_json::from_str(&comparison.stdout).expect("JSON");
    let mut found = Vec::new();
    for table in comparison["tables"].as_array().unwrap() {
        assert!(table["code"].is_null(), "{table:#}");
        assert_eq!(table["schema"], Value::Array(Vec::new()), "{table:#}");
        for column in table["columns"].as_array().unwrap() {
            let name = column["column"].as_str().unwrap();
            found.push(format!("{}.{name}", table["table"].as_str().unwrap()));
        }
    }
    found
}

#[test]
fn trino_reads_every_type_and_rounds_timestamptz_alone() {
    let Some((_folder, database)) = database() else { return };
    let Some(lake) = Lake::start(&["every-gold"]) else { return };
    let url = lake.trino.url();
    let target = "s3://every-{layer}/{table}";
    let exported = export(&database, lake.localstack, target, &["--register", &url]);
    let warned: Vec<&str> = exported["tables"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|table| table["warnings"].as_array().unwrap())
        .filter_map(|warning| {
            warning.as_str()?.strip_suffix(": Trino rounds its times to milliseconds")
        })
        .collect();
    let arguments = ["--key", "i", "--format", "json"];
    let compared = compare(&database, lake.localstack, &url, &arguments).expect(1);
    let found = differing(&compared);
    let rounded = [
        "plain.timestamptz",
        "nested.list_timestamptz",
        "nested.array_timestamptz",
        "nested.struct_timestamptz",
        "nested.map_timestamptz",
    ];
    let mut expected: Vec<&str> = rounded.into();
    expected.sort_unstable();
    let mut sorted: Vec<&str> = found.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    assert_eq!(sorted, expected, "{}", compared.transcript(&[]));
    // The run has warned of exactly these.
    let mut warned: Vec<String> =
        warned.iter().map(|text| text.trim_start_matches("column ").replace('"', "")).collect();
    warned.sort_unstable();
    let mut columns: Vec<&str> =
        expected.iter().map(|name| name.rsplit_once('.').unwrap().1).collect();
    columns.sort_unstable();
    assert_eq!(warned, columns);
    // The same, when the milliseconds are allowed for.
    let allowed = [
        "--key",
        "i",
        "--tolerance",
        "plain.timestamptz=1ms",
        "--ignore-column",
        "nested.*_timestamptz",
    ];
    compare(&database, lake.localstack, &url, &allowed).expect(0);
    // What the lake itself holds is exact.
    compare(&database, lake.localstack, target, &[]).expect(0);
}

#[test]
fn spark_reads_and_writes_every_type_exactly() {
    let Some((_folder, database)) = database() else { return };
    let Some(spark) = Spark::start() else { return };
    let localstack = LocalStack::shared().unwrap();
    for name in ["every-s-gold", "every-s-spark"] {
        bucket(localstack, name);
    }
    export(&database, localstack, "s3://every-s-{layer}/{table}", &[]);
    let mut statements = String::from("create schema every location 's3a://every-s-spark/';");
    for table in ["plain", "nested", "far"] {
        statements.push_str(&format!(
            "create table every.{table} using delta location 's3a://every-s-spark/{table}' as select * from delta.`s3a://every-s-gold/{table}`;"
        ));
    }
    // Rows that a deletion vector hides, and columns with other names in the files.
    statements.push_str(
        "create table every.kept (id bigint, name string) using delta location 's3a://every-s-spark/kept'
             tblproperties ('delta.enableDeletionVectors' = 'true', 'delta.columnMapping.mode' = 'name');
         insert into every.kept select /*+ repartition(1) */ id, concat('row ', id) from range(100);
         alter table every.kept rename column id to i;
         delete from every.kept where i % 10 = 0;",
    );
    let made = spark.session(&statements);
    assert_eq!(made.status, 0, "{}\n{}", made.transcript(&[]), spark.log());
    let right = "s3://every-s-spark/{table}";
    let compared = compare(&database, localstack, right, &["--key", "i"]);
    assert_eq!(compared.status, 0, "{}", compared.transcript(&[]));
    let rows = "gold.kept    same";
    assert!(compared.stdout.contains(rows), "{}", compared.transcript(&[]));
}
