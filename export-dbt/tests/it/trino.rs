//! Registration, against a server that speaks Trino's protocol and remembers what it was told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::{Sandbox, run, table};

#[derive(Default)]
struct State {
    /// Registered tables and their locations.
    tables: BTreeMap<String, String>,
    statements: Vec<String>,
    requests: usize,
    headers: Vec<String>,
    pending: BTreeMap<usize, Value>,
}

/// Answers every third request with 503, and every statement in two pages.
fn serve(state: &Mutex<State>, stream: TcpStream, port: u16) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut state = state.lock().expect("state");
    state.requests += 1;
    state.headers.push(head.clone());
    let (status, answer) = if state.requests.is_multiple_of(3) {
        (503, json!({}))
    } else if head.starts_with("POST /v1/statement") {
        let sql = String::from_utf8_lossy(&body).into_owned();
        let result = state.run(&sql);
        let id = state.statements.len();
        state.statements.push(sql);
        state.pending.insert(id, result);
        // Another host and port, as a coordinator behind a proxy gives.
        (
            200,
            json!({"id": "q", "nextUri": format!("http://10.1.2.3:{port}/v1/statement/executing/q/{id}")}),
        )
    } else {
        let id = head
            .split_whitespace()
            .nth(1)
            .and_then(|p| p.rsplit('/').next()?.parse().ok())
            .unwrap_or(0);
        (200, state.pending.get(&id).cloned().unwrap_or_default())
    };
    let text = answer.to_string();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
}

impl State {
    fn run(&mut self, sql: &str) -> Value {
        let argument = |name: &str| -> String {
            let rest = sql.split(&format!("{name} => '")).nth(1).unwrap_or("");
            rest.split('\'').next().unwrap_or("").to_string()
        };
        let key = format!("{}.{}", argument("schema_name"), argument("table_name"));
        let error =
            |name: &str| json!({"error": {"message": format!("{key}: {name}"), "errorName": name}});
        if sql.contains("register_table") && !sql.contains("unregister_table") {
            if self.tables.contains_key(&key) {
                return error("TABLE_ALREADY_EXISTS");
            }
            self.tables.insert(key, argument("table_location"));
        } else if sql.contains("unregister_table") {
            if self.tables.remove(&key).is_none() {
                return error("TABLE_NOT_FOUND");
            }
        } else if sql.starts_with("SHOW CREATE TABLE") {
            let name = sql.replace('"', "").replace("SHOW CREATE TABLE delta.", "");
            let location = self.tables.get(&name).cloned().unwrap_or_default();
            return json!({"data": [[format!("CREATE TABLE {name} (\n id bigint\n)\nWITH (\n   location = '{location}'\n)")]]});
        }
        json!({"data": [[true]]})
    }
}

fn server() -> (u16, Arc<Mutex<State>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let state = Arc::new(Mutex::new(State::default()));
    let shared = Arc::clone(&state);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = serve(&shared, stream, port);
        }
    });
    (port, state)
}

#[test]
fn register_flush_move_and_prune() {
    let (port, state) = server();
    let url = format!("http://127.0.0.1:{port}");
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.facts AS SELECT 1 AS id");
    let trino = |summary: &Value| table(summary, "gold.facts")["trino"].clone();
    let first = sandbox.exported(&["--register", &url]);
    crate::support::validate(&first);
    assert_eq!(trino(&first), "registered");
    let place = sandbox.target().replace("{layer}", "gold").replace("{table}", "facts");
    assert_eq!(state.lock().unwrap().tables["gold.facts"], place);
    let second = sandbox.exported(&["--register", &url]);
    assert_eq!(trino(&second), "flushed");
    state.lock().unwrap().tables.insert("gold.facts".into(), "s3://elsewhere/facts".into());
    let third = sandbox.exported(&["--register", &url, "--force"]);
    assert_eq!(trino(&third), "re-registered");
    assert_eq!(state.lock().unwrap().tables["gold.facts"], place);
    {
        let state = state.lock().unwrap();
        let flush = "CALL \"delta\".system.flush_metadata_cache(schema_name => 'gold', table_name => 'facts')";
        assert!(state.statements.iter().any(|s| s == flush), "{:?}", state.statements);
        assert!(
            state.headers.iter().all(|h| h.to_lowercase().contains("x-trino-user: export-dbt"))
        );
    }
    sandbox.sql("DROP TABLE gold.facts; CREATE TABLE gold.other AS SELECT 1 AS id");
    sandbox.exported(&["--register", &url, "--prune"]);
    assert_eq!(state.lock().unwrap().tables.keys().collect::<Vec<_>>(), ["gold.other"]);
}

#[test]
fn a_trino_that_is_away_fails_the_table_but_not_its_version() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.facts AS SELECT 1 AS id");
    let failed =
        run(sandbox.command().args(["--format", "json", "--register", "http://127.0.0.1:9"]));
    assert_eq!(failed.status, 1);
    let summary = failed.summary();
    assert_eq!(table(&summary, "gold.facts")["version"], 0);
    assert!(failed.stderr.contains("could not reach Trino"), "{}", failed.stderr);
    let private = run(sandbox
        .command()
        .args(["--register", "http://admin@127.0.0.1:9"])
        .env("TRINO_PASSWORD", "hunter2-secret"));
    assert_eq!(private.status, 2);
    assert!(
        private.stderr.contains("needs https") && !private.stderr.contains("hunter2"),
        "{}",
        private.stderr
    );
}
