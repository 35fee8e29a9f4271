//! Statistics, proven with a reader that skips files by them.

use serde_json::Value;

use crate::support::{Sandbox, actions, commit, python, readers};

/// For each file's minimum and maximum of each column, `=`, `<=` and `>=` must find the row.
const PRUNE: &str = r#"
import sys, json, decimal, datetime
import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq
from deltalake import DeltaTable, QueryBuilder
path = sys.argv[1]
table = DeltaTable(path)
builder = QueryBuilder().register("t", table)
checked, faults = 0, []
def literal(v, t):
    if isinstance(v, bool): return str(v).lower()
    if isinstance(v, decimal.Decimal): return f"CAST('{v:f}' AS DECIMAL({t.precision},{t.scale}))"
    if isinstance(v, datetime.datetime):
        return f"TIMESTAMP '{v.isoformat(sep=' ')}'" if v.tzinfo is None else f"arrow_cast('{v.astimezone(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%S.%f')}Z', 'Timestamp(Microsecond, Some(\"UTC\"))')"
    if isinstance(v, datetime.date): return f"DATE '{v}'"
    if isinstance(v, str): return "'" + v.replace("'", "''") + "'"
    if isinstance(v, float): return f"arrow_cast({v!r}, '{'Float32' if pa.types.is_float32(t) else 'Float64'}')"
    return repr(v)
files = [f.removeprefix("file://") for f in table.file_uris()]
everything = pa.concat_tables([pq.read_table(f) for f in files])
def count(field, op, v):
    column, scalar = everything.column(field.name), pa.scalar(v, field.type)
    compare = {"=": pc.equal, "<=": pc.less_equal, ">=": pc.greater_equal}[op]
    n = pc.sum(compare(column, scalar)).as_py() or 0
    # For the engine a NaN is larger than every number.
    if op == ">=" and pa.types.is_floating(field.type):
        n += pc.sum(pc.is_nan(column)).as_py() or 0
    return n
for file in files:
    data = pq.read_table(file)
    for field in data.schema:
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type) or pa.types.is_boolean(field.type):
            continue
        column = data.column(field.name).drop_null()
        if pa.types.is_floating(field.type):
            column = column.filter(pc.invert(pc.is_nan(column)))
        if len(column) == 0: continue
        if pa.types.is_decimal(field.type) or pa.types.is_string(field.type):
            ordered = column.take(pc.array_sort_indices(column.combine_chunks()))
            ends = (ordered[0].as_py(), ordered[-1].as_py())
        else:
            ends = tuple(pc.min_max(column).as_py().values())
        for v in ends:
            for op in ("=", "<=", ">="):
                sql = f'SELECT count(*) AS n FROM t WHERE "{field.name}" {op} {literal(v, field.type)}'
                n = pa.table(builder.execute(sql).read_all()).column("n")[0].as_py()
                want = count(field, op, v)
                checked += 1
                if n != want: faults.append(f"{field.name} {op} {v!r}: {n} rows, not {want}")
print(json.dumps({"files": len(files), "checked": checked, "faults": faults}))
"#;

