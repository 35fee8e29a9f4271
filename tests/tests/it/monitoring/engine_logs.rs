//! A log that a real Docker engine has written, of a service of the generated Compose file.

use std::path::Path;
use std::process::Command;

use rideshare_tests::run::{run, until};
use rideshare_tests::{peers, root};

use super::backend::Backend;

#[test]
fn an_alert_in_the_engines_log_reaches_loki_with_its_service() {
    let peer = peers::find;
    let (Some(_), Some(_), Some(busybox), Some(collector)) = (
        peer("PEER_DOCKER"),
        peer("PEER_COMPOSE"),
        peer("PEER_BUSYBOX"),
        peer("PEER_OTEL_COLLECTOR"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    run(Command::new(root().join("scripts/docker-engine"))
        .args(["run", "--"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/monitoring/engine_logs.sh"))
        .arg(busybox)
        .arg(root().join("infrastructure/docker/compose.yaml"))
        .arg(folder.path())
        .current_dir(root()))
    .expect(0);
    let backend = Backend::start();
    let _collector = super::logs::start(&collector, folder.path(), &backend);
    let alert = format!(r#"{{"status":"firing","alerts":["{}"]}}"#, "x".repeat(40_000));
    let line = ("alert-log".to_owned(), alert);
    until("the alert", || backend.logs().contains(&line));
}
