//! A hundred runs: checkpoints are there, and only retained files are left.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rideshare_tests::run::run;
use serde_json::{Value, json};

use crate::partitions::BY_DAY;
use crate::replaced::others;
use crate::support::{Sandbox, actions, commit, data_files, python, readers, rows, summary, table};

#[test]
fn a_hundred_runs() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 0 AS generation, i AS id, TIMESTAMP '2024-01-01' AS at FROM range(100) t(i)");
    let path = sandbox.table("gold", "t");
    for generation in 0..100u64 {
        let run = run(sandbox.command().args(["--force", "--retention", "0s", "--format", "json"]))
            .expect(0);
        let summary = summary(&run);
        assert_eq!(table(&summary, "gold.t")["version"], generation);
        assert_eq!(table(&summary, "gold.t")["warnings"], serde_json::json!([]));
        assert_eq!(table(&summary, "gold.t")["removedFiles"], u64::from(generation > 0));
    }
    assert_eq!(data_files(&path).len(), 1);
    for version in (10..100).step_by(10) {
        let checkpoint = path.join(format!("_delta_log/{version:020}.checkpoint.parquet"));
        assert!(checkpoint.exists(), "{}", checkpoint.display());
    }
    let hint = fs::read_to_string(path.join("_delta_log/_last_checkpoint")).unwrap();
    assert!(hint.contains("\"version\":90"), "{hint}");
    // Readers that start from the checkpoint see the same table, statistics included.
    for version in 0..90u64 {
        fs::remove_file(path.join(format!("_delta_log/{version:020}.json"))).unwrap();
    }
    assert_eq!(rows(&path).as_array().unwrap().len(), 100);
    let out = python(
        "import sys, chdb; from deltalake import DeltaTable, QueryBuilder; import pyarrow as pa
print(chdb.query(f\"SELECT count(), max(id) FROM deltaLakeLocal('{sys.argv[1]}')\", 'CSV'))
t = DeltaTable(sys.argv[1])
print(t.version(), pa.table(QueryBuilder().register('t', t).execute('select count(*) from t where id >= 99').read_all()).column(0)[0])
adds = t.get_add_actions(flatten=True); print(pa.table(adds).column('num_records').to_pylist())",
        &[&path.display().to_string()],
    );
    assert!(out.contains("100,99") && out.contains("99 1") && out.contains("[100]"), "{out}");
    let next = sandbox.exported(&["--force"]);
    assert_eq!(table(&next, "gold.t")["version"], 100);
}

/// A checkpoint forgets removals that are older than the table's property, which may be shorter than --retention.
#[test]
fn removed_files_stay_for_the_retention_when_a_checkpoint_has_forgotten_them() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, i % 2 AS day FROM range(10) t(i)");
    let path = sandbox.table("gold", "t");
    sandbox.exported(&BY_DAY);
    others(
        &sandbox,
        "t.alter.set_table_properties({'delta.deletedFileRetentionDuration': 'interval 0 days', 'delta.checkpointInterval': '1'})",
    );
    for day in ["day=0", "day=1"] {
        for name in data_files(&path.join(day)) {
            age(&path.join(day).join(name), 30);
        }
    }
    for _ in 0..3 {
        sandbox.sql("UPDATE gold.t SET id = id + 100 WHERE day = 1");
        assert_eq!(table(&sandbox.exported(&BY_DAY), "gold.t")["removedFiles"], 0);
    }
    assert_eq!(data_files(&path.join("day=1")).len(), 4);
    sandbox.sql("UPDATE gold.t SET id = id + 100 WHERE day = 1");
    let last = sandbox.exported(&[&BY_DAY[..], &["--retention", "0s"]].concat());
    assert!(table(&last, "gold.t")["removedFiles"].as_u64().unwrap() >= 2, "{last:#}");
}

