//! An alert's whole way: a target stops, Prometheus sees it, Alertmanager sends it, the log has it.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::process::Command;

use rideshare_tests::run::until;
use rideshare_tests::{peers, port, root};

use super::collector::{Collector, prometheus};
use super::program::{Program, adapted, get};

#[test]
fn a_target_that_stops_is_in_the_receivers_log() {
    let peer = peers::find;
    let (Some(collector), Some(server), Some(alertmanager), Some(busybox)) = (
        peer("PEER_OTEL_COLLECTOR"),
        peer("PEER_PROMETHEUS"),
        peer("PEER_ALERTMANAGER"),
        peer("PEER_BUSYBOX"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let nobody = SocketAddr::from(([127, 0, 0, 1], port::free()));

    // The receiver, with the platform's script and command.
    let port = port::free();
    fs::create_dir(folder.join("www")).unwrap();
    symlink(root().join("infrastructure/config/alert-log"), folder.join("www/cgi-bin")).unwrap();
    let mut command = Command::new(busybox);
    command.args(words(&super::shape::compose()["services"]["alert-log"]["command"], &port));
    let log = Program::start(command.current_dir(folder), &folder.join("alerts.log"));

    let address = SocketAddr::from(([127, 0, 0, 1], port::free()));
    let url = folder.join("webhook-url");
    fs::write(&url, format!("http://127.0.0.1:{port}/cgi-bin/alerts")).unwrap();
    let replace =
        [("/tmp/webhook-url", url.to_str().unwrap()), ("group_wait: 30s", "group_wait: 0s")];
    let config = adapted("alertmanager/alertmanager.yaml", &replace);
    fs::write(folder.join("alertmanager.yaml"), config).unwrap();
    let mut command = Command::new(alertmanager);
    command
        .args(["--config.file=alertmanager.yaml", "--storage.path=alertmanager"])
        .args(["--cluster.listen-address=", &format!("--web.listen-address={address}")]);
    let _alertmanager =
        Program::start(command.current_dir(folder), &folder.join("alertmanager.log"));
    until("Alertmanager's start", || get(address, "/-/ready").is_some());

    let collector = Collector::start(&collector, folder, nobody, nobody, nobody);
    let rules = folder.join("rules.yaml");
    let text = adapted("prometheus/rules.yaml", &[("for: 5m", "for: 0s")]);
    fs::write(&rules, text).unwrap();
    let config = adapted(
        "prometheus/prometheus.yaml",
        &[
            ("/etc/prometheus/rules.yaml", rules.to_str().unwrap()),
            ("alertmanager:9093", &address.to_string()),
            ("otel-collector:8888", &collector.metrics.to_string()),
            ("_interval: 15s", "_interval: 1s"),
            // Targets that are not here would be down, too.
            ("loki:3100", &address.to_string()),
            ("tempo:3200", &address.to_string()),
            ("grafana:3000", &address.to_string()),
            ("localhost:9090", &address.to_string()),
        ],
    );
    let (_prometheus, prometheus) = prometheus(&server, folder, &config);

    let up = "/api/v1/query?query=up%7Bjob%3D%22otel-collector%22%7D%3D%3D1";
    until("the scrape", || {
        get(prometheus, up).is_some_and(|answer| answer.contains(r#""instance""#))
    });
    assert_eq!(log.output(), "", "no alert before anything is wrong");
    drop(collector);
    until("the alert", || {
        let text = log.output();
        text.lines().any(|line| {
            line.contains(r#""alertname":"TargetDown""#)
                && line.contains(r#""job":"otel-collector""#)
                && line.contains(r#""status":"firing""#)
        })
    });
}

/// The generated command with this machine's port and folder.
fn words(command: &serde_json::Value, port: &u16) -> Vec<String> {
    let words = command.as_array().unwrap().iter().map(|word| word.as_str().unwrap());
    let place = |word: &str| match word {
        "9095" => port.to_string(),
        "/www" => "www".to_owned(),
        word => word.to_owned(),
    };
    words.map(place).collect()
}
