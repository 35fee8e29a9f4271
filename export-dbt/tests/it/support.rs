//! Databases, runs of the executable, and Python peers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use rideshare_tests::peers;
use rideshare_tests::proxy::{Action, Proxy, Request};
use rideshare_tests::run::{Run, run};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a database and a lake beside it.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path().join("rideshare.duckdb")
    }

    /// The local table.
    pub(crate) fn table(&self, layer: &str, name: &str) -> PathBuf {
        self.path().join("lake").join(layer).join(name)
    }

    pub(crate) fn target(&self) -> String {
        format!("file://{}/lake/{{layer}}/{{table}}", self.path().display())
    }

    /// Changes the database; both schemas exist.
    pub(crate) fn sql(&self, sql: &str) {
        let connection = duckdb::Connection::open(self.database()).expect("the database opens");
        connection
            .execute_batch("CREATE SCHEMA IF NOT EXISTS silver; CREATE SCHEMA IF NOT EXISTS gold;")
            .expect("schemas");
        connection.execute_batch(sql).expect(sql);
        connection.close().map_err(|(_, error)| error).expect("the database closes");
    }

    /// The command on this database and lake.
    pub(crate) fn command(&self) -> Command {
        let mut command = bare();
        command.arg("--duckdb").arg(self.database()).arg("--target").arg(self.target());
        command
    }

    /// Runs the command with more arguments.
    pub(crate) fn export(&self, arguments: &[&str]) -> Run {
        run(self.command().args(arguments))
    }

    /// Runs with JSON and expects success.
    pub(crate) fn exported(&self, arguments: &[&str]) -> Value {
        let mut command = self.command();
        summary(&run(command.args(["--format", "json"]).args(arguments)).expect(0))
    }
}

