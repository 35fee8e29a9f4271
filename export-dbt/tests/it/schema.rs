//! Overwriting tables of other writers, with every change of the schema.

use serde_json::{Value, json};

use rideshare_tests::run::run;

use crate::support::{Sandbox, actions, commit, data_files, python, readers, rows, table};

/// A table that `write_deltalake` made; prints its id.
const FOREIGN: &str = "
import sys, datetime, decimal, pyarrow as pa
from deltalake import write_deltalake, DeltaTable
path, kind = sys.argv[1:]
data = {'id': pa.array([1, 2], pa.int64()), 'name': ['a', 'b'], 'big': pa.array([decimal.Decimal('9007199254740993'), None], pa.decimal128(38, 0))}
args = {}
if kind == 'ntz':
    data['at'] = pa.array([datetime.datetime(2020, 1, 1)] * 2, pa.timestamp('us'))
if kind == 'partitioned':
    data['day'] = pa.array(['a b/c=é', 'x%20y'])
    args['partition_by'] = ['day']
write_deltalake(path, pa.table(data), **args)
if kind == 'appended':
    write_deltalake(path, pa.table(data), mode='append')
    DeltaTable(path).create_checkpoint()
print(DeltaTable(path).metadata().id)
";

const READ_CHDB: &str = "
import sys, chdb
print(chdb.query(f\"SELECT * FROM deltaLakeLocal('{sys.argv[1]}') ORDER BY 1 FORMAT JSONEachRow\"))
";

fn overwrite(kind: &str, sql: &str, want: &Value) -> (Sandbox, Vec<Value>) {
    let sandbox = Sandbox::new();
    let path = sandbox.table("gold", "t");
    let shown = path.display().to_string();
    let id = python(FOREIGN, &[&shown, kind]);
    sandbox.sql(sql);
    let version = if kind == "appended" { 2 } else { 1 };
    let summary = sandbox.exported(&[]);
    assert_eq!(table(&summary, "gold.t")["version"], version, "{kind}");
    assert_eq!(&rows(&path), want, "{kind}: {sql}");
    let now = python(
        "import sys; from deltalake import DeltaTable; print(DeltaTable(sys.argv[1]).metadata().id)",
        &[&shown],
    );
    assert_eq!(now, id, "the table's id stays");
    python(READ_CHDB, &[&shown]);
    let again = sandbox.exported(&[]);
    assert_eq!(table(&again, "gold.t")["outcome"], "unchanged");
    let commit = commit(&path, version);
    (sandbox, commit)
}

#[test]
fn the_same_schema_writes_the_owner_mark_alone() {
    let Some(_readers) = readers() else { return };
    let sql = "CREATE TABLE gold.t AS SELECT 3::BIGINT AS id, 'c' AS name, 7::HUGEINT AS big";
    let (_, commit) = overwrite("plain", sql, &json!([{"id": 3, "name": "c", "big": "7"}]));
    // Another writer's table gets the mark, and keeps everything else.
    let metadata = &actions(&commit, "metaData")[0];
    assert_eq!(metadata["configuration"]["exportDbt.schema"], "gold", "{metadata}");
    assert!(actions(&commit, "protocol").is_empty());
    assert_eq!(actions(&commit, "remove").len(), 1);
}

/// One test for each new schema of a table that has `id`, `name` and `big`.
macro_rules! other_columns {
    ($($test:ident: $select:literal => $row:tt;)*) => {
        $(
            #[test]
            fn $test() {
                let Some(_readers) = readers() else { return };
                let sql = concat!("CREATE TABLE gold.t AS SELECT ", $select);
                let (_, commit) = overwrite("plain", sql, &json!([$row]));
                assert_eq!(actions(&commit, "metaData").len(), 1);
                assert!(actions(&commit, "protocol").is_empty());
            }
        )*
    };
}

other_columns! {
    a_column_comes: "3::BIGINT AS id, 'c' AS name, 7::HUGEINT AS big, true AS added"
        => {"id": 3, "name": "c", "big": "7", "added": true};
    columns_go: "3::BIGINT AS id" => {"id": 3};
    columns_change_their_types: "'three' AS id, 1.5::DOUBLE AS name, 7::HUGEINT AS big"
        => {"id": "three", "name": 1.5, "big": "7"};
    columns_change_their_places: "7::HUGEINT AS big, 'c' AS name, 3::BIGINT AS id"
        => {"big": "7", "name": "c", "id": 3};
    a_column_becomes_a_struct: "3::BIGINT AS id, {'a': [1, 2]} AS name, 7::HUGEINT AS big"
        => {"id": 3, "name": {"a": [1, 2]}, "big": "7"};
}

#[test]
fn the_first_timestamp_upgrades_the_protocol() {
    let Some(_readers) = readers() else { return };
    let sql = "CREATE TABLE gold.t AS SELECT 3::BIGINT AS id, TIMESTAMP '2024-02-29 12:00:00.000001' AS at";
    let (_, commit) =
        overwrite("plain", sql, &json!([{"id": 3, "at": "2024-02-29 12:00:00.000001"}]));
    let protocol = &actions(&commit, "protocol")[0];
    assert_eq!(
        *protocol,
        json!({"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["timestampNtz"], "writerFeatures": ["timestampNtz"]})
    );
}

#[test]
fn a_table_that_has_timestamps_keeps_its_protocol() {
    let Some(_readers) = readers() else { return };
    let sql = "CREATE TABLE gold.t AS SELECT 3::BIGINT AS id, TIMESTAMP '2024-02-29 12:00:00.000001' AS at";
    let (_, commit) =
        overwrite("ntz", sql, &json!([{"id": 3, "at": "2024-02-29 12:00:00.000001"}]));
    assert!(actions(&commit, "protocol").is_empty());
}

#[test]
fn timestamps_as_utc_need_no_feature() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT TIMESTAMP '2024-02-29 12:00:00' AS at, [TIMESTAMP_NS '2024-02-29 12:00:00.123456789'] AS l");
    sandbox.exported(&["--timestamps", "utc"]);
    let commit = commit(&sandbox.table("gold", "t"), 0);
    assert_eq!(
        actions(&commit, "protocol")[0],
        json!({"minReaderVersion": 1, "minWriterVersion": 2})
    );
    let read = rows(&sandbox.table("gold", "t"));
    assert_eq!(read[0]["at"], "2024-02-29 12:00:00+00:00");
    assert_eq!(read[0]["l"][0], "2024-02-29 12:00:00.123456+00:00");
    // Switching back is a change of schema.
    let back = sandbox.exported(&[]);
    assert_eq!(table(&back, "gold.t")["version"], 1);
    assert_eq!(table(&back, "gold.t")["warnings"].as_array().unwrap().len(), 1);
}

/// Replaces a table of two files; the paths of the removed ones are the add actions', to the byte.
fn replaced(kind: &str) -> Vec<Value> {
    let sql = "CREATE TABLE gold.t AS SELECT 3::BIGINT AS id, 'c' AS name";
    let (sandbox, new) = overwrite(kind, sql, &json!([{"id": 3, "name": "c"}]));
    let removed: Vec<_> = actions(&new, "remove").iter().map(|r| r["path"].clone()).collect();
    assert_eq!(removed.len(), 2);
    for add in actions(&commit(&sandbox.table("gold", "t"), 0), "add") {
        assert!(removed.contains(&add["path"]), "{removed:?} {add}");
    }
    new
}

#[test]
fn the_checkpoint_of_another_writer() {
    let Some(_readers) = readers() else { return };
    replaced("appended");
}

#[test]
fn the_partitions_of_another_writer() {
    let Some(_readers) = readers() else { return };
    let new = replaced("partitioned");
    assert_eq!(actions(&new, "metaData")[0]["partitionColumns"], json!([]));
    assert!(actions(&new, "remove").iter().all(|r| r["partitionValues"]["day"].is_string()));
}

/// A table with a property that forbids an overwrite stays as it is.
fn left_alone(property: &str) {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    let path = sandbox.table("gold", "t").display().to_string();
    python(
        "import sys, pyarrow as pa; from deltalake import write_deltalake; write_deltalake(sys.argv[1], pa.table({'x': [1]}), configuration={sys.argv[2]: 'true'})",
        &[&path, property],
    );
    sandbox.sql("CREATE TABLE gold.t AS SELECT 2::BIGINT AS x");
    let refused = sandbox.export(&[]).expect(1);
    assert!(refused.stderr.contains("error[not-overwritable]: gold.t: "), "{}", refused.stderr);
    assert!(refused.stderr.contains(property), "{}", refused.stderr);
    assert_eq!(rows(&sandbox.table("gold", "t")), json!([{"x": 1}]));
}

#[test]
fn a_table_for_appending_only_is_left_alone() {
    left_alone("delta.appendOnly");
}

#[test]
fn a_table_with_a_change_data_feed_is_left_alone() {
    left_alone("delta.enableChangeDataFeed");
}

/// Rewrites a table's newest file as Spark does after a DELETE: the same file, with a deletion
/// vector in the log that hides its first row.
fn with_deletion_vector(path: &std::path::Path) {
    // A bitmap of the one row 0, in the form that the protocol's own example has: magic number,
    // one 32-bit bitmap, its key 0, and the standard form with one container of one value.
    let program = "
import sys, json, struct, base64
log, at = sys.argv[1] + '/_delta_log/', '00000000000000000000.json'
actions = [json.loads(line) for line in open(log + at)]
add = next(a['add'] for a in actions if 'add' in a)
bitmap = struct.pack('<IIHHIH', 12346, 1, 0, 0, 16, 0)
data = struct.pack('<IQI', 1681511377, 1, 0) + bitmap
data += bytes(-len(data) % 4)
alphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'
def z85(raw):
    out = ''
    for i in range(0, len(raw), 4):
        n = int.from_bytes(raw[i:i + 4], 'big')
        out += ''.join(alphabet[n // 85 ** k % 85] for k in (4, 3, 2, 1, 0))
    return out
vector = {'storageType': 'i', 'pathOrInlineDv': z85(data), 'sizeInBytes': len(data), 'cardinality': 1}
remove = {'path': add['path'], 'deletionTimestamp': 1, 'dataChange': True, 'extendedFileMetadata': True, 'partitionValues': {}, 'size': add['size']}
features = {'minReaderVersion': 3, 'minWriterVersion': 7, 'readerFeatures': ['deletionVectors'], 'writerFeatures': ['deletionVectors']}
with open(log + '00000000000000000001.json', 'w') as out:
    for action in ({'protocol': features}, {'remove': remove}, {'add': add | {'deletionVector': vector}}):
        out.write(json.dumps(action) + '\\n')
";
    python(program, &[&path.display().to_string()]);
}

#[test]
fn a_table_with_deletion_vectors_is_overwritten_whole() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id FROM range(3) t(i)");
    sandbox.exported(&[]);
    let path = sandbox.table("gold", "t");
    with_deletion_vector(&path);
    let shown = path.display().to_string();
    // The vector is one that readers understand.
    assert!(!python(READ_CHDB, &[&shown]).contains("\"id\":\"0\""), "row 0 is hidden");
    let again = sandbox.exported(&[]);
    assert_eq!(table(&again, "gold.t")["version"], 2, "another writer's version is replaced");
    let commit = commit(&path, 2);
    let removed = actions(&commit, "remove");
    assert_eq!(removed.len(), 1);
    // With the path, it is what names the file: without it, the old rows would stay.
    assert_eq!(removed[0]["deletionVector"]["storageType"], "i", "{removed:?}");
    assert_eq!(removed[0]["deletionVector"]["cardinality"], 1);
    assert!(actions(&commit, "add")[0].get("deletionVector").is_none());
    let read = python(READ_CHDB, &[&shown]);
    assert_eq!(read.lines().filter(|line| line.contains("id")).count(), 3, "{read}");
    assert_eq!(table(&sandbox.exported(&[]), "gold.t")["outcome"], "unchanged");
}

#[test]
fn a_table_with_v2_checkpoints_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    sandbox.exported(&[]);
    let path = sandbox.table("gold", "t");
    let protocol = json!({"protocol": {
        "minReaderVersion": 3, "minWriterVersion": 7,
        "readerFeatures": ["v2Checkpoint"], "writerFeatures": ["v2Checkpoint"],
    }});
    std::fs::write(path.join("_delta_log/00000000000000000001.json"), format!("{protocol}\n"))
        .unwrap();
    sandbox.sql("INSERT INTO gold.t VALUES (2)");
    let refused = sandbox.export(&[]).expect(1);
    assert!(
        refused.stderr.contains("v2Checkpoint") && refused.stderr.contains("hint:"),
        "{}",
        refused.stderr
    );
    assert!(!path.join("_delta_log/00000000000000000002.json").exists());
    assert_eq!(data_files(&path).len(), 1, "nothing was uploaded");
}

#[test]
fn the_time_zone_of_the_machine_changes_no_row() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE silver.t AS SELECT TIMESTAMPTZ '2024-07-01 00:00:00+00' AS instant;
         CREATE VIEW gold.v AS SELECT instant::VARCHAR AS text, instant::DATE AS day FROM silver.t;",
    );
    run(sandbox.command().arg("--views").env("TZ", "America/Sao_Paulo")).expect(0);
    let rows = rows(&sandbox.table("gold", "v"));
    assert_eq!(rows[0]["text"], "2024-07-01 00:00:00+00");
    assert_eq!(rows[0]["day"], "2024-07-01");
}
