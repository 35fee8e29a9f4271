//! The rehearsal: the platform's whole path on real parts, with the generated commands and settings. Stand-ins publish trips
//! to Kafka and store them in bronze; Airflow runs dbt and export-dbt; Trino answers the dashboards' queries.
//! `make rehearse` shows its transcript.

use std::io::Write;
use std::process::Command;
use std::time::Instant;

use rideshare_tests::peers;
use rideshare_tests::run::run;
use rideshare_tests::services::object_store;
use rideshare_tests::services::server::Server;
use rideshare_tests::services::trino::{Lake, Trino};
use serde_json::{Value, json};

use super::airflow_server::Airflow;
use super::dags::{image, run_number, trigger};
use super::kafka::{Broker, HARD_PASSWORD, HARD_USER};
use super::stand_ins::{self, StandIn, rows};

const START: &str = "2026-01-05T12:00:00+00:00";

/// The transcript: a line for each step, with its time and the memory of the server that it is about.
struct Transcript(Instant);

impl Transcript {
    fn step(&mut self, text: &str, server: Option<&Server>) {
        let seconds = self.0.elapsed().as_secs();
        let memory =
            server.map_or_else(String::new, |server| format!(", {} MiB", peak(server) >> 20));
        let _ = writeln!(std::io::stderr(), "rehearsal: {text} ({seconds} s{memory})");
        self.0 = Instant::now();
    }
}

/// The most memory that a server has had, in bytes.
fn peak(server: &Server) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() << 10
}

/// Facts of the stand-ins' stream, by their generator: messages about trips, and completed trips.
fn stream(seed: u32, trips: u32) -> (u64, u64) {
    let script = format!(
        "
from datetime import datetime
from src import simulation
steps = [m for m in simulation.stream({seed}, datetime.fromisoformat('{START}'), 60, {trips}) if m.topic == 'trips']
print(len(steps), sum(step.value['status'] == 'completed' for step in steps))"
    );
    let said = run(Command::new(peers::find("PEER_STAND_IN_PYTHON").unwrap())
        .args(["-c", &script])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(stand_ins::image()))
    .expect(0);
    let (steps, completed) = said.stdout.trim().split_once(' ').unwrap();
    (steps.parse().unwrap(), completed.parse().unwrap())
}

/// Publishes a stream, waits until its last trip is in bronze, and stops both services.
fn publish(broker: &Broker, lake: &Lake, seed: u32, trips: u32, in_bronze: u64) {
    let kafka = ("KAFKA_BOOTSTRAP_SERVERS", broker.address.as_str());
    let (seed, trips) = (seed.to_string(), trips.to_string());
    let simulation = StandIn::start(
        "simulation",
        &[
            kafka,
            ("STAND_IN_SEED", &seed),
            ("STAND_IN_START", START),
            ("STAND_IN_TRIPS_PER_MINUTE", "60"),
            ("STAND_IN_TRIPS", &trips),
        ],
    )
    .unwrap();
    let mut bronze = StandIn::start(
        "bronze-ingestion",
        &[kafka, ("BRONZE_BUCKET", "re-bronze"), ("STAND_IN_FLUSH_SECONDS", "1")],
    )
    .unwrap();
    bronze.server.until("all trips in bronze", || {
        rows(lake.localstack, "re-bronze").get("bronze_trips") == Some(&in_bronze)
    });
    simulation.stop();
    bronze.stop();
}

fn number(trino: &Trino, sql: &str) -> u64 {
    let rows = trino.ask(sql).unwrap();
    rows[0][0].as_u64().unwrap_or_else(|| panic!("{sql}: {rows:?}"))
}

