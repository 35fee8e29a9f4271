//! Every type at its ends, read back by chdb, polars and Arrow.

use crate::support::{Sandbox, python, readers};

#[test]
fn every_type_comes_back_equal() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    let folder = sandbox.path().display().to_string();
    let program = include_str!("types.py");
    let out = python(program, &[env!("CARGO_BIN_EXE_export-dbt"), &folder]);
    let counts: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert!(counts["tables"].as_u64().unwrap() > 150, "{out}");
}

/// Every row of the database is in what DuckDB, polars and chdb read, and nothing else.
const COMPARE: &str = "
import sys, chdb, duckdb, polars
database, table = sys.argv[1:]
con = duckdb.connect(database, read_only=True)
polars_rows = polars.read_delta(table).to_arrow()
for source in ('polars_rows', f\"read_parquet('{table}/*.parquet')\"):
    for one, other in (('gold.t', source), (source, 'gold.t')):
        left = con.execute(f'SELECT count(*) FROM (SELECT * FROM {one} EXCEPT ALL SELECT * FROM {other})').fetchone()
        assert left == (0,), (one, other, left)
sums = 'count(*), sum(id), sum(few), sum(wide), count(wide), sum(length(key)), max(key), min(late), round(sum(price), 3)'
mine = con.execute(f\"SELECT {sums.replace('late', 'epoch_us(late)')} FROM gold.t\").fetchone()
theirs = chdb.query(f\"SELECT {sums.replace('late', 'toUnixTimestamp64Micro(late)')} FROM deltaLakeLocal('{table}')\", 'TSV').data().split()
assert [str(x) for x in mine] == theirs or [float(a) if i not in (6,) else a for i, a in enumerate(mine)] == [float(b) if i not in (6,) else b for i, b in enumerate(theirs)], (mine, theirs)
groups = con.execute(f\"SELECT path_in_schema, count(DISTINCT row_group_id), count(DISTINCT compression), count(DISTINCT encodings) FROM parquet_metadata('{table}/*.parquet') GROUP BY 1\").fetchall()
print({name: (n, codecs, encodings) for name, n, codecs, encodings in groups})
";

#[test]
fn row_groups_of_other_encodings_are_read_alike() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    // Columns that a dictionary serves or not, that zstd shrinks or not, and one that changes its nature on
    // the way.
    sandbox.sql(
        "CREATE TABLE gold.t AS SELECT i AS id, md5(i::VARCHAR) AS key, (hash(i) % 50000)::INTEGER AS few,
         CASE WHEN i % 7 > 0 THEN CASE WHEN i < 500000 THEN i % 3 ELSE (hash(i + 1) >> 3)::BIGINT >> 20 END END AS wide,
         TIMESTAMP '2024-01-01' + to_microseconds(i * 700 + (hash(i) % 5000)::BIGINT) AS late,
         (hash(i + 2) % 300000)::DOUBLE / 1000 AS price, hash(i + 3) % 2 = 0 AS flag
         FROM range(1500000) t(i)",
    );
    sandbox.exported(&["--memory-limit", "216MiB"]);
    let path = sandbox.table("gold", "t").display().to_string();
    let out = python(COMPARE, &[&sandbox.database().display().to_string(), &path]);
    // More than one encoding and codec in one file, or the test is about nothing.
    assert!(out.contains("'few': (") && !out.contains("'few': (1,"), "{out}");
    assert!(out.contains(", 2, 2)"), "{out}");
}
