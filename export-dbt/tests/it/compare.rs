//! `compare`: databases and Delta tables that are the same, and every way in which they are not.

use std::path::PathBuf;
use std::process::Command;

use rideshare_tests::run::{Run, run};
use serde_json::{Value, json};

use crate::support::{Sandbox, bare, data_files, python, readers, table, validate_against};

/// A comparison of this sandbox's database.
fn compare(sandbox: &Sandbox, right: &str, arguments: &[&str]) -> Run {
    let mut command: Command = bare();
    command.arg("compare").arg(sandbox.database()).arg(right).args(arguments);
    run(&mut command)
}

/// As JSON, with the status.
fn compared(sandbox: &Sandbox, right: &str, status: i32, arguments: &[&str]) -> Value {
    let mut all = vec!["--format", "json"];
    all.extend(arguments);
    let run = compare(sandbox, right, &all).expect(status);
    let comparison: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(comparison["exitStatus"], status);
    comparison
}

/// The one table of a comparison.
fn only(comparison: &Value) -> &Value {
    let tables = comparison["tables"].as_array().expect("tables");
    assert_eq!(tables.len(), 1, "{comparison:#}");
    &tables[0]
}

/// Another database beside the sandbox's.
fn database(sandbox: &Sandbox, sql: &str) -> String {
    let path: PathBuf = sandbox.path().join("other.duckdb");
    let connection = duckdb::Connection::open(&path).expect("a database");
    connection.execute_batch("CREATE SCHEMA silver; CREATE SCHEMA gold;").expect("schemas");
    connection.execute_batch(sql).expect(sql);
    connection.close().map_err(|(_, error)| error).expect("the database closes");
    path.display().to_string()
}

/// Both databases have the table `gold.t`, made by these queries.
fn both(left: &str, right: &str) -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.sql(&format!("CREATE TABLE gold.t AS {left}"));
    let right = database(&sandbox, &format!("CREATE TABLE gold.t AS {right}"));
    (sandbox, right)
}

/// One test for each pair of tables: the outcome, and rows only left, only right, and changed.
macro_rules! tables {
    ($($test:ident: $left:expr, $right:expr, $arguments:expr => $status:expr, $rows:expr;)*) => {
        $(
            #[test]
            fn $test() {
                let (sandbox, right) = both($left, $right);
                let comparison = compared(&sandbox, &right, $status, &$arguments);
                let table = only(&comparison);
                let rows = json!([table["leftOnly"], table["rightOnly"], table["changed"]]);
                assert_eq!(rows, json!($rows), "{comparison:#}");
                let outcome = if $status == 0 { "same" } else { "different" };
                assert_eq!(table["outcome"], outcome, "{comparison:#}");
            }
        )*
    };
}