fn settings(airflow: &mut Airflow, trino: &Trino, lake: &Lake) {
    for (name, value) in [
        ("TRINO_URL", trino.url()),
        ("DBT_BRONZE_URL", "s3://re-bronze".to_owned()),
        ("EXPORT_TARGET", "s3://re-{layer}/{table}".to_owned()),
        ("BRONZE_BUCKET", "re-bronze".to_owned()),
        ("SILVER_BUCKET", "re-silver".to_owned()),
        ("GOLD_BUCKET", "re-gold".to_owned()),
        ("AWS_ENDPOINT_URL_S3", object_store::url(lake.localstack)),
        ("AWS_ACCESS_KEY_ID", object_store::USER.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", object_store::PASSWORD.to_owned()),
        // Only the runs that the scheduler starts at once, and those that this test asks for.
        ("LAKE_SCHEDULE", "0 0 1 1 *".to_owned()),
        ("BRONZE_SCHEDULE", "0 0 1 1 *".to_owned()),
        ("AIRFLOW__CORE__DEFAULT_TASK_RETRIES", "0".to_owned()),
        ("OTEL_METRICS_EXPORTER", "none".to_owned()),
    ] {
        airflow.set(name, value);
    }
}

#[test]
fn trips_reach_the_dashboards_and_outlive_a_restart() {
    let needed = ["PEER_STAND_IN_PYTHON", "PEER_DBT", "PEER_KAFKA", "PEER_AIRFLOW"];
    if needed.into_iter().any(|peer| peers::find(peer).is_none()) {
        return;
    }
    let mut transcript = Transcript(Instant::now());
    let Some(mut lake) = Lake::start(&["re-bronze", "re-silver", "re-gold"]) else { return };
    transcript.step("Trino answers, on the metastore and the lake", Some(&lake.trino.server));
    let Some(broker) = Broker::start(HARD_USER, HARD_PASSWORD) else { return };
    broker.create_topics(HARD_USER, HARD_PASSWORD, None).expect(0);
    transcript.step("Kafka has its topics", None);

    let (steps, completed) = stream(1, 40);
    publish(&broker, &lake, 1, 40, steps);
    transcript.step("40 trips are in bronze", None);

    let Some(mut airflow) = Airflow::new() else { return };
    image(&mut airflow);
    settings(&mut airflow, &lake.trino, &lake);
    let _api = airflow.start_api();
    let mut scheduler = airflow.start_scheduler();
    let built = run_number(&airflow, &mut scheduler, "lake", 1);
    assert_eq!(built, "success:build=success,publish=success", "{}", airflow.task_logs());
    let registered = run_number(&airflow, &mut scheduler, "bronze", 1);
    assert_eq!(registered, "success:register=success", "{}", airflow.task_logs());
    transcript.step("Airflow has built, published and registered the tables", None);

    let trips = "SELECT CAST(sum(completed) AS bigint) FROM delta.gold.mart_trips";
    assert_eq!(number(&lake.trino, trips), completed);
    assert_eq!(number(&lake.trino, "SELECT count(*) FROM delta.bronze.bronze_trips"), steps);
    for (panel, sql, _) in crate::dashboards::questions() {
        let answer = lake.trino.ask(&sql).unwrap_or_else(|error| panic!("{panel}: {error}"));
        assert!(!answer.is_empty(), "{panel} has no rows");
    }
    transcript.step("Trino has answered every panel of the dashboards", Some(&lake.trino.server));

    // Trino's tables are in the metastore, and bronze-ingestion's position is in Kafka: a restart loses neither.
    let metastore = lake.metastore.port;
    let before = lake.trino.ask("SELECT * FROM delta.gold.mart_revenue ORDER BY 1, 2").unwrap();
    lake.trino = Trino::start(metastore, 2048).unwrap();
    assert_eq!(
        lake.trino.ask("SELECT * FROM delta.gold.mart_revenue ORDER BY 1, 2").unwrap(),
        before
    );
    transcript.step("a new Trino has the same tables", Some(&lake.trino.server));

    let (more_steps, more_completed) = stream(2, 10);
    publish(&broker, &lake, 2, 10, steps + more_steps);
    Airflow::terminate(&scheduler);
    scheduler.end();
    settings(&mut airflow, &lake.trino, &lake);
    let mut scheduler = airflow.start_scheduler();
    trigger(&airflow, "lake");
    let again = run_number(&airflow, &mut scheduler, "lake", 2);
    assert_eq!(again, "success:build=success,publish=success", "{}", airflow.task_logs());
    assert_eq!(number(&lake.trino, trips), completed + more_completed);
    let versions: Vec<Vec<Value>> =
        lake.trino.ask("SELECT max(version) FROM delta.gold.\"mart_trips$history\"").unwrap();
    assert_eq!(versions, [[json!(1)]]);
    transcript
        .step("10 more trips have arrived after a restart of the services and the scheduler", None);
}
