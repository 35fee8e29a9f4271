//! Values of partition columns: those of every type come back equal, and those without a form are refused.

use rideshare_tests::run::run;

use crate::support::{Sandbox, python, readers, summary, table};

/// Each type, its values as SQL, and the reader that has a fault of its own with it.
const TYPES: [(&str, &str, &[&str], &str); 20] = [
    ("boolean", "BOOLEAN", &["true", "false"], ""),
    ("tinyint", "TINYINT", &["-128", "127"], ""),
    ("smallint", "SMALLINT", &["-32768", "32767"], ""),
    ("integer", "INTEGER", &["-2147483648", "2147483647"], ""),
    ("bigint", "BIGINT", &["-9223372036854775808", "9223372036854775807", "9007199254740993"], ""),
    ("ubigint", "UBIGINT", &["0", "9007199254740993"], "chdb"),
    ("decimal", "DECIMAL(18,3)", &["123456789012345.678", "0", "0.001"], ""),
    ("float", "FLOAT", &["0.1", "1e-45", "'inf'", "'-inf'", "'-0.0'", "0.0"], ""),
    ("double", "DOUBLE", &["0.1", "1.7976931348623157e308", "5e-324", "'inf'", "'-0.0'"], ""),
    (
        "varchar",
        "VARCHAR",
        &["'a'", "' a b'", "'a/b=c%d'", "'é🚗'", "e'tab\\tnl\\nquote\"'", "'NULL'", "'.'"],
        "",
    ),
    ("no_null", "VARCHAR", &["'__HIVE_DEFAULT_PARTITION__'"], "polars"),
    ("bit", "BIT", &["'0'", "'10'"], ""),
    ("hugeint", "HUGEINT", &["-99999999999999999999999999999999999999"], "chdb"),
    ("uuid", "UUID", &["'ffffffff-ffff-ffff-ffff-ffffffffffff'"], ""),
    ("enum", "ENUM('low', 'a b')", &["'low'", "'a b'"], ""),
    ("blob", "BLOB", &["'abc'", "'\\x01'"], "polars"),
    ("date", "DATE", &["'0001-01-01'", "'9999-12-31'", "'1970-01-01'"], "chdb"),
    (
        "timestamp",
        "TIMESTAMP",
        &["'1900-01-01 00:00:00.000001'", "'2261-12-31 23:59:59.999999'", "'2024-01-01'"],
        "",
    ),
    (
        "timestamptz",
        "TIMESTAMPTZ",
        &[
            "'1900-01-01 00:00:00.000001+00'",
            "'2261-12-31 23:59:59.999999+00'",
            "'2024-01-01 00:00:00+02'",
        ],
        "",
    ),
    ("time", "TIME", &["'00:00:00'", "'23:59:59.999999'"], ""),
];

const READ: &str = "
import sys, chdb, duckdb, polars
from deltalake import DeltaTable, QueryBuilder
import pyarrow as pa
con = duckdb.connect(sys.argv[1], read_only=True)
con.execute(\"SET TimeZone = 'UTC'\")
def text(column):
    return f\"CASE WHEN {column} IS NULL THEN 'null' ELSE {column}::VARCHAR END\"
for argument in sys.argv[3:]:
    name, _, skipped = argument.partition(':')
    path = f'{sys.argv[2]}/{name}'
    polars_rows = polars.scan_delta(path).collect().to_arrow() if skipped != 'polars' else None
    deltalake_rows = DeltaTable(path).to_pyarrow_table()
    datafusion_rows = pa.table(QueryBuilder().register('t', DeltaTable(path)).execute('select * from t').read_all())
    want = con.execute(f\"SELECT id, {text('p')} FROM gold.{name} ORDER BY id\").fetchall()
    for reader in ('polars_rows', 'deltalake_rows', 'datafusion_rows'):
        if reader.startswith(skipped or '-'): continue
        got = con.execute(f\"SELECT id, {text('p')} FROM {reader} ORDER BY id\").fetchall()
        same = con.execute(f\"SELECT count(*) FROM {reader} r JOIN gold.{name} t USING (id) WHERE {text('t.p')} = {text('r.p')}\").fetchone()[0]
        assert len(got) == len(want) == same, (name, reader, want, got)
    if skipped != 'chdb':
        counts = chdb.query(f\"SELECT count(), count(p) FROM deltaLakeLocal('{path}')\", 'TSV').data().split()
        assert counts == [str(len(want)), str(len(want) - 1)], (name, counts)
";

#[test]
fn values_of_every_type_come_back_equal() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    let mut sql = String::new();
    for (name, ty, values, _) in TYPES {
        sql += &format!(
            "CREATE TABLE gold.{name}(id INTEGER, p {ty}); INSERT INTO gold.{name} VALUES (0, NULL);"
        );
        for (id, value) in values.iter().enumerate() {
            sql += &format!("INSERT INTO gold.{name} VALUES ({}, {value});", id + 1);
        }
    }
    sandbox.sql(&sql);
    let summary = sandbox.exported(&["--partition-by", "*=p"]);
    let lake = sandbox.path().join("lake/gold").display().to_string();
    let mut arguments = vec![sandbox.database().display().to_string(), lake];
    for (name, _, values, skipped) in TYPES {
        let files = table(&summary, &format!("gold.{name}"))["files"].as_u64().unwrap();
        assert_eq!(files, values.len() as u64 + 1, "{name}");
        arguments.push(format!("{name}:{skipped}"));
    }
    python(READ, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let again = sandbox.exported(&["--partition-by", "*=p"]);
    assert!(again["tables"].as_array().unwrap().iter().all(|t| t["outcome"] == "unchanged"));
}

#[test]
fn values_without_a_form_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE gold.empty AS SELECT i AS id, CASE WHEN i < 3 THEN '' ELSE 'x' END AS p FROM range(5) t(i);
         CREATE TABLE gold.bytes AS SELECT 1 AS id, '\\xFF'::BLOB AS p;
         CREATE TABLE gold.endless AS SELECT 1 AS id, 'infinity'::DATE AS p;
         CREATE TABLE gold.early AS SELECT 1 AS id, TIMESTAMP '0044-03-15 (BC) 00:00:00' AS p;
         CREATE TABLE gold.nested AS SELECT 1 AS id, [1] AS p;
         CREATE TABLE gold.many AS SELECT i AS id, i AS p FROM range(20001) t(i);
         CREATE TABLE gold.long AS SELECT 1 AS id, repeat('x', 300) AS p;
         CREATE TABLE gold.absent AS SELECT 1 AS id, 1 AS q;
         CREATE TABLE gold.alone AS SELECT 1 AS p;",
    );
    let failed =
        run(sandbox.command().args(["--partition-by", "*=p", "--format", "json"])).expect(1);
    let summary = summary(&failed);
    for (name, code, words) in [
        ("empty", "bad-value", "3 rows with an empty text"),
        ("bytes", "bad-value", "no UTF-8"),
        ("endless", "bad-value", "infinite or outside the years"),
        ("early", "bad-value", "infinite or outside the years"),
        ("nested", "bad-partition", "made of other values"),
        ("many", "bad-partition", "more than 20000 different values"),
        ("long", "bad-value", "bytes as a folder's name"),
        ("absent", "bad-partition", "there is no column \"p\""),
        ("alone", "bad-partition", "none is left"),
    ] {
        let report = table(&summary, &format!("gold.{name}"));
        assert_eq!(report["code"], code, "{name}: {report:#}");
        assert!(report["reason"].as_str().unwrap().contains(words), "{name}: {report:#}");
    }
}