tables! {
    the_order_of_rows_is_nothing: "SELECT i FROM range(1000) t(i)", "SELECT 999 - i AS i FROM range(1000) t(i)", [] => 0, [0, 0, 0];
    the_order_of_columns_is_nothing: "SELECT 1 AS a, 'x' AS b", "SELECT 'x' AS b, 1 AS a", [] => 0, [0, 0, 0];
    copies_of_a_row_are_counted: "SELECT unnest([1, 1, 2]) AS i", "SELECT unnest([1, 2, 2]) AS i", [] => 1, [1, 1, 0];
    rows_that_swap_a_value: "SELECT * FROM (VALUES (1, 2), (3, 4)) t(a, b)", "SELECT * FROM (VALUES (1, 4), (3, 2)) t(a, b)", [] => 1, [2, 2, 0];
    rows_that_swap_a_value_by_key: "SELECT * FROM (VALUES (1, 2), (3, 4)) t(a, b)", "SELECT * FROM (VALUES (1, 4), (3, 2)) t(a, b)", ["--key", "a"] => 1, [0, 0, 2];
    an_empty_table_and_a_row: "SELECT 1 AS i WHERE false", "SELECT 1 AS i", [] => 1, [0, 1, 0];
    two_empty_tables: "SELECT 1 AS i WHERE false", "SELECT 1 AS i WHERE false", ["--key", "i"] => 0, [0, 0, 0];
    nan_and_zero: "SELECT 1 AS i, 'nan'::DOUBLE AS a, '-0.0'::DOUBLE AS b", "SELECT 1 AS i, -('nan'::DOUBLE) AS a, 0.0::DOUBLE AS b", ["--key", "i"] => 0, [0, 0, 0];
    nan_and_null: "SELECT 1 AS i, 'nan'::DOUBLE AS a", "SELECT 1 AS i, NULL::DOUBLE AS a", ["--key", "i"] => 1, [0, 0, 1];
    empty_text_and_null: "SELECT 1 AS i, '' AS a", "SELECT 1 AS i, NULL::VARCHAR AS a", ["--key", "i"] => 1, [0, 0, 1];
    null_keys_are_one_key: "SELECT NULL::INTEGER AS i, 1 AS a", "SELECT NULL::INTEGER AS i, 2 AS a", ["--key", "i"] => 1, [0, 0, 1];
    keys_of_several_columns: "SELECT i % 10 AS a, i // 10 AS b, i AS c FROM range(100) t(i)", "SELECT i % 10 AS a, i // 10 AS b, CASE i WHEN 7 THEN 0 ELSE i END AS c FROM range(100) t(i)", ["--key", "t=b,a"] => 1, [0, 0, 1];
    duplicates_of_a_key_are_a_multiset: "SELECT unnest([1, 1, 2]) AS i, unnest([1, 2, 3]) AS a", "SELECT unnest([1, 1, 2]) AS i, unnest([2, 1, 3]) AS a", ["--key", "i"] => 0, [0, 0, 0];
    a_duplicate_of_a_key_is_missing: "SELECT unnest([1, 1, 2]) AS i, unnest([1, 1, 3]) AS a", "SELECT unnest([1, 2]) AS i, unnest([1, 3]) AS a", ["--key", "i"] => 1, [1, 0, 0];
    nanoseconds_of_two_databases: "SELECT 1 AS i, '2024-07-01 00:00:00.000000001'::TIMESTAMP_NS AS at", "SELECT 1 AS i, '2024-07-01 00:00:00.000000002'::TIMESTAMP_NS AS at", ["--key", "i"] => 1, [0, 0, 1];
    infinite_times_of_two_databases: "SELECT 1 AS i, 'infinity'::TIMESTAMP AS at, '-infinity'::DATE AS d", "SELECT 1 AS i, 'infinity'::TIMESTAMP AS at, 'infinity'::DATE AS d", ["--key", "i"] => 1, [0, 0, 1];
    maps_without_an_order: "SELECT MAP {'a': [1.5::DOUBLE], 'b': NULL} AS m", "SELECT MAP {'b': NULL, 'a': [1.5::DOUBLE]} AS m", [] => 0, [0, 0, 0];
    nested_values: "SELECT 1 AS i, {'a': [1, NULL], 'b': {'c': 'x'}} AS s", "SELECT 1 AS i, {'a': [1, NULL], 'b': {'c': 'y'}} AS s", ["--key", "i"] => 1, [0, 0, 1];
    a_null_struct_and_nulls_in_it: "SELECT 1 AS i, NULL::STRUCT(a INTEGER) AS s", "SELECT 1 AS i, {'a': NULL::INTEGER} AS s", ["--key", "i"] => 1, [0, 0, 1];
    bits_enums_and_unions: "SELECT 1 AS i, '101'::BIT AS b, 'x'::ENUM('x', 'y') AS e, union_value(n := 1) AS u", "SELECT 1 AS i, '101'::BIT AS b, 'x'::ENUM('y', 'x') AS e, union_value(n := 1) AS u", [] => 0, [0, 0, 0];
    an_absolute_tolerance: "SELECT 1 AS i, 1.10::DECIMAL(10,2) AS a", "SELECT 1 AS i, 1.11::DECIMAL(10,2) AS a", ["--key", "i", "--tolerance", "a=0.01"] => 0, [0, 0, 0];
    a_tolerance_that_is_too_small: "SELECT 1 AS i, 1.10::DECIMAL(10,2) AS a", "SELECT 1 AS i, 1.12::DECIMAL(10,2) AS a", ["--key", "i", "--tolerance", "a=0.01"] => 1, [0, 0, 1];
    a_tolerance_never_makes_null_a_number: "SELECT 1 AS i, NULL::DOUBLE AS a", "SELECT 1 AS i, 0.0::DOUBLE AS a", ["--key", "i", "--tolerance", "a=1"] => 1, [0, 0, 1];
    a_relative_tolerance: "SELECT 1 AS i, 1e12::DOUBLE AS a", "SELECT 1 AS i, 1e12 + 1 AS a", ["--key", "i", "--tolerance", "gold.t.a=0.0001%"] => 0, [0, 0, 0];
    a_tolerance_of_times: "SELECT 1 AS i, '2024-07-01 00:00:00.0004+00'::TIMESTAMPTZ AS a", "SELECT 1 AS i, '2024-07-01 00:00:00+00'::TIMESTAMPTZ AS a", ["--key", "i", "--tolerance", "a=1ms"] => 0, [0, 0, 0];
    a_tolerance_at_the_ends_of_bigint: "SELECT 1 AS i, -9223372036854775808 AS a", "SELECT 1 AS i, 9223372036854775807 AS a", ["--key", "i", "--tolerance", "a=1"] => 1, [0, 0, 1];
    zero_and_minus_one_of_128_bits_by_key: "SELECT 1 AS i, 0::HUGEINT AS a", "SELECT 1 AS i, -1::HUGEINT AS a", ["--key", "i"] => 1, [0, 0, 1];
    zero_and_minus_one_of_128_bits: "SELECT 0::DECIMAL(38,2) AS a", "SELECT (-0.01)::DECIMAL(38,2) AS a", [] => 1, [1, 1, 0];
    two_letters_of_a_text: "SELECT 1 AS i, 'zzzzzzzbzzzzzzzzzzzzzzzbzzzzzzzz' AS a", "SELECT 1 AS i, 'zzzzzzzzzzzzzzzzzzzzzzzbzzzzzzzb' AS a", ["--key", "i"] => 1, [0, 0, 1];
    a_tolerance_of_numbers_with_more_digits_than_a_double: "SELECT 1 AS i, 12345678901234567890123456789.10::DECIMAL(38,2) AS a", "SELECT 1 AS i, 12345678901234567890123456789.90::DECIMAL(38,2) AS a", ["--key", "i", "--tolerance", "a=0.01"] => 1, [0, 0, 1];
    a_tolerance_that_such_numbers_are_within: "SELECT 1 AS i, 12345678901234567890123456789.10::DECIMAL(38,2) AS a", "SELECT 1 AS i, 12345678901234567890123456789.90::DECIMAL(38,2) AS a", ["--key", "i", "--tolerance", "a=0.8"] => 0, [0, 0, 0];
    a_tolerance_at_the_ends_of_a_decimal: "SELECT 1 AS i, repeat('9', 38)::DECIMAL(38,0) AS a", "SELECT 1 AS i, ('-' || repeat('9', 38))::DECIMAL(38,0) AS a", ["--key", "i", "--tolerance", "a=1"] => 1, [0, 0, 1];
    integers_and_decimals_as_doubles: "SELECT 1 AS a, 1.5::DECIMAL(20,2) AS b", "SELECT 1::DOUBLE AS a, 1.5::DOUBLE AS b", ["--ignore-types"] => 0, [0, 0, 0];
    an_ignored_column: "SELECT 1 AS i, now() AS loaded_at", "SELECT 1 AS i, now() + INTERVAL 1 day AS loaded_at", ["--ignore-column", "loaded_*"] => 0, [0, 0, 0];
    integers_of_another_width: "SELECT 1::INTEGER AS i", "SELECT 1::BIGINT AS i", [] => 1, [0, 0, 0];
    integers_of_another_width_when_types_are_ignored: "SELECT 1::INTEGER AS i", "SELECT 1::BIGINT AS i", ["--ignore-types"] => 0, [0, 0, 0];
    another_scale_with_the_same_values: "SELECT 1.50::DECIMAL(38,2) AS a", "SELECT 1.5::DECIMAL(38,6) AS a", ["--ignore-types"] => 0, [0, 0, 0];
    types_with_no_common_value_differ_all_the_same: "SELECT 1 AS i, true AS a", "SELECT 1 AS i, 'true' AS a", ["--ignore-types"] => 1, [0, 0, 0];
    an_extra_column: "SELECT 1 AS i", "SELECT 1 AS i, 2 AS more", [] => 1, [0, 0, 0];
    only_the_columns_of_the_key: "SELECT unnest([1, 2]) AS i", "SELECT unnest([2, 3]) AS i", ["--key", "i"] => 1, [1, 1, 0];
    names_with_quotes_and_capitals: "SELECT 1 AS \"I\"\"d\", {'a b': 1} AS \"s t\"", "SELECT 1 AS \"i\"\"D\", {'a b': 1} AS \"s t\"", ["--key", "i\"d"] => 0, [0, 0, 0];
    a_column_with_the_name_of_a_side: "SELECT 1 AS there, 2 AS hash, 3 AS n, 4 AS range", "SELECT 1 AS there, 2 AS hash, 3 AS n, 5 AS range", ["--key", "there"] => 1, [0, 0, 1];
}