#[test]
fn a_reader_that_prunes_finds_every_end() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE gold.t (
            small TINYINT, big BIGINT, ub UBIGINT, huge HUGEINT, huge2 HUGEINT, d18 DECIMAL(18,3), d38 DECIMAL(38,10),
            dt DATE, ts TIMESTAMP, tz TIMESTAMPTZ, f FLOAT, db DOUBLE, withnan DOUBLE, s VARCHAR, u VARCHAR, nul INTEGER, l INTEGER[], st STRUCT(a BIGINT, b VARCHAR))",
    );
    // Several files, each with ends of its own.
    for i in 0..3 {
        sandbox.sql(&format!(
            "INSERT INTO gold.t SELECT
                ({i} * 40 + x % 40)::TINYINT, 9007199254740993 + {i} * 1000 + x, 18446744073709551000::UBIGINT + {i} * 100 + x % 100,
                9007199254740993::HUGEINT + {i} * 100000 + x, 9223372036854775808::HUGEINT * 1000003 + {i} * 7000 + x,
                (123456789012345.678::DECIMAL(18,3) + {i} + x * 0.001::DECIMAL(18,3))::DECIMAL(18,3),
                (1234567890123456789012345.0000000001::DECIMAL(38,10) + {i})::DECIMAL(38,10),
                DATE '2024-01-01' + {i} * 1000 + (x % 365)::INTEGER, TIMESTAMP '1969-12-31 23:59:59.999501' + INTERVAL ({i}) DAY + to_microseconds(x),
                CAST(TIMESTAMP '2024-05-05 05:05:05.000001' + to_microseconds(x + {i} * 1000000) AS TIMESTAMPTZ),
                (0.1 + x)::FLOAT, 0.1 + x / 3, CASE WHEN x % 7 = 0 THEN 'nan'::DOUBLE ELSE x END,
                repeat('\u{00e9}', 40) || lpad((x + {i} * 50000)::VARCHAR, 9, '0'), repeat(chr(1114111), 33) || x,
                CASE WHEN {i} = 1 THEN NULL ELSE x END, CASE WHEN x % 3 = 0 THEN NULL ELSE [x, NULL] END, {{'a': x + {i} * 100, 'b': 'v' || x}}
             FROM range(41000) r(x)"
        ));
    }
    // Files end at the first row group past this size.
    sandbox.exported(&["--file-size", "1KiB", "--memory-limit", "256MiB"]);
    let path = sandbox.table("gold", "t");
    let out: Value = serde_json::from_str(&python(PRUNE, &[&path.display().to_string()])).unwrap();
    assert_eq!(out["faults"], serde_json::json!([]), "{out:#}");
    assert!(
        out["files"].as_u64().unwrap() >= 2 && out["checked"].as_u64().unwrap() >= 160,
        "{out}"
    );

    for add in actions(&commit(&path, 0), "add") {
        let stats: Value = serde_json::from_str(add["stats"].as_str().unwrap()).unwrap();
        assert!(stats["numRecords"].as_u64().unwrap() > 0);
        assert_eq!(stats["nullCount"].as_object().unwrap().len(), 18);
        assert!(stats["nullCount"]["l"].as_u64().unwrap() > 0);
        assert_eq!(stats["nullCount"]["st"]["a"], 0);
        assert!(stats["minValues"]["withnan"].is_null() && stats["maxValues"]["withnan"].is_null());
        assert!(stats["maxValues"]["u"].is_null(), "no successor of the last code point");
        assert!(stats["minValues"]["st"]["b"].is_string());
        assert!(stats["maxValues"]["s"].as_str().unwrap().chars().count() <= 32);
    }
}

#[test]
fn several_files_and_row_groups_hold_every_row() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, hash(i) AS h, hash(i)::VARCHAR || repeat('x', (i % 50)::INTEGER) AS s FROM range(1500000) t(i)");
    let summary = sandbox.exported(&["--file-size", "8MiB", "--memory-limit", "216MiB"]);
    let files = crate::support::table(&summary, "gold.t")["files"].as_u64().unwrap();
    assert!(files >= 2, "{summary:#}");
    let program = "
import sys, chdb, polars
path = sys.argv[1]
print(chdb.query(f\"SELECT count(), sum(id), sum(h), sum(length(s)) FROM deltaLakeLocal('{path}')\", 'CSV'))
print(polars.scan_delta(path).select(polars.len(), polars.col('id').sum()).collect().row(0))";
    let out = python(program, &[&sandbox.table("gold", "t").display().to_string()]);
    let connection = duckdb::Connection::open(sandbox.database()).unwrap();
    let want: String = connection
        .query_row("SELECT count(*) || ',' || sum(id) || ',' || sum(h) || ',' || sum(length(s)) FROM gold.t", [], |r| r.get(0))
        .unwrap();
    assert!(out.replace('"', "").contains(&want), "{out} {want}");
    assert!(out.contains("(1500000, 1124999250000)"), "{out}");
}