/// The command without arguments, in an environment of its own.
pub(crate) fn bare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_export-dbt"));
    // cargo's, for DuckDB's library, which the executable finds itself.
    command.env_remove("LD_LIBRARY_PATH");
    for (name, _) in std::env::vars() {
        let ours = ["AWS_", "S3_", "TRINO_", "EXPORT_", "DUCKDB_", "DBT_"];
        if ours.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// The JSON summary of a run.
pub(crate) fn summary(run: &Run) -> Value {
    let summary: Value = serde_json::from_str(&run.stdout)
        .unwrap_or_else(|error| panic!("no summary: {error}\n{}", run.transcript(&[])));
    assert_eq!(summary["exitStatus"], run.status);
    summary
}

/// Waits until something is so, for at most a minute.
pub(crate) fn until(event: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "still not after a minute: {event}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A proxy that holds requests back, and refuses them when it is dropped.
pub(crate) struct Held {
    pub(crate) address: SocketAddr,
    count: Arc<AtomicUsize>,
    _end: mpsc::Sender<()>,
}

impl Held {
    /// The requests that were held back so far.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

/// A proxy before a store that holds the requests of a kind back and forwards the others.
pub(crate) fn held(
    store: SocketAddr,
    is_held: impl Fn(&Request) -> bool + Send + Sync + 'static,
) -> Held {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let (end, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let proxy = Proxy::start(store, move |request| {
        if !is_held(request) {
            return Action::Forward;
        }
        counter.fetch_add(1, Ordering::SeqCst);
        // It fails when the other end of the channel is dropped.
        let _ = wait.lock().unwrap().recv();
        Action::Refuse
    });
    Held { address: proxy.address, count, _end: end }
}

/// Checks a summary against the committed schema.
pub(crate) fn validate(summary: &Value) {
    validate_against(include_str!("../../schema/summary.schema.json"), summary);
}

/// Checks a document against a schema.
pub(crate) fn validate_against(schema: &str, document: &Value) {
    if readers().is_none() {
        return;
    }
    let program = "
import sys, json, jsonschema
schema, summary = (json.loads(text) for text in sys.argv[1:])
jsonschema.Draft7Validator.check_schema(schema)
jsonschema.Draft7Validator(schema).validate(summary)";
    python(program, &[schema, &document.to_string()]);
}

/// The report of one table.
pub(crate) fn table<'a>(summary: &'a Value, label: &str) -> &'a Value {
    let (layer, name) = label.split_once('.').expect("layer.table");
    let tables = summary["tables"].as_array().expect("tables");
    tables
        .iter()
        .find(|table| table["layer"] == layer && table["table"] == name)
        .unwrap_or_else(|| panic!("no {label} in {summary:#}"))
}

/// Written and kept files of `gold.t`.
pub(crate) fn files(summary: &Value) -> (u64, u64) {
    let number = |key: &str| table(summary, "gold.t")[key].as_u64().unwrap();
    (number("files"), number("keptFiles"))
}

/// The outcome of each table.
pub(crate) fn outcomes(summary: &Value) -> BTreeMap<String, String> {
    let tables = summary["tables"].as_array().expect("tables");
    let text = |table: &Value, key: &str| table[key].as_str().unwrap_or_default().to_string();
    tables
        .iter()
        .map(|table| {
            (format!("{}.{}", text(table, "layer"), text(table, "table")), text(table, "outcome"))
        })
        .collect()
}

/// The Python with the readers; `None` when it is not installed (see [`peers::find`]).
pub(crate) fn readers() -> Option<PathBuf> {
    peers::find("PEER_READERS_PYTHON")
}

/// The variables of a client of the S3 at `address`.
pub(crate) fn s3(address: SocketAddr) -> Vec<(String, String)> {
    [
        ("AWS_ENDPOINT_URL", format!("http://{address}")),
        ("AWS_ACCESS_KEY_ID", "test".into()),
        ("AWS_SECRET_ACCESS_KEY", "test-secret-value".into()),
        ("AWS_REGION", "us-east-1".into()),
        ("AWS_ALLOW_HTTP", "true".into()),
    ]
    .map(|(name, value)| (name.to_string(), value))
    .into()
}

/// Runs a Python program with the readers; its stdout.
pub(crate) fn python(program: &str, arguments: &[&str]) -> String {
    python_with(program, arguments, &[])
}

/// As [`python`], with environment variables.
pub(crate) fn python_with(
    program: &str,
    arguments: &[&str],
    environment: &[(String, String)],
) -> String {
    let python = readers().expect("a test that needs the readers asks for them first");
    let output = Command::new(&python)
        // chdb reads only below the current folder.
        .current_dir("/")
        // The readers' threads may outlive the interpreter and abort it.
        .args(["-c", &format!("{program}\nimport os, sys; sys.stdout.flush(); os._exit(0)")])
        .args(arguments)
        .envs(environment.iter().cloned())
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", python.display()));
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    stdout
}

/// The rows of a table, as deltalake and polars see them, as JSON text, sorted.
pub(crate) fn rows(path: &Path) -> Value {
    let program = "
import sys, json, polars
rows = polars.scan_delta(sys.argv[1]).collect().to_dicts()
print(json.dumps(sorted(rows, key=str), default=str))";
    let out = python(program, &[&path.display().to_string()]);
    serde_json::from_str(&out).expect("JSON")
}

/// The actions of a commit.
pub(crate) fn commit(table: &Path, version: u64) -> Vec<Value> {
    let path = table.join(format!("_delta_log/{version:020}.json"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The actions of one kind in a commit.
pub(crate) fn actions(commit: &[Value], kind: &str) -> Vec<Value> {
    commit.iter().filter_map(|action| action.get(kind)).cloned().collect()
}

/// Data files in a table's folder.
pub(crate) fn data_files(table: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(table)
        .map(|entries| entries.flatten().collect())
        .unwrap_or_else(|_| Vec::new());
    let mut names: Vec<String> = entries
        .iter()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains(".parquet"))
        .collect();
    names.sort();
    names
}