#[test]
fn the_report_says_which_columns_differ_and_by_how_much() {
    let (sandbox, right) = both(
        "SELECT i AS trip_id, (i * 1.5)::DECIMAL(10,2) AS fare, 'x' AS \"api_token\", repeat('y', 1000) || i AS note,
             TIMESTAMP '2024-07-01' AS at FROM range(100) t(i)",
        "SELECT i AS trip_id, (i * 1.5 + CASE WHEN i < 3 THEN i ELSE 0 END)::DECIMAL(10,2) AS fare,
             CASE WHEN i = 5 THEN 'canary' ELSE 'x' END AS \"api_token\",
             repeat('y', 1000) || CASE WHEN i = 7 THEN 'z' ELSE i::VARCHAR END AS note,
             TIMESTAMP '2024-07-01' + to_microseconds(CASE WHEN i = 9 THEN 1500000 ELSE 0 END) AS at
         FROM range(1, 101) t(i)",
    );
    let comparison = compared(&sandbox, &right, 1, &["--key", "trip_id", "--rows", "2"]);
    validate_against(include_str!("../../schema/compare.schema.json"), &comparison);
    let table = only(&comparison);
    assert_eq!(
        table["columns"],
        json!([
            {"column": "fare", "rows": 2, "largest": "2.00"},
            {"column": "api_token", "rows": 1, "largest": null},
            {"column": "note", "rows": 1, "largest": null},
            {"column": "at", "rows": 1, "largest": "1s 500000us"},
        ])
    );
    let rows = table["rows"].as_array().unwrap();
    let kinds: Vec<&str> = rows.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["changed", "changed", "left-only", "right-only"]);
    assert_eq!(rows[0]["key"], json!([{"column": "trip_id", "value": "1"}]));
    assert_eq!(rows[0]["values"], json!([{"column": "fare", "left": "1.50", "right": "2.50"}]));
    assert_eq!(rows[2]["key"][0]["value"], "0");
    assert_eq!(rows[3]["key"][0]["value"], "100");

    let text = compare(&sandbox, &right, &["--key", "trip_id"]).expect(1).stdout;
    assert!(!text.contains("canary"), "{text}");
    assert!(text.contains("  column fare: 2 rows differ, by at most 2.00\n"), "{text}");
    assert!(text.contains("  trip_id=5: api_token *** | ***\n"), "{text}");
    assert!(text.contains("yy7 (1,001 characters) | …"), "{text}");
    assert!(text.contains("yyz (1,001 characters)\n"), "{text}");
    assert!(text.contains("  trip_id=0: only on the left\n"), "{text}");
}

