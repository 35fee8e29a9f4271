//! The stand-ins for the application keep to its contract: the generated commands and variables, with real Kafka, Redis
//! and S3, and accounts of every special character.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::run;
use rideshare_tests::{peers, port, root};

use super::hard;
use super::kafka::{Broker, HARD_PASSWORD, HARD_USER};
use super::redis::Redis;
use rideshare_tests::services::generated::Service;
use rideshare_tests::services::metastore::{bucket, lake};
use rideshare_tests::services::server::Server;

pub(super) fn image() -> PathBuf {
    root().join("tests/platform/stand-in/image")
}

/// One of the four services, as its generated command starts it.
pub(super) struct StandIn {
    pub(super) server: Server,
    port: u16,
    _folder: tempfile::TempDir,
}

impl StandIn {
    pub(super) fn start(service: &str, variables: &[(&str, &str)]) -> Option<StandIn> {
        let python = peers::find("PEER_STAND_IN_PYTHON")?;
        let folder = tempfile::tempdir().unwrap();
        let (service, port) = (Service::named(service), port::free());
        let words = service.command();
        let mut command = if words[0] == "python" {
            Command::new(&python)
        } else {
            // The frontend's entrypoint, whose Python is the image's.
            assert_eq!(words[0], "/entrypoint.sh");
            let mut command = Command::new("sh");
            command.arg(image().join("entrypoint.sh"));
            command
        };
        let path =
            format!("{}:{}", python.parent().unwrap().display(), std::env::var("PATH").unwrap());
        command
            .args(&words[1..])
            .current_dir(image())
            .envs(service.environment())
            .env("PATH", path)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("KAFKA_SASL_USERNAME", HARD_USER)
            .env("KAFKA_SASL_PASSWORD", HARD_PASSWORD)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", "")
            .env("STAND_IN_PORT", port.to_string());
        if let Some(localstack) = LocalStack::shared() {
            lake(&mut command, localstack);
        }
        command.envs(variables.iter().copied());
        let server = Server::start(&mut command, &folder.path().join("log"));
        Some(StandIn { server, port, _folder: folder })
    }

    /// Waits until `/health` says that it is well, and a stand-in.
    fn until_healthy(&mut self) {
        let url = format!("http://127.0.0.1:{}/health", self.port);
        self.server.until("health", || {
            let answer = run(Command::new("curl").args(["--silent", "--fail", &url]));
            answer.status == 0 && answer.stdout.contains("\"stand_in\": true")
        });
    }

    /// SIGTERM, as a container engine sends it.
    pub(super) fn stop(mut self) {
        run(Command::new("kill").args(["-TERM", &self.server.id().to_string()])).expect(0);
        let status = self.server.end();
        assert!(status.success(), "{status}: {}", self.server.log());
    }
}

/// The rows of bronze tables in a bucket, by table.
pub(super) fn rows(localstack: &LocalStack, bucket: &str) -> BTreeMap<String, u64> {
    const COUNT: &str = "
import os, sys
from deltalake import DeltaTable
for table in sys.argv[2:]:
    try:
        found = DeltaTable(f's3://{sys.argv[1]}/{table}', storage_options={'AWS_ALLOW_HTTP': 'true', 'AWS_ENDPOINT_URL': os.environ['AWS_ENDPOINT_URL_S3']})
    except Exception:
        continue
    print(table, found.to_pyarrow_table().num_rows)";
    let python = peers::find("PEER_STAND_IN_PYTHON").unwrap();
    let text =
        std::fs::read_to_string(root().join("infrastructure/config/delta/tables.txt")).unwrap();
    let tables: Vec<&str> =
        text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let dead = tables.iter().map(|table| format!("dlq_{}", table.trim_start_matches("dlq_")));
    let mut command = Command::new(python);
    command.args(["-c", COUNT, bucket]).args(&tables).args(dead);
    lake(&mut command, localstack);
    let said = run(&mut command).expect(0).stdout;
    said.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(table, rows)| (table.to_owned(), rows.parse().unwrap()))
        .collect()
}

/// Sends a message that the simulation would not send.
fn produce(broker: &Broker, topic: &str, value: &str) {
    const SEND: &str = "
import sys
from src import topics
producer = topics.producer()
producer.produce(sys.argv[1], sys.argv[2])
assert producer.flush(60) == 0";
    let python = peers::find("PEER_STAND_IN_PYTHON").unwrap();
    run(Command::new(python)
        .args(["-c", SEND, topic, value])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("KAFKA_BOOTSTRAP_SERVERS", &broker.address)
        .env("KAFKA_SASL_USERNAME", HARD_USER)
        .env("KAFKA_SASL_PASSWORD", HARD_PASSWORD)
        .current_dir(image()))
    .expect(0);
}

