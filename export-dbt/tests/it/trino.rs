//! Registration, against a server that speaks Trino's protocol and remembers what it was told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use rideshare_tests::run::run;

use crate::support::{Sandbox, readers, summary, table};

#[derive(Default)]
struct State {
    /// Registered tables and their locations.
    tables: BTreeMap<String, String>,
    statements: Vec<String>,
    requests: usize,
    headers: Vec<String>,
    pending: BTreeMap<usize, Value>,
    /// So many statements come before it has started.
    starting: usize,
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
        if self.starting > 0 {
            self.starting -= 1;
            return error("SERVER_STARTING_UP");
        }
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

/// A restart of Trino beside the export.
#[test]
fn a_trino_that_is_starting_is_waited_for() {
    let Some(_readers) = readers() else { return };
    let (port, state) = server();
    state.lock().unwrap().starting = 3;
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.facts AS SELECT 1 AS id");
    let summary = sandbox.exported(&["--register", &format!("http://127.0.0.1:{port}")]);
    assert_eq!(table(&summary, "gold.facts")["trino"], "registered");
    let state = state.lock().unwrap();
    assert_eq!(state.starting, 0);
    // The schema's statement is the one that was refused.
    assert!(state.statements[..4].iter().all(|sql| sql.starts_with("CREATE SCHEMA")));
}

#[test]
fn register_flush_move_and_prune() {
    let Some(_readers) = readers() else { return };
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
    sandbox.exported(&["--register", &url, "--prune-all"]);
    assert_eq!(state.lock().unwrap().tables.keys().collect::<Vec<_>>(), ["gold.other"]);
}

#[test]
fn columns_whose_times_trino_rounds_are_warned_of() {
    let (port, _state) = server();
    let url = format!("http://127.0.0.1:{port}");
    let sandbox = Sandbox::new();
    sandbox.sql(
        "CREATE TABLE gold.facts AS SELECT
             '2024-07-01 00:00:00.000001+00'::TIMESTAMPTZ AS fine,
             '2024-07-01 00:00:00.001+00'::TIMESTAMPTZ AS coarse,
             '2024-07-01 00:00:00.000001'::TIMESTAMP AS plain,
             [{'at': '2024-07-01 00:00:00.000001+00'::TIMESTAMPTZ}] AS nested",
    );
    let alone = sandbox.exported(&[]);
    assert_eq!(table(&alone, "gold.facts")["warnings"], json!([]));
    let registered = sandbox.exported(&["--register", &url, "--force"]);
    let said = |column: &str| format!("column {column:?}: Trino rounds its times to milliseconds");
    assert_eq!(table(&registered, "gold.facts")["warnings"], json!([said("fine"), said("nested")]));
}

#[test]
fn a_trino_that_is_away_fails_the_table_but_not_its_version() {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.facts AS SELECT 1 AS id");
    let failed =
        run(sandbox.command().args(["--format", "json", "--register", "http://127.0.0.1:9"]))
            .expect(1);
    let summary = summary(&failed);
    assert_eq!(table(&summary, "gold.facts")["version"], 0);
    assert!(failed.stderr.contains("cannot reach Trino"), "{}", failed.stderr);
}

/// A TLS end in front of a server, with a certificate that it makes itself; prints its port.
const TLS_END: &str = "
import socket, ssl, subprocess, sys, threading
folder, upstream = sys.argv[1], int(sys.argv[2])
key, certificate = folder + '/key.pem', folder + '/ca.pem'
subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key,
    '-out', certificate, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
    '-addext', 'basicConstraints=critical,CA:FALSE'], check=True, stderr=subprocess.DEVNULL)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
def serve(plain):
    try:
        client = context.wrap_socket(plain, server_side=True)
    except OSError:
        return
    server = socket.create_connection(('127.0.0.1', upstream))
    threading.Thread(target=pump, args=(client, server), daemon=True).start()
    pump(server, client)
    client.close()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
";

/// The TLS end, stopped with the test.
struct TlsEnd {
    process: Child,
    port: u16,
}

impl TlsEnd {
    fn new(folder: &Path, upstream: u16) -> Self {
        let python = readers().expect("the readers");
        let mut process = Command::new(python)
            .args(["-c", TLS_END])
            .arg(folder)
            .arg(upstream.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the TLS end starts");
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().expect("stdout")).read_line(&mut line).unwrap();
        Self { port: line.trim().parse().expect("a port"), process }
    }
}

impl Drop for TlsEnd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn user_and_password_go_through_tls_to_a_known_server_only() {
    let Some(_readers) = readers() else { return };
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE gold.t AS SELECT 1 AS id");
    let (port, state) = server();
    let end = TlsEnd::new(sandbox.path(), port);
    let url = format!("https://localhost:{}", end.port);
    let command = |certificates: Option<&str>| {
        let mut command = sandbox.command();
        command
            .args(["--register", &url, "--trino-user", "grafana"])
            .env("TRINO_PASSWORD", "pass-word-value")
            .env_remove("SSL_CERT_DIR");
        match certificates {
            Some(name) => command.env("SSL_CERT_FILE", sandbox.path().join(name)),
            None => command.env_remove("SSL_CERT_FILE"),
        };
        run(&mut command)
    };
    // Nobody that this machine knows vouches for the certificate: not a byte of the password.
    let refused = command(None).expect(1);
    assert!(!refused.stderr.contains("pass-word-value"), "{}", refused.stderr);
    assert!(state.lock().unwrap().headers.is_empty(), "nothing was sent");

    command(Some("ca.pem")).expect(0);
    let state = state.lock().unwrap();
    assert_eq!(state.tables.len(), 1, "{:?}", state.statements);
    // grafana:pass-word-value
    let basic = "basic z3jhzmfuytpwyxnzlxdvcmqtdmfsdwu=";
    for head in &state.headers {
        let head = head.to_lowercase();
        assert!(head.contains(basic) && head.contains("x-trino-user: grafana"), "{head}");
    }
}