#[test]
fn rows_without_a_key_are_shown_whole_and_counted() {
    let (sandbox, right) = both(
        "SELECT unnest([1, 1, 1, 2]) AS i, NULL AS a, 'same' AS b",
        "SELECT unnest([2, 1]) AS i, NULL AS a, 'same' AS b",
    );
    let text = compare(&sandbox, &right, &[]).expect(1).stdout;
    // Of tables with other numbers of rows, every column differs.
    assert!(!text.contains("column "), "{text}");
    assert!(text.contains("  i=1, a=NULL, b=same: only on the left, 2 times\n"), "{text}");
}

#[test]
fn copies_of_a_row_take_the_place_of_no_other() {
    let (sandbox, right) =
        both("SELECT unnest([1, 1, 1, 1, 1, 1, 1, 1, 5, 6, 7]) AS i", "SELECT 0 AS i WHERE false");
    let comparison = compared(&sandbox, &right, 1, &[]);
    let rows = only(&comparison)["rows"].as_array().unwrap();
    let shown: Vec<_> = rows.iter().map(|row| (&row["key"][0]["value"], &row["count"])).collect();
    let wanted = [("1", 8), ("5", 1), ("6", 1), ("7", 1)].map(|(i, n)| (json!(i), json!(n)));
    assert_eq!(shown, wanted.iter().map(|(i, n)| (i, n)).collect::<Vec<_>>());
}

