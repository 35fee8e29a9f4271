//! The Dockerfiles of monitoring, built and started by a real Docker engine.

use std::path::Path;
use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::{peers, root};

#[test]
fn the_images_are_built_and_take_the_generated_commands_and_mounts() {
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
    let done = run(Command::new(root().join("scripts/docker-engine"))
        .args(["run", "--"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/monitoring/images.sh"))
        .args([busybox, collector])
        .arg(root().join("infrastructure/docker/compose.yaml"))
        .arg(folder.path())
        .current_dir(root()))
    .expect(0);
    let lines = "tempo -config.file=/etc/tempo/tempo.yaml as 10001\n\
                 grafana has trino-datasource 1.4.1 and runs as 472\n\
                 both collectors accept their mounted configurations\n";
    assert_eq!(done.stdout, lines);
}
