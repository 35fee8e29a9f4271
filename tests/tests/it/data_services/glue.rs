//! Tables of export-dbt in AWS Glue, where Trino registers them and finds them.

use std::process::Command;

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::moto::Moto;
use rideshare_tests::run::run;
use rideshare_tests::services::metastore::{bucket, lake};
use rideshare_tests::services::trino::Trino;
use rideshare_tests::{peers, tool};
use serde_json::{Value, json};

#[test]
fn trino_registers_tables_in_glue() {
    let Some(aws) = peers::find("PEER_AWS") else { return };
    let Some(localstack) = LocalStack::shared() else { return };
    let Some(python) = peers::find("PEER_READERS_PYTHON") else { return };
    let Some(moto) = Moto::start("123456789012") else { return };
    let Some(trino) = Trino::on_glue(&moto.url()) else { return };
    bucket(localstack, "glue-gold");
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("glue.duckdb");
    let sql = |statement: &str| {
        let program = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute(sys.argv[2])";
        run(Command::new(&python).args(["-c", program]).arg(&database).arg(statement)).expect(0);
    };
    let export = || -> Value {
        let mut export = Command::new(tool("export-dbt"));
        export.args(["--target", "s3://glue-{layer}/{table}", "--format", "json"]);
        export.args(["--register", &trino.url()]).arg("--duckdb").arg(&database);
        lake(&mut export, localstack);
        let summary: Value = serde_json::from_str(&run(&mut export).expect(0).stdout).unwrap();
        summary["tables"][0]["trino"].clone()
    };
    let rows = || trino.ask("SELECT id, \"Größe\" FROM delta.gold.trips ORDER BY id").unwrap();

    sql("CREATE SCHEMA gold; CREATE TABLE gold.\"Trips\" AS SELECT 1 AS id, 'a' AS \"Größe\"");
    assert_eq!(export(), "registered");
    assert_eq!(rows(), [[json!(1), json!("a")]]);
    sql("INSERT INTO gold.\"Trips\" VALUES (2, NULL)");
    assert_eq!(export(), "flushed");
    assert_eq!(rows(), [[json!(1), json!("a")], [json!(2), json!(null)]]);

    let ask = ["glue", "get-table", "--database-name", "gold", "--name", "trips"];
    let mut told = Command::new(aws);
    told.args(ask).args(["--endpoint-url", &moto.url(), "--region", "us-east-1"]);
    lake(&mut told, localstack);
    let told = run(&mut told).expect(0).stdout;
    assert!(told.contains("s3://glue-gold/Trips"), "{told}");
}
