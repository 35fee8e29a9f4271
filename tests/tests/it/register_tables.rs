//! The script that registers the bronze tables in Trino, against a stand-in that shows what Trino answers when it is
//! busy or when a table's log is broken.

use std::process::Command;

use rideshare_tests::root;
use rideshare_tests::run::{Run, run};

use crate::trino_stand_in::{Answer, Trino, fine, refused};

fn script(url: &str) -> Run {
    run(Command::new("python3")
        .arg(root().join("infrastructure/config/delta/register_tables.py"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("TRINO_URL", url)
        .envs([("BRONZE_BUCKET", "bronze"), ("SILVER_BUCKET", "silver"), ("GOLD_BUCKET", "gold")]))
}

/// The script's run against a Trino that answers so, and the statements that it got.
fn register(answer: Answer) -> (Run, Vec<String>) {
    let trino = Trino::start(answer);
    let done = script(&trino.url());
    (done, trino.seen())
}

#[test]
fn every_table_is_registered_after_its_schema() {
    let (done, seen) = register(|_, _| fine());
    let done = done.expect(0);
    assert!(done.stdout.contains("bronze_trips: registered\n"), "{}", done.stdout);
    assert!(seen[0].starts_with("CREATE SCHEMA IF NOT EXISTS delta.bronze "), "{seen:?}");
    let location =
        "CALL delta.system.register_table('bronze', 'bronze_trips', 's3://bronze/bronze_trips')";
    assert!(seen.iter().any(|statement| statement == location), "{seen:?}");
    assert!(seen.iter().any(|statement| statement.contains("'dlq_bronze_trips'")), "{seen:?}");
}

#[test]
fn a_trino_that_is_not_there_is_named_in_one_line() {
    let done = script("http://127.0.0.1:9").expect(1);
    assert!(done.stderr.starts_with("asking http://127.0.0.1:9/v1/statement: "), "{}", done.stderr);
    assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
}

#[test]
fn a_busy_trino_is_asked_again() {
    let (done, seen) = register(|_, times| if times < 3 { (503, String::new()) } else { fine() });
    done.expect(0);
    assert_eq!(seen.len() % 3, 0, "{seen:?}");
}

#[test]
fn a_broken_log_is_named_with_its_place_and_the_others_are_registered() {
    let (done, _) = register(|statement, _| match statement {
        text if text.contains("'bronze_trips'") => refused("Error reading the log"),
        text if text.contains("'bronze_ratings'") => {
            refused("No transaction log found in location")
        }
        text if text.contains("'bronze_payments'") => refused("Table already exists"),
        _ => fine(),
    });
    let done = done.expect(1);
    assert_eq!(done.stderr, "bronze_trips at s3://bronze/bronze_trips: Error reading the log\n");
    for line in [
        "bronze_gps_pings: registered",
        "bronze_ratings: no data yet",
        "bronze_payments: registered already",
    ] {
        assert!(done.stdout.lines().any(|one| one == line), "{line}: {}", done.stdout);
    }
}
