//! The simulated messages of the dbt project as bronze Delta tables, under the names that bronze-ingestion gives.

use std::process::Command;

use rideshare_tests::dbt::Project;
use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::run;
use rideshare_tests::{peers, tool};

use rideshare_tests::services::metastore::{bucket, lake};

/// Copies each raw table, whose name export-dbt would keep.
const COPY: &str = "
import duckdb, sys
messages = duckdb.connect(sys.argv[2])
messages.execute(f\"ATTACH '{sys.argv[1]}' AS project (READ_ONLY); CREATE SCHEMA bronze\")
tables = messages.execute(\"SELECT table_name FROM duckdb_tables() WHERE database_name = 'project' AND table_name LIKE 'raw_%'\")
for (table,) in tables.fetchall():
    messages.execute(f'CREATE TABLE bronze.bronze_{table[4:]} AS FROM project.bronze.{table}')
";

/// Writes them to the bucket `<prefix>-bronze`, which is made; `None` without the readers' Python.
pub(super) fn write(project: &Project, localstack: &LocalStack, prefix: &str) -> Option<()> {
    let python = peers::find("PEER_READERS_PYTHON")?;
    let folder = tempfile::tempdir().unwrap();
    let messages = folder.path().join("messages.duckdb");
    run(Command::new(python).args(["-c", COPY]).arg(&project.database).arg(&messages)).expect(0);
    bucket(localstack, &format!("{prefix}-bronze"));
    let mut export = Command::new(tool("export-dbt"));
    export
        .args(["--quiet", "--layer", "bronze", "--target"])
        .arg(format!("s3://{prefix}-{{layer}}/{{table}}"))
        .arg("--duckdb")
        .arg(messages);
    lake(&mut export, localstack);
    run(&mut export).expect(0);
    Some(())
}
