//! Partitioned tables: only the partitions that changed are written, and every reader sees every version as the
//! database was.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{self, Sandbox, actions, commit, python, readers, table};

/// Remembers the rows of `gold.t` in a file, and compares every remembered version with readers.
const VERSIONS: &str = "
import sys, os, chdb, duckdb, polars
from deltalake import DeltaTable, QueryBuilder
import pyarrow as pa
database, path, memory = sys.argv[1:4]
con = duckdb.connect(database, read_only=True)
con.execute('SET enable_progress_bar = false')
newest = DeltaTable(path).version()
con.execute(f\"COPY (FROM gold.t) TO '{memory}/{newest}.parquet'\")
def compare(old, columns, got):
    names = ', '.join(f'CAST(\"{c}\" AS VARCHAR)' for c in columns)
    for one, other in (('want', 'got'), ('got', 'want')):
        left = con.execute(f'SELECT * FROM (SELECT {names} FROM {one} EXCEPT ALL SELECT {names} FROM {other}) LIMIT 3').fetchall()
        assert left == [], (old, one, left)
for old in sorted(int(name.split('.')[0]) for name in os.listdir(memory)):
    want = con.execute(f\"FROM read_parquet('{memory}/{old}.parquet')\").to_arrow_table()
    con.register('want', want)
    readers = [polars.scan_delta(path, version=old).collect().to_arrow(), DeltaTable(path, version=old).to_pyarrow_table()]
    if old == newest:
        t = DeltaTable(path)
        readers.append(pa.table(QueryBuilder().register('t', t).execute('select * from t').read_all()))
    for got in readers:
        con.register('got', got)
        compare(old, want.column_names, got)
clickhouse = chdb.query(f\"SELECT * FROM deltaLakeLocal('{path}')\", 'JSONCompactEachRow').data()
print(len(clickhouse.splitlines()), len(want))
";

/// Compares the newest version, and those of earlier calls, with the database.
pub(crate) fn check(sandbox: &Sandbox) {
    let memory = sandbox.path().join("versions");
    std::fs::create_dir_all(&memory).unwrap();
    let paths = [sandbox.database(), sandbox.table("gold", "t"), memory];
    let paths = paths.map(|path| path.display().to_string());
    let out = python(VERSIONS, &[&paths[0], &paths[1], &paths[2]]);
    let counts: Vec<&str> = out.split_whitespace().collect();
    assert_eq!(counts[0], counts[1], "ClickHouse has other rows: {out}");
}

/// Forgets the versions of earlier calls of [`check`].
pub(crate) fn forget(sandbox: &Sandbox) {
    let _ = std::fs::remove_dir_all(sandbox.path().join("versions"));
}

pub(crate) const BY_DAY: [&str; 2] = ["--partition-by", "gold.t=day"];

/// A sandbox with 20 days of so many rows together, exported once.
fn exported_days(rows: u32) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sql(&format!(
        "CREATE TABLE gold.t AS SELECT i AS id, DATE '2024-01-01' + (i * 20 // {rows})::INTEGER AS day, hash(i)::VARCHAR AS s,
         (i % 100)::DECIMAL(10,2) AS fare FROM range({rows}) t(i)"
    ));
    assert_eq!(files(&sandbox, &sandbox.exported(&BY_DAY)), [20, 0, 0, 20]);
    sandbox
}

/// Written and kept files, and removed and added ones of the newest commit.
fn files(sandbox: &Sandbox, summary: &Value) -> [u64; 4] {
    let version = table(summary, "gold.t")["version"].as_u64().unwrap();
    let commit = commit(&sandbox.table("gold", "t"), version);
    let count = |kind: &str| actions(&commit, kind).len() as u64;
    let (written, kept) = support::files(summary);
    [written, kept, count("remove"), count("add")]
}

#[test]
fn a_change_of_one_day_writes_one_file() {
    let Some(_readers) = readers() else { return };
    let sandbox = exported_days(40_000);
    check(&sandbox);
    assert_eq!(table(&sandbox.exported(&BY_DAY), "gold.t")["outcome"], "unchanged");

    sandbox.sql("UPDATE gold.t SET fare = fare + 1 WHERE day = '2024-01-07' AND id % 2 = 0");
    let planned = sandbox.exported(&[&BY_DAY[..], &["--dry-run"]].concat());
    let reason = &table(&planned, "gold.t")["reason"];
    assert_eq!(reason, "the rows of 1 of 20 parts have changed");
    let updated = sandbox.exported(&BY_DAY);
    assert_eq!(files(&sandbox, &updated), [1, 19, 1, 1]);
    assert_eq!(table(&updated, "gold.t")["rows"], 40_000);
    check(&sandbox);

    sandbox.sql("DELETE FROM gold.t WHERE day = '2024-01-03'; INSERT INTO gold.t SELECT id + 100000, DATE '2024-02-01', s, fare FROM gold.t WHERE day = '2024-01-04'; INSERT INTO gold.t VALUES (-1, NULL, 'no day', 0)");
    assert_eq!(files(&sandbox, &sandbox.exported(&BY_DAY)), [2, 19, 1, 2]);
    check(&sandbox);
    // A checkpoint, and commits after it.
    for change in 0..10 {
        sandbox.sql(&format!(
            "UPDATE gold.t SET s = 'changed' WHERE day = DATE '2024-01-05' + {change}"
        ));
        assert_eq!(files(&sandbox, &sandbox.exported(&BY_DAY)), [1, 20, 1, 1]);
    }
    check(&sandbox);
    assert_eq!(table(&sandbox.exported(&BY_DAY), "gold.t")["outcome"], "unchanged");

    sandbox.sql("DELETE FROM gold.t");
    assert_eq!(files(&sandbox, &sandbox.exported(&BY_DAY)), [0, 0, 21, 0]);
    check(&sandbox);
}

#[test]
fn files_that_left_are_removed_after_the_retention_and_kept_ones_stay() {
    let Some(_readers) = readers() else { return };
    let sandbox = exported_days(4_000);
    for change in 0..12 {
        sandbox.sql(&format!("UPDATE gold.t SET fare = 200 + {change} WHERE day = '2024-01-07'"));
        let arguments = ["--retention", "0s", "--orphan-age", "0s"];
        let summary = sandbox.exported(&[&BY_DAY[..], &arguments].concat());
        assert_eq!(table(&summary, "gold.t")["removedFiles"], 1);
    }
    check(&sandbox);
}

/// Readers pass over folders that begin with `_`, but for those of partitions.
#[test]
fn a_partition_column_may_begin_with_an_underscore() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, i % 3 AS _day FROM range(30) t(i)");
    let arguments = ["--partition-by", "gold.t=_day", "--retention", "0s", "--orphan-age", "0s"];
    assert_eq!(files(&sandbox, &sandbox.exported(&arguments)), [3, 0, 0, 3]);
    // `_day` comes before `_delta_log`, whose listing begins at the checkpoint once there is one.
    for change in 1..=12 {
        let unchanged = sandbox.exported(&arguments);
        let report = table(&unchanged, "gold.t");
        assert_eq!(report["outcome"], "unchanged", "{report:#}");
        assert_eq!(report["warnings"], json!([]));
        sandbox.sql(&format!("UPDATE gold.t SET id = id + 100 WHERE _day = {change} % 3"));
        let changed = sandbox.exported(&arguments);
        assert_eq!(files(&sandbox, &changed), [1, 2, 1, 1]);
        assert_eq!(table(&changed, "gold.t")["removedFiles"], 1);
    }
    check(&sandbox);
}

#[test]
fn a_description_is_a_commit_without_files() {
    let Some(_readers) = readers() else { return };
    let sandbox = exported_days(4_000);
    sandbox.sql("COMMENT ON COLUMN gold.t.fare IS 'in euros'");
    let described = sandbox.exported(&BY_DAY);
    assert_eq!(files(&sandbox, &described), [0, 20, 0, 0]);
    let metadata = actions(&commit(&sandbox.table("gold", "t"), 1), "metaData");
    assert!(metadata[0]["schemaString"].as_str().unwrap().contains("in euros"));
    check(&sandbox);
}

#[test]
fn other_columns_and_other_partitions_replace_all_files() {
    let Some(_readers) = readers() else { return };
    let sandbox = exported_days(4_000);
    sandbox.sql("ALTER TABLE gold.t RENAME s TO text");
    assert_eq!(files(&sandbox, &sandbox.exported(&BY_DAY)), [20, 0, 20, 20]);
    let by_two = ["--partition-by", "gold.t=day,fare"];
    sandbox.sql("DELETE FROM gold.t WHERE fare > 2");
    assert_eq!(files(&sandbox, &sandbox.exported(&by_two)), [60, 0, 20, 60]);
    check(&sandbox);
    assert_eq!(files(&sandbox, &sandbox.exported(&[])), [1, 0, 60, 1]);
    check(&sandbox);
}

#[test]
fn values_that_lie_scattered_are_sorted() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, 'city ' || hash(i) % 7 AS city, CASE WHEN hash(i + 1) % 5 > 0 THEN (hash(i + 1) % 5)::UTINYINT END AS kind FROM range(20000) t(i)");
    let by = ["--partition-by", "*=city,kind"];
    assert_eq!(files(&sandbox, &sandbox.exported(&by)), [35, 0, 0, 35]);
    check(&sandbox);
    sandbox.sql("UPDATE gold.t SET id = id + 100000 WHERE city = 'city 3' AND id % 100 < 10 AND (kind IS NULL OR kind = 4)");
    assert_eq!(files(&sandbox, &sandbox.exported(&by)), [2, 33, 2, 2]);
    sandbox.sql("UPDATE gold.t SET id = -id WHERE kind IS NULL");
    assert_eq!(files(&sandbox, &sandbox.exported(&by)), [7, 28, 7, 7]);
    check(&sandbox);
}