/// Rows of a key that several rows have are examples of the same kind.
#[test]
fn the_number_of_rows_is_that_of_each_kind() {
    let (sandbox, right) = both("SELECT unnest([1, 2, 2]) AS i", "SELECT 0 AS i WHERE false");
    for (most, shown) in [("1", 1), ("2", 2), ("0", 0)] {
        let comparison = compared(&sandbox, &right, 1, &["--key", "i", "--rows", most]);
        let rows = only(&comparison)["rows"].as_array().unwrap();
        assert_eq!(rows.len(), shown, "{comparison:#}");
    }
}

#[test]
fn columns_of_other_types_are_reported() {
    let (sandbox, right) = both(
        "SELECT 1 AS i, 1.5::DECIMAL(10,2) AS n, true AS b, 'x' AS only",
        "SELECT 1 AS i, 1.5::DOUBLE AS n, 'true' AS b",
    );
    let comparison = compared(&sandbox, &right, 1, &["--key", "i"]);
    validate_against(include_str!("../../schema/compare.schema.json"), &comparison);
    assert_eq!(
        only(&comparison)["schema"],
        json!([
            {"column": "n", "left": "decimal(10,2)", "right": "double", "compared": true},
            {"column": "b", "left": "boolean", "right": "string", "compared": false},
            {"column": "only", "left": "string", "right": null, "compared": false},
        ])
    );
    assert_eq!(only(&comparison)["columns"], json!([]));
    let text = compare(&sandbox, &right, &["--key", "i"]).expect(1).stdout;
    let line = "  column b: boolean on the left, string on the right; values not compared\n";
    assert!(text.contains(line), "{text}");
}

#[test]
fn columns_that_differ_are_known_without_a_key() {
    let (sandbox, right) = both(
        "SELECT unnest([1, 1, 2]) AS i, 'same' AS b",
        "SELECT unnest([2, 1, 2]) AS i, 'same' AS b",
    );
    let text = compare(&sandbox, &right, &[]).expect(1).stdout;
    assert!(text.contains("  column i: values differ\n"), "{text}");
    assert!(!text.contains("column b"), "{text}");
}

