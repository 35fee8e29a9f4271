//! Tables without partitions: runs of rows that have not changed keep their files.

use crate::support::{Sandbox, files, python, readers, table};

/// Compares the newest version, and those of earlier calls, with the database, by sums of hashes.
const SUMS: &str = "
import sys, json, os, chdb, duckdb, polars
from deltalake import DeltaTable
database, path, memory = sys.argv[1:]
con = duckdb.connect(database, read_only=True)
sums = 'count(*), count(DISTINCT id), sum(hash(id, s))::VARCHAR'
known = json.load(open(memory)) if os.path.exists(memory) else {}
known[str(DeltaTable(path).version())] = list(con.execute(f'SELECT {sums} FROM gold.t').fetchone())
json.dump(known, open(memory, 'w'))
for version, want in known.items():
    rows = polars.scan_delta(path, version=int(version)).collect().to_arrow()
    assert list(con.execute(f'SELECT {sums} FROM rows').fetchone()) == want, version
rows = DeltaTable(path).to_pyarrow_table()
assert list(con.execute(f'SELECT {sums} FROM rows').fetchone()) == want
mine = con.execute('SELECT count(*), sum(id), sum(s) FROM gold.t').fetchone()
theirs = chdb.query(f\"SELECT count(), sum(id), sum(s) FROM deltaLakeLocal('{path}')\", 'TSV').data().split()
assert [str(n) for n in mine] == theirs, (mine, theirs)
";

#[test]
fn a_change_writes_the_runs_beside_it() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE gold.t AS SELECT i AS id, (i % 1000)::INTEGER AS s FROM range(6000000) t(i)",
    );
    let paths = [sandbox.database(), sandbox.table("gold", "t"), sandbox.path().join("sums")];
    let paths = paths.map(|path| path.display().to_string());
    let check = || python(SUMS, &[&paths[0], &paths[1], &paths[2]]);
    let (all, kept) = files(&sandbox.exported(&[]));
    assert!((4..12).contains(&all) && kept == 0, "{all}");
    check();
    assert_eq!(table(&sandbox.exported(&[]), "gold.t")["outcome"], "unchanged");

    // An update in place, of the same number of rows.
    sandbox.sql("UPDATE gold.t SET s = -1 WHERE id = 1500000");
    let (written, kept) = files(&sandbox.exported(&[]));
    assert!((1..=2).contains(&written) && kept + 2 >= all, "{written}, {kept} of {all}");
    check();
    // As an incremental model with a key does: rows go from the middle and come at the end.
    sandbox.sql("DELETE FROM gold.t WHERE id BETWEEN 2000000 AND 2000100; INSERT INTO gold.t SELECT i, -2 FROM range(2000000, 2000101) t(i)");
    let (written, kept) = files(&sandbox.exported(&[]));
    assert!((2..=4).contains(&written) && kept + 4 >= all, "{written}, {kept} of {all}");
    check();
    sandbox.sql("INSERT INTO gold.t SELECT i, 5 FROM range(7000000, 7000010) t(i)");
    let (written, kept) = files(&sandbox.exported(&[]));
    assert!(written == 1 && kept + 1 >= all, "{written}, {kept} of {all}");
    check();
    assert_eq!(table(&sandbox.exported(&[]), "gold.t")["outcome"], "unchanged");

    // The same rows in another order are the same rows.
    sandbox.sql("CREATE OR REPLACE TABLE gold.t AS FROM gold.t ORDER BY hash(id)");
    assert_eq!(table(&sandbox.exported(&[]), "gold.t")["outcome"], "unchanged");
    sandbox.sql("UPDATE gold.t SET s = 6 WHERE id = 7000003");
    let (written, kept) = files(&sandbox.exported(&[]));
    assert!(written >= 4 && kept == 0, "{written}, {kept}");
    check();
}

/// DuckDB's hash alone does not tell these values apart.
#[test]
fn an_update_to_a_value_with_the_same_hash_is_exported() {
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE gold.sums AS SELECT i, 0::HUGEINT AS v FROM range(10) t(i);
         CREATE TABLE gold.prices AS SELECT i, 0::DECIMAL(38,2) AS v FROM range(10) t(i);
         CREATE TABLE gold.texts AS SELECT i, 'zzzzzzzbzzzzzzzzzzzzzzzbzzzzzzzz' AS v FROM range(10) t(i)",
    );
    sandbox.exported(&[]);
    sandbox.sql(
        "UPDATE gold.sums SET v = -1 WHERE i = 7; UPDATE gold.prices SET v = -0.01 WHERE i = 7;
         UPDATE gold.texts SET v = 'zzzzzzzzzzzzzzzzzzzzzzzbzzzzzzzb' WHERE i = 7",
    );
    let summary = sandbox.exported(&[]);
    for name in ["gold.sums", "gold.prices", "gold.texts"] {
        assert_eq!(table(&summary, name)["outcome"], "exported", "{name}");
    }
    let summary = sandbox.exported(&[]);
    for name in ["gold.sums", "gold.prices", "gold.texts"] {
        assert_eq!(table(&summary, name)["outcome"], "unchanged", "{name}");
    }
}