/// The number of messages by topic that the stream has, computed by its own generator.
fn expected(trips: u32) -> BTreeMap<String, u64> {
    let script = format!(
        "
import collections
from datetime import datetime, timezone
from src import simulation
stream = simulation.stream(1, datetime(2026, 1, 5, 12, tzinfo=timezone.utc), 60, {trips})
for topic, count in collections.Counter(message.topic for message in stream).items():
    print(topic, count)"
    );
    let python = peers::find("PEER_STAND_IN_PYTHON").unwrap();
    let said = run(Command::new(python)
        .args(["-c", &script])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(image()))
    .expect(0);
    let lines = said.stdout.lines().filter_map(|line| line.split_once(' '));
    lines.map(|(topic, count)| (topic.to_owned(), count.parse().unwrap())).collect()
}

#[test]
fn a_stream_of_trips_arrives_in_the_bronze_tables_and_in_redis() {
    let (Some(localstack), Some(_)) = (LocalStack::shared(), peers::find("PEER_STAND_IN_PYTHON"))
    else {
        return;
    };
    let Some(broker) = Broker::start(HARD_USER, HARD_PASSWORD) else { return };
    let Some(redis) = Redis::start(hard::EVERY) else { return };
    broker.create_topics(HARD_USER, HARD_PASSWORD, None).expect(0);
    bucket(localstack, "stand-in-bronze");
    let redis_port = redis.port.to_string();
    let kafka = ("KAFKA_BOOTSTRAP_SERVERS", broker.address.as_str());
    let mut simulation = StandIn::start(
        "simulation",
        &[
            kafka,
            ("STAND_IN_SEED", "1"),
            ("STAND_IN_START", "2026-01-05T12:00:00+00:00"),
            ("STAND_IN_TRIPS_PER_MINUTE", "60"),
            ("STAND_IN_TRIPS", "25"),
        ],
    )
    .unwrap();
    let mut bronze = StandIn::start(
        "bronze-ingestion",
        &[kafka, ("BRONZE_BUCKET", "stand-in-bronze"), ("STAND_IN_FLUSH_SECONDS", "1")],
    )
    .unwrap();
    let mut processor = StandIn::start(
        "stream-processor",
        &[
            kafka,
            ("REDIS_HOST", "127.0.0.1"),
            ("REDIS_PORT", &redis_port),
            ("REDIS_PASSWORD", hard::EVERY),
        ],
    )
    .unwrap();
    for service in [&mut simulation, &mut bronze, &mut processor] {
        service.until_healthy();
    }
    produce(&broker, "trips", "not json");
    let mut wanted: BTreeMap<String, u64> =
        expected(25).into_iter().map(|(topic, count)| (format!("bronze_{topic}"), count)).collect();
    wanted.insert("dlq_bronze_trips".into(), 1);
    bronze.server.until("all messages in bronze", || rows(localstack, "stand-in-bronze") == wanted);
    processor.server.until("the trips in Redis", || {
        let keys = redis.ask(&[&["AUTH", hard::EVERY], &["KEYS", "trip:*"]]);
        keys.contains("*25\r\n")
    });
    for service in [simulation, bronze, processor] {
        service.stop();
    }
    // Nothing was stored twice, and nothing more at the end.
    assert_eq!(rows(localstack, "stand-in-bronze"), wanted);
}

#[test]
fn the_frontend_says_that_it_is_a_stand_in() {
    let Some(mut frontend) = StandIn::start("frontend", &[]) else { return };
    frontend.until_healthy();
    let url = format!("http://127.0.0.1:{}/", frontend.port);
    let page = run(Command::new("curl").args(["--silent", "--fail", &url])).expect(0).stdout;
    assert!(page.contains("Stand-in for the frontend"), "{page}");
    frontend.stop();
}

/// The same stream twice, to the byte.
#[test]
fn the_stream_is_deterministic() {
    let Some(python) = peers::find("PEER_STAND_IN_PYTHON") else { return };
    const STREAM: &str = "
import json
from datetime import datetime, timezone
from src import simulation
for message in simulation.stream(7, datetime(2026, 1, 5, tzinfo=timezone.utc), 12, 50):
    print(message.at, message.topic, message.key, json.dumps(message.value))";
    let once = || {
        let mut command = Command::new(&python);
        command.args(["-c", STREAM]).env("PYTHONDONTWRITEBYTECODE", "1").current_dir(image());
        run(&mut command).expect(0).stdout
    };
    let first = once();
    assert!(first.lines().count() > 400);
    assert!(first == once(), "the second stream differs");
}
