//! The script that registers the bronze tables in Trino, against a stand-in that shows what Trino answers when it is
//! busy or when a table's log is broken.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use rideshare_tests::root;
use rideshare_tests::run::{Run, run};

/// The status and body for a statement.
type Answer = fn(&str, usize) -> (u16, String);

/// Serves one request of a connection; `Connection: close` ends it.
fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, answer: Answer) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let statement = String::from_utf8(body).unwrap();
    let (status, body) = {
        let mut seen = seen.lock().unwrap();
        seen.push(statement.clone());
        let times = seen.iter().filter(|one| **one == statement).count();
        answer(&statement, times)
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}

/// The script's run against a Trino that answers so, and the statements that it got.
fn register(answer: Answer) -> (Run, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let server = Arc::clone(&seen);
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.unwrap(), &server, answer);
        }
    });
    let done = run(Command::new("python3")
        .arg(root().join("infrastructure/config/delta/register_tables.py"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("TRINO_URL", format!("http://{address}"))
        .envs([("BRONZE_BUCKET", "bronze"), ("SILVER_BUCKET", "silver"), ("GOLD_BUCKET", "gold")]));
    let seen = seen.lock().unwrap().clone();
    (done, seen)
}

fn fine() -> (u16, String) {
    (200, "{}".to_owned())
}

fn refused(message: &str) -> (u16, String) {
    (200, serde_json::json!({"error": {"message": message}}).to_string())
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
        text if text.contains("bronze_trips") => refused("Error reading the log"),
        text if text.contains("bronze_ratings") => refused("No transaction log found in location"),
        text if text.contains("bronze_payments") => refused("Table already exists"),
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
