//! The platform's dbt project, built by real dbt.

use serde_json::Value;

use crate::support::{actions, bare, commit, outcomes, python, python_with, readers, s3, summary};
use rideshare_tests::dbt;
use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::run;

/// Compares every table of the lake with the database, by rows as text.
const COMPARE: &str = r#"
import sys, duckdb, pyarrow as pa, pyarrow.parquet as pq
from deltalake import DeltaTable
database, template = sys.argv[1:]
con = duckdb.connect(database, read_only=True)
count = 0
for layer, name in con.execute("select schema_name, table_name from duckdb_tables() where schema_name in ('silver', 'gold')").fetchall():
    t = DeltaTable(template.format(layer=layer, table=name))
    lake = t.to_pyarrow_table()
    con.register('lake', lake)
    types = dict(con.execute(f'select column_name, column_type from (describe {layer}.{name})').fetchall())
    columns = list(types)
    assert lake.column_names == columns, (name, lake.column_names, columns)
    text = ', '.join(f'"{c}"::varchar' for c in columns)
    here = con.execute(f'select {text} from {layer}.{name} order by all').fetchall()
    # An interval is ISO 8601 text in the lake, which DuckDB does not parse.
    iso = r'P(-?\d+)Y(-?\d+)M(-?\d+)DT(-?\d+)H(-?\d+)M(-?[\d.]+)S'
    words = r'\1 years \2 months \3 days \4 hours \5 minutes \6 seconds'
    back = ', '.join(f"regexp_replace({c}, '{iso}', '{words}')::interval::varchar" if types[c] == 'INTERVAL' else f'"{c}"::varchar' for c in columns)
    there = con.execute(f'select {back} from lake order by all').fetchall()
    assert len(here) == len(there), (name, len(here), len(there))
    if here != there:
        bad = next((a, b) for a, b in zip(here, there) if a != b)
        raise SystemExit(f'{layer}.{name}: {bad}')
    count += 1
print(count)
"#;

#[test]
fn the_whole_project_to_s3_and_to_a_folder() {
    let Some(_readers) = readers() else { return };
    let Some(project) = dbt::project() else { return };
    let Some(stack) = LocalStack::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let local = format!("{}/{{layer}}/{{table}}", folder.path().display());
    let environment = s3(stack.address);
    let export = |target: &str| {
        let mut command = bare();
        command
            .arg("--duckdb")
            .arg(&project.database)
            .arg("--manifest")
            .arg(&project.manifest)
            .args(["--target", target, "--create-buckets", "--format", "json"])
            .envs(environment.clone());
        run(&mut command)
    };
    for target in [format!("file://{local}"), "s3://rideshare-{layer}/{table}".to_string()] {
        let first = summary(&export(&target).expect(0));
        let exported = outcomes(&first).values().filter(|o| *o == "exported").count();
        assert!(exported >= 8, "{first:#}");
        let again = summary(&export(&target));
        assert!(outcomes(&again).values().all(|o| o == "unchanged" || o == "skipped"), "{again:#}");
        let template = target.trim_start_matches("file://");
        let compared = python_with(
            COMPARE,
            &[&project.database.display().to_string(), template],
            &environment,
        );
        assert_eq!(compared.trim().parse::<usize>().unwrap(), exported);
    }
    // A description of the project is in the log.
    let described = walk_metadata(folder.path());
    assert!(described > 0, "no table has a description");
    python("import duckdb", &[]);
}

fn walk_metadata(lake: &std::path::Path) -> usize {
    let mut count = 0;
    for layer in std::fs::read_dir(lake).unwrap().flatten() {
        for table in std::fs::read_dir(layer.path()).unwrap().flatten() {
            let metadata = &actions(&commit(&table.path(), 0), "metaData")[0];
            let schema: Value =
                serde_json::from_str(metadata["schemaString"].as_str().unwrap()).unwrap();
            let columns = schema["fields"].as_array().unwrap();
            count += usize::from(
                metadata["description"].is_string()
                    || columns.iter().any(|c| c["metadata"]["comment"].is_string()),
            );
        }
    }
    count
}