#[test]
fn a_view_is_partitioned_too() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE silver.s AS SELECT i AS id, i % 4 AS part FROM range(4000) t(i); CREATE VIEW gold.t AS FROM silver.s");
    let by = ["--views", "--layer", "gold", "--partition-by", "gold.t=part"];
    assert_eq!(files(&sandbox, &sandbox.exported(&by)), [4, 0, 0, 4]);
    sandbox.sql("UPDATE silver.s SET id = -id WHERE part = 2");
    assert_eq!(files(&sandbox, &sandbox.exported(&by)), [1, 3, 1, 1]);
    check(&sandbox);
}

#[test]
fn a_missing_file_is_written_anew_and_the_others_stay() {
    let Some(_readers) = readers() else { return };
    let sandbox = exported_days(4_000);
    let path = sandbox.table("gold", "t");
    let lose = |day: &str| {
        let folder = path.join(format!("day={day}"));
        let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
        std::fs::remove_file(file).unwrap();
    };
    lose("2024-01-03");
    let repaired = sandbox.exported(&BY_DAY);
    assert_eq!(files(&sandbox, &repaired), [1, 19, 1, 1]);
    let warning = table(&repaired, "gold.t")["warnings"][0].as_str().unwrap();
    assert!(warning.contains("is missing; its rows are written again"), "{warning}");
    // Beside a change, too.
    lose("2024-01-04");
    sandbox.sql("UPDATE gold.t SET fare = 700 WHERE day = '2024-01-09'");
    assert_eq!(files(&sandbox, &sandbox.exported(&BY_DAY)), [2, 18, 2, 2]);
    check(&sandbox);
}

