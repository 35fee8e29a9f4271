//! The real collector over log files as Docker and as the kubelet write them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use rideshare_tests::run::until;
use rideshare_tests::{peers, port};

use super::backend::Backend;
use super::program::{Program, adapted};

/// Starts a collector over the files in `folder`/node that keeps its places in `folder`/state.
pub(super) fn start(binary: &Path, folder: &Path, backend: &Backend) -> Program {
    let (node, state) = (folder.join("node"), folder.join("state"));
    fs::create_dir_all(&node).unwrap();
    fs::create_dir_all(&state).unwrap();
    let port = format!("port: {}", port::free());
    let config = adapted(
        "log-collector/log-collector.yaml",
        &[
            ("/var/log/node", node.to_str().unwrap()),
            ("/var/lib/otelcol", state.to_str().unwrap()),
            ("port: 8888", &port),
        ],
    );
    let places = format!(
        "extensions: {{health_check: {{endpoint: '127.0.0.1:{}'}}}}
exporters: {{otlp_http/loki: {{endpoint: 'http://{}/otlp', encoding: json, compression: none}}}}
",
        port::free(),
        backend.address
    );
    fs::write(folder.join("logs.yaml"), config).unwrap();
    fs::write(folder.join("places.yaml"), places).unwrap();
    let mut command = Command::new(binary);
    command.args(["--config=logs.yaml", "--config=places.yaml"]).current_dir(folder);
    Program::start(&command, &folder.join("collector.log"))
}

fn append(file: &Path, lines: &[String]) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let mut file = fs::File::options().create(true).append(true).open(file).unwrap();
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
}

/// A line as Docker's json-file driver writes it.
fn docker(service: Option<&str>, text: &str) -> String {
    let label = |name| format!(r#""attrs":{{"com.docker.compose.service":"{name}"}},"#);
    let label = service.map(label).unwrap_or_default();
    format!(
        r#"{{"log":"{text}\n","stream":"stdout",{label}"time":"2026-01-01T00:00:00.123456789Z"}}"#
    )
}

/// A line as the kubelet's runtime writes it.
fn cri(tag: &str, text: &str) -> String {
    format!("2026-01-01T00:00:00.123456789Z stderr {tag} {text}")
}

fn pair(service: &str, text: &str) -> (String, String) {
    (service.to_owned(), text.to_owned())
}

#[test]
fn dockers_lines_arrive_with_their_service_and_other_projects_lines_do_not() {
    let Some(binary) = peers::find("PEER_OTEL_COLLECTOR") else { return };
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start();
    let lines = [
        docker(Some("redis"), "ready"),
        docker(None, "another project's"),
        docker(Some("kafka"), "in two ").replace(r"\n", ""),
        docker(Some("kafka"), "parts"),
    ];
    append(&folder.path().join("node/4f2a/4f2a-json.log"), &lines);
    let collector = start(&binary, folder.path(), &backend);
    until("the lines", || backend.logs().len() >= 2);
    drop(collector);
    let mut found = backend.logs();
    found.sort();
    assert_eq!(found, [pair("kafka", "in two parts"), pair("redis", "ready")]);
}

#[test]
fn the_kubelets_lines_arrive_whole_with_their_service() {
    let Some(binary) = peers::find("PEER_OTEL_COLLECTOR") else { return };
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start();
    let file = "node/rideshare_trino-0_0f3b5c7e-1111-2222-3333-444455556666/trino/2.log";
    let lines = [cri("F", "ready"), cri("P", "a long "), cri("F", "line")];
    append(&folder.path().join(file), &lines);
    let collector = start(&binary, folder.path(), &backend);
    until("the lines", || backend.logs().len() >= 2);
    assert_eq!(collector.output(), "");
    drop(collector);
    assert_eq!(backend.logs(), [pair("trino", "ready"), pair("trino", "a long line")]);
}

#[test]
fn a_new_collector_goes_on_where_the_last_one_ended() {
    let Some(binary) = peers::find("PEER_OTEL_COLLECTOR") else { return };
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start();
    let file = folder.path().join("node/4f2a/4f2a-json.log");
    append(&file, &[docker(Some("redis"), "one")]);
    let first = start(&binary, folder.path(), &backend);
    until("the first line", || !backend.logs().is_empty());
    drop(first);
    append(&file, &[docker(Some("redis"), "two")]);
    let second = start(&binary, folder.path(), &backend);
    until("the second line", || backend.logs().len() >= 2);
    drop(second);
    assert_eq!(backend.logs(), [pair("redis", "one"), pair("redis", "two")]);
}
