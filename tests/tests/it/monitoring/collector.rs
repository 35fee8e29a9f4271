//! The real collector with the platform's configuration, and the real Prometheus behind it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use rideshare_tests::run::until;
use rideshare_tests::{peers, port};
use tempfile::TempDir;

use super::backend::Backend;
use super::program::{Program, adapted, get, request};

/// An address of this machine that is not 127.0.0.1: who listens there alone does not answer here, as it
/// would not to another container.
const ELSEWHERE: [u8; 4] = [127, 0, 0, 2];

/// A collector with the platform's configuration. Settings that it cannot have here come from a second file:
/// free ports, the other sides' addresses, and JSON, which the stand-ins read.
pub(crate) struct Collector {
    program: Program,
    pub(crate) http: SocketAddr,
    /// Its own metrics.
    pub(super) metrics: SocketAddr,
}

impl Collector {
    pub(crate) fn start(
        binary: &Path,
        folder: &Path,
        prometheus: SocketAddr,
        loki: SocketAddr,
        tempo: SocketAddr,
    ) -> Collector {
        let (metrics, http) = (port::free(), port::free());
        let port = format!("port: {metrics}");
        let config = adapted("otel-collector/otel-collector.yaml", &[("port: 8888", &port)]);
        let places = format!(
            "extensions: {{health_check: {{endpoint: '127.0.0.1:{}'}}}}
receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '127.0.0.1:{}'}}, http: {{endpoint: '127.0.0.1:{http}'}}}}}}}}
exporters:
  prometheus_remote_write: {{endpoint: 'http://{prometheus}/api/v1/write'}}
  otlp_http/loki: {{endpoint: 'http://{loki}/otlp', encoding: json, compression: none}}
  otlp_grpc/tempo: {{endpoint: '{tempo}'}}
",
            port::free(),
            port::free()
        );
        fs::write(folder.join("collector.yaml"), config).unwrap();
        fs::write(folder.join("places.yaml"), places).unwrap();
        let mut command = Command::new(binary);
        command.args(["--config=collector.yaml", "--config=places.yaml"]).current_dir(folder);
        let program = Program::start(&command, &folder.join("collector.log"));
        let http = SocketAddr::from(([127, 0, 0, 1], http));
        let metrics = SocketAddr::from((ELSEWHERE, metrics));
        until("the collector's start", || request(http, "POST /v1/logs", "{}").is_some());
        Collector { program, http, metrics }
    }
}

/// A Prometheus that takes what is pushed, as the platform's does.
pub(crate) fn prometheus(binary: &Path, folder: &Path, config: &str) -> (Program, SocketAddr) {
    let address = SocketAddr::from(([127, 0, 0, 1], port::free()));
    fs::write(folder.join("prometheus.yaml"), config).unwrap();
    let mut command = Command::new(binary);
    command
        .args(flags())
        .args(["--config.file=prometheus.yaml", "--storage.tsdb.path=data"])
        .args([format!("--web.listen-address={address}"), "--web.external-url=http://test/".into()])
        .current_dir(folder);
    let program = Program::start(&command, &folder.join("prometheus.log"));
    until("Prometheus' start", || get(address, "/-/ready").is_some());
    (program, address)
}

/// The options of the generated Compose file, without the places.
fn flags() -> Vec<String> {
    let command = super::shape::compose()["services"]["prometheus"]["command"][0].clone();
    let places = ["--config.file", "--storage.tsdb.path", "--web.external-url"];
    let words = command.as_str().unwrap().split_whitespace();
    let words = words.filter(|word| word.starts_with("--"));
    words
        .filter(|word| !places.iter().any(|place| word.starts_with(place)))
        .map(str::to_owned)
        .collect()
}