#[test]
fn an_export_is_the_same_as_its_database_whatever_the_type() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    let folder = sandbox.path().display().to_string();
    python(include_str!("types.py"), &[env!("CARGO_BIN_EXE_export-dbt"), &folder]);
    let left = sandbox.path().join("types.duckdb").display().to_string();
    let mut command = bare();
    command.args(["compare", &left, "--format", "json"]).arg(format!("{folder}/lake"));
    let comparison: Value = serde_json::from_str(&run(&mut command).expect(0).stdout).unwrap();
    let tables = comparison["tables"].as_array().unwrap();
    assert!(tables.len() > 150, "{}", tables.len());
    let cut = table(&comparison, "silver.timestamp_ns");
    let note = "column \"v\": nanoseconds are not compared: an export cuts them";
    assert_eq!(cut["notes"], json!([note]));
    // The other way round, the folder says which tables there are.
    let mut back = bare();
    back.arg("compare").arg(format!("{folder}/lake")).arg(&left);
    run(&mut back).expect(0);
}

#[test]
fn a_changed_export_is_found() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.a AS SELECT i, i * 2 AS b FROM range(10000) t(i); CREATE TABLE gold.c AS SELECT 1 AS x");
    sandbox.exported(&[]);
    compare(&sandbox, &sandbox.target(), &[]).expect(0);
    sandbox.sql("UPDATE gold.a SET b = 0 WHERE i = 77; CREATE TABLE gold.d AS SELECT 1 AS x");
    let comparison = compared(&sandbox, &sandbox.target(), 1, &["--key", "a=i"]);
    let changed = table(&comparison, "gold.a");
    assert_eq!(changed["rows"][0]["key"], json!([{"column": "i", "value": "77"}]));
    assert_eq!(changed["rows"][0]["values"], json!([{"column": "b", "left": "0", "right": "154"}]));
    assert_eq!(table(&comparison, "gold.c")["outcome"], "same");
    assert_eq!(table(&comparison, "gold.d")["outcome"], "missing");
    assert_eq!(table(&comparison, "gold.d")["code"], "missing-table");
    // One table alone, by its folder.
    let one = sandbox.table("gold", "c").display().to_string();
    compare(&sandbox, &one, &["--table", "c"]).expect(0);
    let many = compare(&sandbox, &one, &[]).expect(2);
    assert!(many.stderr.contains("one table, and 3 are chosen"), "{}", many.stderr);
    let chosen = compared(&sandbox, &sandbox.target(), 0, &["--exclude", "a", "--exclude", "d"]);
    assert_eq!(only(&chosen)["table"], "c");
}

#[test]
fn the_temporary_folder_may_have_the_characters_of_a_pattern() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS i");
    sandbox.exported(&[]);
    let temporary = sandbox.path().join("a[b]*");
    std::fs::create_dir(&temporary).unwrap();
    let mut command = bare();
    command.arg("compare").arg(sandbox.database()).arg(sandbox.target());
    run(command.env("TMPDIR", &temporary)).expect(0);
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
}

/// A folder of a layer that holds something else.
#[test]
fn a_folder_that_is_no_table_is_not_missing() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS i");
    sandbox.exported(&[]);
    std::fs::create_dir_all(sandbox.path().join("lake/gold/notes/2024")).unwrap();
    let mut command = bare();
    command.arg("compare").arg(sandbox.path().join("lake")).arg(sandbox.database());
    let text = run(&mut command).expect(0).stdout;
    assert!(text.contains("gold.t") && !text.contains("notes"), "{text}");
}

/// A backslash in the log's text of a BLOB is no escape.
#[test]
fn bytes_of_a_partition_are_those_of_its_text() {
    let sandbox = Sandbox::new();
    sandbox.sql(
        r"CREATE TABLE gold.t AS SELECT i, v FROM (VALUES (1, encode('é')), (2, encode('\x41')), (3, NULL)) t(i, v)",
    );
    sandbox.exported(&["--partition-by", "t=v"]);
    compare(&sandbox, &sandbox.target(), &["--key", "i"]).expect(0);
}

