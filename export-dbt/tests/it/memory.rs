//! Wide rows at the default memory limit.

use crate::support::{Sandbox, python, readers, summary, table};

/// One test for each kind of wide row: rows, SQL of the columns, and the columns to compare.
macro_rules! wide {
    ($($test:ident: $rows:literal, $columns:expr;)*) => {
        $(
            #[test]
            fn $test() {
                wide($rows, $columns);
            }
        )*
    };
}

wide! {
    texts_of_64_kib: 3000, "repeat(md5(i::varchar), 2048) AS doc";
    texts_of_1_mib: 120, "repeat(md5(i::varchar), 32768) AS doc";
    texts_of_64_kib_that_do_not_compress: 600,
        "array_to_string(list_transform(range(2048), lambda x: md5((i * 10000 + x)::varchar)), '') AS doc";
    columns_of_text: 20_000,
        &many_columns();
    long_lists: 2500, "range(i % 7 * 3000) AS l, {'a': repeat('x', 20000), 'b': [i]} AS s";
}

fn many_columns() -> String {
    let columns = (0..150).map(|column| format!("md5((i + {column})::varchar) AS c{column}"));
    columns.collect::<Vec<_>>().join(", ")
}

fn wide(rows: u32, columns: &str) {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql(&format!("CREATE TABLE gold.t AS SELECT i, {columns} FROM range({rows}) t(i)"));
    let summary = sandbox.exported(&[]);
    assert_eq!(table(&summary, "gold.t")["rows"], rows);
    let out = python(
        "import sys, duckdb
con = duckdb.connect(sys.argv[1], read_only=True)
con.execute('SET enable_progress_bar = false')
con.execute(f\"CREATE TEMP VIEW lake AS FROM read_parquet('{sys.argv[2]}/*.parquet')\")
for one, other in (('gold.t', 'lake'), ('lake', 'gold.t')):
    print(con.execute(f'SELECT count(*) FROM (SELECT md5(t::varchar) FROM {one} t EXCEPT ALL SELECT md5(t::varchar) FROM {other} t)').fetchone()[0])",
        &[&sandbox.database().display().to_string(), &sandbox.table("gold", "t").display().to_string()],
    );
    assert_eq!(out.split_whitespace().collect::<Vec<_>>(), ["0", "0"]);
    assert_eq!(table(&sandbox.exported(&[]), "gold.t")["outcome"], "unchanged");
}

#[test]
fn packed_values_beyond_the_limit_are_said_before_they_are_read() {
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE gold.packed AS SELECT i, repeat(md5(i::varchar), 4096) AS doc FROM range(2100) t(i);
         CHECKPOINT;
         SET disabled_compression_methods = 'zstd';
         CREATE TABLE gold.plain AS SELECT i, repeat(md5(i::varchar), 4096) AS doc FROM range(200) t(i);",
    );
    let planned = |limit: &str| {
        let options = ["--dry-run", "--format", "json", "--memory-limit", limit];
        let run = sandbox.export(&options).expect(0);
        (summary(&run), run.stderr)
    };
    let (planned_small, said) = planned("256MiB");
    let warnings = &table(&planned_small, "gold.packed")["warnings"];
    assert_eq!(warnings.as_array().unwrap().len(), 1, "{warnings:#}");
    let warning = warnings[0].as_str().unwrap();
    for part in ["\"doc\"", "256 MiB", "384 MiB"] {
        assert!(warning.contains(part), "{part} in {warning}");
    }
    let first = said.lines().next().unwrap_or_default();
    assert!(first.starts_with("gold.packed: column \"doc\""), "{said}");
    assert_eq!(table(&planned_small, "gold.plain")["warnings"], serde_json::json!([]));
    let (planned_large, said) = planned("384MiB");
    assert_eq!(table(&planned_large, "gold.packed")["warnings"], serde_json::json!([]));
    assert!(!said.contains("zstd"), "{said}");
}