/// A second collector, which takes Tempo's protocol and passes the spans on as JSON.
fn tempo(binary: &Path, folder: &Path, backend: SocketAddr) -> (Program, SocketAddr) {
    let address = SocketAddr::from(([127, 0, 0, 1], port::free()));
    let config = format!(
        "receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '{address}'}}}}}}}}
exporters: {{otlp_http: {{endpoint: 'http://{backend}', encoding: json, compression: none}}}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines: {{traces: {{receivers: [otlp], exporters: [otlp_http]}}}}
"
    );
    fs::write(folder.join("tempo.yaml"), config).unwrap();
    let mut command = Command::new(binary);
    command.arg("--config=tempo.yaml").current_dir(folder);
    let program = Program::start(&command, &folder.join("tempo.log"));
    until("the stand-in's start", || std::net::TcpStream::connect(address).is_ok());
    (program, address)
}

struct Bench {
    folder: TempDir,
    backend: Backend,
    _tempo: Program,
    _prometheus: Program,
    prometheus: SocketAddr,
    collector: Collector,
}

fn bench() -> Option<Bench> {
    let binary = peers::find("PEER_OTEL_COLLECTOR")?;
    let server = peers::find("PEER_PROMETHEUS")?;
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start();
    let (tempo, tempo_address) = tempo(&binary, folder.path(), backend.address);
    let (program, prometheus) = prometheus(&server, folder.path(), "{}");
    let collector =
        Collector::start(&binary, folder.path(), prometheus, backend.address, tempo_address);
    Some(Bench { folder, backend, _tempo: tempo, _prometheus: program, prometheus, collector })
}

const RESOURCE: &str = r#""resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "simulation"}}]}"#;

fn log(text: &str) -> String {
    format!(
        r#"{{"resourceLogs": [{{{RESOURCE}, "scopeLogs": [{{"logRecords": [{{"body": {{"stringValue": "{text}"}}}}]}}]}}]}}"#
    )
}

fn now() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos()
}

#[test]
fn spans_metrics_and_logs_reach_their_stores() {
    let Some(bench) = bench() else { return };
    let send = |path: &str, body: String| {
        let answer = request(bench.collector.http, &format!("POST {path}"), &body);
        assert_eq!(answer.map(|response| response.0), Some(200), "{path}");
    };
    let time = now();
    send("/v1/logs", log("a line"));
    send(
        "/v1/traces",
        format!(
            r#"{{"resourceSpans": [{{{RESOURCE}, "scopeSpans": [{{"spans": [{{"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "a trip", "kind": 1, "startTimeUnixNano": "{time}", "endTimeUnixNano": "{time}"}}]}}]}}]}}"#
        ),
    );
    send(
        "/v1/metrics",
        format!(
            r#"{{"resourceMetrics": [{{{RESOURCE}, "scopeMetrics": [{{"metrics": [{{"name": "stream_processor_kafka_connected", "gauge": {{"dataPoints": [{{"timeUnixNano": "{time}", "asDouble": 1}}]}}}}]}}]}}]}}"#
        ),
    );
    let simulation = |text: &str| ("simulation".to_owned(), text.to_owned());
    until("the log", || bench.backend.logs().contains(&simulation("a line")));
    until("the span", || bench.backend.spans().contains(&simulation("a trip")));
    // The name and the labels that the rules and the dashboards use.
    until("the metric", || {
        let query = "/api/v1/query?query=stream_processor_kafka_connected";
        get(bench.prometheus, query)
            .is_some_and(|answer| answer.contains(r#""service_name":"simulation""#))
    });
    assert_eq!(bench.collector.program.output(), "", "{}", bench.folder.path().display());
}

/// Every metric of the collector's own that a rule or a dashboard names, but those of failures, which
/// have no series before the first one.
#[test]
fn its_own_metrics_are_read_from_elsewhere_under_the_names_of_the_rules() {
    let Some(bench) = bench() else { return };
    request(bench.collector.http, "POST /v1/logs", &log("x")).unwrap();
    until("the log", || !bench.backend.logs().is_empty());
    let names = [
        "otelcol_exporter_queue_size",
        "otelcol_exporter_queue_capacity",
        "otelcol_receiver_accepted_log_records",
        "otelcol_receiver_refused_log_records",
        "otelcol_exporter_sent_log_records",
    ];
    until("its metrics", || {
        let text = get(bench.collector.metrics, "/metrics").unwrap_or_default();
        names.iter().all(|name| text.lines().any(|line| line.starts_with(&format!("{name}{{"))))
    });
}

/// Its Loki is a Prometheus here, which knows no such path: an error that no retry mends.
#[test]
fn a_failure_has_the_name_of_the_alert() {
    let peer = peers::find;
    let (Some(binary), Some(server)) = (peer("PEER_OTEL_COLLECTOR"), peer("PEER_PROMETHEUS"))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let nobody = SocketAddr::from(([127, 0, 0, 1], port::free()));
    let (_server, refusing) = prometheus(&server, folder.path(), "{}");
    let collector = Collector::start(&binary, folder.path(), nobody, refusing, nobody);
    request(collector.http, "POST /v1/logs", &log("x")).unwrap();
    until("the failure", || {
        let text = get(collector.metrics, "/metrics").unwrap_or_default();
        let name = "otelcol_exporter_send_failed_log_records{";
        text.lines().any(|line| line.starts_with(name) && line.contains("otlp_http/loki"))
    });
}
