//! Trino with the generated configuration: it registers Delta tables of the lake, and reads them.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::{Run, run};
use rideshare_tests::services::generated::Service;
use rideshare_tests::services::metastore::{Metastore, bucket};
use rideshare_tests::services::trino::{Lake, Trino};
use rideshare_tests::{peers, root};
use serde_json::json;

/// Trino's default for the metastore's answer is 10 s; the measured ones take up to 15 s.
const SLOW: Duration = Duration::from_secs(15);

/// Writes three rows as a Delta table with delta-rs.
const WRITE: &str = "
import datetime, sys
import pyarrow as pa
from deltalake import write_deltalake
place, endpoint = sys.argv[1:]
at = [datetime.datetime(2024, 7, 1, 0, 0, 0, n, datetime.timezone.utc) for n in range(3)]
table = pa.table({'id': pa.array([1, 2, 3], pa.int64()), 'city': ['São Paulo', None, ''], 'at': at})
write_deltalake(place, table, storage_options={
    'AWS_ENDPOINT_URL': endpoint, 'AWS_REGION': 'us-east-1', 'AWS_ALLOW_HTTP': 'true',
    'AWS_ACCESS_KEY_ID': 'test', 'AWS_SECRET_ACCESS_KEY': 'test', 'AWS_S3_ALLOW_UNSAFE_RENAME': 'true'})
";

fn write(localstack: &LocalStack, place: &str) -> Option<()> {
    let python = peers::find("PEER_READERS_PYTHON")?;
    run(Command::new(python).args(["-c", WRITE, place, &localstack.url()])).expect(0);
    Some(())
}

/// The script that the scheduler's DAG runs, on these buckets.
fn register(trino: &Trino, buckets: &[(&str, &str)]) -> Run {
    let environment = Service::named("airflow-scheduler").environment();
    let script =
        environment["REGISTER_TABLES"].replace("/etc/rideshare/", "infrastructure/config/");
    run(Command::new("python3")
        .arg(root().join(script))
        .envs(buckets.iter().copied())
        .env("TRINO_URL", trino.url()))
}

#[test]
fn delta_tables_are_registered_and_answer_queries() {
    let Some(lake) = Lake::start(&["tr-bronze", "tr-silver", "tr-gold"]) else { return };
    let trino = &lake.trino;
    let buckets = [
        ("BRONZE_BUCKET", "tr-bronze"),
        ("SILVER_BUCKET", "tr-silver"),
        ("GOLD_BUCKET", "tr-gold"),
    ];
    let Some(()) = write(lake.localstack, "s3://tr-bronze/bronze_trips") else { return };

    let first = register(trino, &buckets).expect(0);
    let said = |run: &Run, line: &str| run.stdout.lines().any(|one| one == line);
    assert!(said(&first, "bronze_trips: registered"), "{}", first.transcript(&[]));
    assert!(said(&first, "bronze_ratings: no data yet"), "{}", first.transcript(&[]));
    let again = register(trino, &buckets).expect(0);
    assert!(said(&again, "bronze_trips: registered already"), "{}", again.transcript(&[]));

    let rows = trino
        .ask("SELECT id, city, CAST(at AS varchar) FROM delta.bronze.bronze_trips ORDER BY id");
    let at = "2024-07-01 00:00:00.000 UTC";
    let expected = [json!([1, "São Paulo", at]), json!([2, null, at]), json!([3, "", at])]
        .map(|row| row.as_array().unwrap().clone());
    assert_eq!(rows.unwrap(), expected);

    // Trino itself writes to the lake, too.
    trino.ask("CREATE TABLE delta.gold.trips AS SELECT id FROM delta.bronze.bronze_trips").unwrap();
    assert_eq!(trino.ask("SELECT count(*) FROM delta.gold.trips").unwrap(), [[json!(3)]]);

    broken_log(&lake, "tr-bronze/bronze_payments");
    let broken = register(trino, &buckets).expect(1);
    let place = "bronze_payments at s3://tr-bronze/bronze_payments: ";
    assert!(broken.stderr.starts_with(place), "{}", broken.transcript(&[]));
    assert!(said(&broken, "bronze_trips: registered already"), "{}", broken.transcript(&[]));
    let peak = trino.peak();
    assert!(peak < trino.memory, "{peak} of {}", trino.memory);
}

/// A table whose first commit is no JSON.
fn broken_log(lake: &Lake, place: &str) {
    let url = format!("{}/{place}/_delta_log/00000000000000000000.json", lake.localstack.url());
    let script = "import sys, urllib.request as r; r.urlopen(r.Request(sys.argv[1], data=b'broken', method='PUT'))";
    run(Command::new("python3").args(["-c", script, &url])).expect(0);
}

/// A metastore whose answer to the first new schema comes late, as that of one that has to load its S3 client.
fn slow(metastore: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(("127.0.0.1", metastore)).unwrap();
            let (back, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || forward(client, to));
            thread::spawn(move || forward(server, back));
        }
    });
    port
}

fn forward(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let text = &buffer[..length];
        if text.windows(15).any(|word| word == b"create_database") {
            thread::sleep(SLOW);
        }
        if to.write_all(text).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

/// In the memory that Kind gives it.
#[test]
fn a_metastore_that_loads_its_s3_client_is_waited_for() {
    if peers::find("PEER_TRINO").is_none() {
        return;
    }
    let Some(metastore) = Metastore::start("metastore", "secret") else { return };
    bucket(LocalStack::shared().unwrap(), "tr-slow");
    let Some(trino) = Trino::start(slow(metastore.port), 1280) else { return };
    let made = trino.ask("CREATE SCHEMA delta.bronze WITH (location = 's3://tr-slow/')");
    assert_eq!(made, Ok(Vec::new()), "{}", trino.server.log());
    let schemas = trino.ask("SHOW SCHEMAS FROM delta LIKE 'bronze'").unwrap();
    assert_eq!(schemas, [[json!("bronze")]]);
    let peak = trino.peak();
    assert!(peak < trino.memory, "{peak} of {}", trino.memory);
}