/// A commit of a writer whose `commitInfo` has neither time nor operation counts, too.
#[test]
fn files_that_any_writer_removed_stay_for_the_retention() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, i % 2 AS day FROM range(10) t(i)");
    let path = sandbox.table("gold", "t");
    sandbox.exported(&BY_DAY);
    let day = path.join("day=0");
    let name = data_files(&day)[0].clone();
    age(&day.join(&name), 30);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as u64;
    // Checkpoints forget every removal at once.
    let mut metadata = actions(&commit(&path, 0), "metaData").remove(0);
    metadata["configuration"]["delta.deletedFileRetentionDuration"] = "interval 0 days".into();
    metadata["configuration"]["delta.checkpointInterval"] = "1".into();
    let lines = [
        json!({"commitInfo": {"engineInfo": "x"}}),
        json!({"metaData": metadata}),
        json!({"remove": {"path": format!("day=0/{name}"), "deletionTimestamp": now, "dataChange": true}}),
    ];
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    fs::write(path.join(format!("_delta_log/{:020}.json", 1)), text.join("\n")).unwrap();
    for _ in 0..3 {
        sandbox.sql("UPDATE gold.t SET id = id + 100 WHERE day = 1");
        assert_eq!(table(&sandbox.exported(&BY_DAY), "gold.t")["removedFiles"], 0);
    }
    assert!(data_files(&day).contains(&name));
    sandbox.sql("UPDATE gold.t SET id = id + 100 WHERE day = 1");
    sandbox.exported(&[&BY_DAY[..], &["--retention", "0s"]].concat());
    assert!(!data_files(&day).contains(&name));
}

/// Makes a file as old as so many days.
fn age(file: &Path, days: u64) {
    let time = SystemTime::now() - Duration::from_secs(days * 86_400);
    fs::File::options().append(true).open(file).unwrap().set_modified(time).unwrap();
}

/// The commits still name files that the checkpoint has forgotten.
#[test]
fn files_of_other_writers_that_left_the_table_are_removed_after_the_retention() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    let path = sandbox.table("gold", "t");
    let program = "
import sys, pyarrow as pa; from deltalake import write_deltalake
write_deltalake(sys.argv[1], pa.table({'id': [1]}), configuration={'delta.deletedFileRetentionDuration': 'interval 0 days', 'delta.checkpointInterval': '1', 'delta.enableExpiredLogCleanup': 'false'})";
    python(program, &[&path.display().to_string()]);
    let theirs = path.join(&data_files(&path)[0]);
    let stray = path.join("stray.parquet");
    fs::write(&stray, "no file of the table").unwrap();
    for file in [&theirs, &stray] {
        age(file, 60);
    }
    let month = ["--retention", "30d"];
    for id in 2..5 {
        sandbox.sql(&format!("CREATE OR REPLACE TABLE gold.t AS SELECT {id} AS id"));
        assert_eq!(table(&sandbox.exported(&month), "gold.t")["removedFiles"], 0);
    }
    assert!(theirs.exists());
    for entry in fs::read_dir(path.join("_delta_log")).unwrap() {
        age(&entry.unwrap().path(), 40);
    }
    sandbox.sql("CREATE OR REPLACE TABLE gold.t AS SELECT 5 AS id");
    sandbox.exported(&month);
    assert!(!theirs.exists() && stray.exists());
    assert_eq!(rows(&path), json!([{"id": 5}]));
}

#[test]
fn removed_files_stay_for_the_retention() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let path = sandbox.table("gold", "t");
    for _ in 0..3 {
        sandbox.exported(&["--force"]);
    }
    assert_eq!(data_files(&path).len(), 3);
    let run = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
    fs::write(path.join(format!("part-00000-{run}.zstd.parquet")), "x").unwrap();
    fs::write(path.join("notes.txt"), "mine").unwrap();
    // Spark's, of a dataset without a log.
    let other = path.join(format!("part-00000-{run}.c000.snappy.parquet"));
    fs::write(&other, "theirs").unwrap();
    // Old enough for the retention, too young for an orphan.
    let summary = sandbox.exported(&["--retention", "0s"]);
    assert_eq!(table(&summary, "gold.t")["outcome"], "unchanged");
    assert_eq!(table(&summary, "gold.t")["removedFiles"], 2);
    assert_eq!(data_files(&path).len(), 3);
    let summary = sandbox.exported(&["--retention", "0s", "--orphan-age", "0s"]);
    assert_eq!(table(&summary, "gold.t")["removedFiles"], 1);
    assert!(path.join("notes.txt").exists() && other.exists());
    assert_eq!(rows(&path), serde_json::json!([{"id": 1}]));
}