/// Flips one bit in the middle of the only data file in a folder.
fn flip_a_bit(folder: &Path) {
    let file = folder.join(&support::data_files(folder)[0]);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
}

#[test]
fn a_flipped_bit_is_found_by_verify() {
    let Some(_readers) = readers() else { return };
    let sandbox = exported_days(40_000);
    flip_a_bit(&sandbox.table("gold", "t").join("day=2024-01-03"));
    assert_eq!(table(&sandbox.exported(&BY_DAY), "gold.t")["outcome"], "unchanged");
    let verify = [&BY_DAY[..], &["--verify"]].concat();
    let repaired = sandbox.exported(&verify);
    assert_eq!(files(&sandbox, &repaired), [1, 19, 1, 1]);
    let warning = table(&repaired, "gold.t")["warnings"][0].as_str().unwrap();
    let end = "has other bytes than were uploaded; its rows are written again";
    assert!(warning.contains("day=2024-01-03/") && warning.ends_with(end), "{warning}");
    check(&sandbox);
    let verified = sandbox.exported(&verify);
    assert_eq!(table(&verified, "gold.t")["outcome"], "unchanged");
    assert_eq!(table(&verified, "gold.t")["warnings"], json!([]));
}

#[test]
fn verify_finds_a_flipped_bit_of_a_table_of_one_part() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox
        .sql("CREATE TABLE gold.t AS SELECT i AS id, hash(i)::VARCHAR AS s FROM range(1000) t(i)");
    sandbox.exported(&[]);
    flip_a_bit(&sandbox.table("gold", "t"));
    assert_eq!(files(&sandbox, &sandbox.exported(&["--verify"])), [1, 0, 1, 1]);
    check(&sandbox);
}