/// The partition values come from a table beside the files, whose columns have names, too.
#[test]
fn columns_may_have_any_name_beside_partitions() {
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE gold.t AS SELECT i, i % 3 AS day, 'a' || i AS p0, -i AS file, i AS number FROM range(9) t(i)",
    );
    sandbox.exported(&["--partition-by", "t=day"]);
    compare(&sandbox, &sandbox.target(), &["--key", "i"]).expect(0);
    sandbox.sql("UPDATE gold.t SET p0 = 'b' WHERE i = 4");
    let comparison = compared(&sandbox, &sandbox.target(), 1, &["--key", "i"]);
    let values = &only(&comparison)["rows"][0]["values"];
    assert_eq!(*values, json!([{"column": "p0", "left": "b", "right": "a4"}]));
}

/// Delta tables of another writer: partitions, files of other columns, and 96-bit times.
const OTHERS: &str = "
import sys, datetime as dt, decimal
import pyarrow as pa, pyarrow.parquet as pq
from deltalake import write_deltalake, DeltaTable
place = sys.argv[1]
at = [dt.datetime(2024, 7, 1, 0, 0, 0, 7), dt.datetime(1960, 1, 1), None]
table = pa.table({'i': pa.array([1, 2, 3], pa.int32()), 'day': pa.array([dt.date(2024, 7, 1), None, dt.date(2024, 7, 2)]),
    'city': ['São/Paulo=1', '', None], 'at': pa.array(at, pa.timestamp('us', tz='UTC')), 'n': pa.array([decimal.Decimal('1.50')] * 3, pa.decimal128(10, 2))})
write_deltalake(place + '/gold/t', table, partition_by=['day', 'city'])
more = pa.table({'i': pa.array([4], pa.int32()), 'day': pa.array([dt.date(2024, 7, 2)]), 'city': ['x'], 'late': ['new']})
write_deltalake(place + '/gold/t', more, mode='append', schema_mode='merge')
DeltaTable(place + '/gold/t').delete('i = 2')
";

#[test]
fn tables_of_another_writer_are_read_as_they_are() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE gold.t AS SELECT * FROM (VALUES
             (1, DATE '2024-07-01', 'São/Paulo=1', '2024-07-01 00:00:00.000007+00'::TIMESTAMPTZ, 1.50::DECIMAL(10,2), NULL),
             (3, DATE '2024-07-02', NULL, NULL, 1.50, NULL),
             (4, DATE '2024-07-02', 'x', NULL, NULL, 'new')) t(i, day, city, \"at\", n, late)",
    );
    let lake = sandbox.path().join("lake").display().to_string();
    python(OTHERS, &[&lake]);
    let comparison = compared(&sandbox, &lake, 0, &[]);
    assert_eq!(only(&comparison)["rightRows"], 3, "{comparison:#}");
}

#[test]
fn a_missing_data_file_is_named() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS i");
    sandbox.exported(&[]);
    let place = sandbox.table("gold", "t");
    let name = &data_files(&place)[0];
    std::fs::remove_file(place.join(name)).unwrap();
    let comparison = compared(&sandbox, &sandbox.target(), 2, &[]);
    assert_eq!(only(&comparison)["code"], "missing-file");
    assert_eq!(only(&comparison)["reason"], format!("the data file {name} is missing"));
}

#[test]
fn usage_that_cannot_be_meant_is_refused() {
    let (sandbox, right) = both("SELECT 1 AS i, [1] AS l", "SELECT 2 AS i, [1] AS l");
    for (arguments, said) in [
        (&["--tolerance", "i=1"][..], "a tolerance needs a key"),
        (&["--key", "i", "--tolerance", "l=1"], "\"l\" is array<integer>"),
        (&["--key", "i", "--tolerance", "i=1ms"], "can have no such tolerance"),
        (&["--key", "t=x"], "no column \"x\" for the key"),
        (&["--key", "x"], "--key x names no column"),
        (&["--ignore-column", "x"], "--ignore-column x names no column"),
        (&["--key", "i", "--tolerance", "t.x=1"], "--tolerance t.x names no column"),
        (&["--table", "x"], "matches no table"),
        (&["--layer", "x"], "the database has no schema x"),
        (&["--tolerance", "i"], "is no tolerance"),
    ] {
        let refused = compare(&sandbox, &right, arguments).expect(2);
        let all = format!("{}{}", refused.stdout, refused.stderr);
        assert!(all.contains(said), "{arguments:?}: {all}");
    }
    let empty = Sandbox::new();
    empty.sql("CREATE VIEW gold.v AS SELECT 1 AS i");
    let nothing = compare(&empty, &right, &[]).expect(2);
    assert!(nothing.stderr.contains("there is no table to compare"), "{}", nothing.stderr);
    // An option of the export is no hint for a comparison.
    for (side, more, hint) in [
        ("s3://b/{layer}", &[][..], "put {table} into the side"),
        ("gs://b/{table}", &[], "write it like s3://lake/{layer}/{table}"),
        (&right, &["--attach", "a=nothing.duckdb"], "check the path of the side"),
        (&format!("{}/../Cargo.toml", env!("CARGO_MANIFEST_DIR")), &[], "that DuckDB has written"),
    ] {
        let refused = compare(&sandbox, side, more).expect(2);
        assert!(refused.stderr.contains(hint), "{}", refused.stderr);
    }
    let absent = compare(&sandbox, "nothing.duckdb", &[]).expect(2);
    assert!(absent.stderr.contains("there is no file nothing.duckdb"), "{}", absent.stderr);
    for secret in ["http://u:canary@127.0.0.1:9/a/b", "http://127.0.0.1:9/a?access_token=canary"] {
        let refused = compare(&sandbox, secret, &[]).expect(2);
        assert!(!refused.stderr.contains("canary"), "{}", refused.stderr);
    }
}

#[test]
fn a_side_that_is_away_is_no_difference() {
    let (sandbox, _) = both("SELECT 1 AS i", "SELECT 1 AS i");
    let away = compared(&sandbox, "http://127.0.0.1:9", 3, &[]);
    assert_eq!(only(&away)["outcome"], "unfinished");
    assert_eq!(only(&away)["code"], "unreachable");
}

#[test]
fn the_manifest_gives_keys_and_selects() {
    let (sandbox, right) = both("SELECT 1 AS id, 2 AS a", "SELECT 1 AS id, 3 AS a");
    let manifest = sandbox.path().join("manifest.json");
    let text = json!({"nodes": {
        "model.p.t": {"resource_type": "model", "name": "t", "schema": "gold", "config": {"materialized": "table", "tags": ["both"]}},
        "test.p.u": {"resource_type": "test", "name": "u", "attached_node": "model.p.t",
            "test_metadata": {"name": "unique", "kwargs": {"column_name": "id"}}},
    }});
    std::fs::write(&manifest, text.to_string()).unwrap();
    let manifest = manifest.display().to_string();
    let comparison =
        compared(&sandbox, &right, 1, &["--manifest", &manifest, "--select", "tag:both"]);
    assert_eq!(only(&comparison)["key"], json!(["id"]));
    assert_eq!(only(&comparison)["changed"], 1);
    compare(&sandbox, &right, &["--manifest", &manifest, "--select", "tag:x"]).expect(2);
}

/// More rows than the memory holds, all of which differ.
#[test]
fn memory_is_bounded() {
    let (sandbox, right) = both(
        "SELECT i, md5(i::VARCHAR) AS a, md5((i + 1)::VARCHAR) AS b FROM range(500000) t(i)",
        "SELECT i, md5((i + 2)::VARCHAR) AS a, md5((i + 1)::VARCHAR) AS b FROM range(500000) t(i)",
    );
    let mut all = vec!["--memory-limit", "64MiB"];
    let without = compared(&sandbox, &right, 1, &all);
    assert_eq!(only(&without)["leftOnly"], 500_000);
    all.extend(["--key", "i"]);
    let keyed = compared(&sandbox, &right, 1, &all);
    assert_eq!(only(&keyed)["changed"], 500_000);
}