/// The rows of a changed part are written again anyway.
#[test]
fn verify_reads_no_file_of_a_changed_part() {
    let sandbox = exported_days(4_000);
    flip_a_bit(&sandbox.table("gold", "t").join("day=2024-01-03"));
    sandbox.sql("UPDATE gold.t SET fare = 700 WHERE day = '2024-01-03'");
    let changed = sandbox.exported(&[&BY_DAY[..], &["--verify"]].concat());
    assert_eq!(files(&sandbox, &changed), [1, 19, 1, 1]);
    assert_eq!(table(&changed, "gold.t")["warnings"], json!([]));
}

/// Commits of earlier releases have sizes alone.
#[test]
fn verify_says_which_files_have_no_digest() {
    let sandbox = exported_days(4_000);
    let path = sandbox.table("gold", "t").join(format!("_delta_log/{:020}.json", 0));
    let mut lines: Vec<Value> = std::fs::read_to_string(&path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for part in lines[0]["commitInfo"]["tableParts"].as_array_mut().unwrap() {
        for file in part["files"].as_object_mut().unwrap().values_mut() {
            *file = file[0].clone();
        }
    }
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    std::fs::write(&path, text.join("\n")).unwrap();
    let verify = [&BY_DAY[..], &["--verify"]].concat();
    let unchanged = sandbox.exported(&verify);
    assert_eq!(table(&unchanged, "gold.t")["outcome"], "unchanged");
    let warning = table(&unchanged, "gold.t")["warnings"][0].as_str().unwrap();
    assert!(warning.ends_with("verified by their size alone: 20"), "{warning}");
    sandbox.sql("UPDATE gold.t SET fare = 700 WHERE day = '2024-01-03'");
    let changed = sandbox.exported(&verify);
    assert_eq!(files(&sandbox, &changed), [1, 19, 1, 1]);
    let warning = table(&changed, "gold.t")["warnings"][0].as_str().unwrap();
    assert!(warning.ends_with("verified by their size alone: 19"), "{warning}");
}

#[test]
fn the_model_says_the_partitions() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, i % 3 AS \"a part\" FROM range(30) t(i); CREATE TABLE gold.other AS SELECT 1 AS id");
    let model = |name: &str, by: Value| json!({"resource_type": "model", "name": name, "schema": "gold", "config": {"materialized": "table", "partition_by": by}});
    let manifest = sandbox.path().join("manifest.json");
    let nodes = json!({"nodes": {"model.p.t": model("t", json!(["A part"])), "model.p.other": model("other", json!("date_trunc('day', x)"))}});
    std::fs::write(&manifest, nodes.to_string()).unwrap();
    let manifest = manifest.display().to_string();
    let summary = sandbox.exported(&["--manifest", &manifest]);
    assert_eq!(files(&sandbox, &summary), [3, 0, 0, 3]);
    assert!(sandbox.table("gold", "t").join("a_part=2").is_dir());
    let warnings = table(&summary, "gold.other")["warnings"].to_string();
    assert!(warnings.contains("partition_by is not followed"), "{warnings}");
    let none = sandbox.exported(&["--manifest", &manifest, "--partition-by", "t="]);
    assert_eq!(files(&sandbox, &none), [1, 0, 3, 1]);
}
