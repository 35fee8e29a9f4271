//! A log that a real kubelet has had written, of a pod whose second line is longer than the runtime's lines are.

use std::path::Path;
use std::process::Command;

use rideshare_tests::run::{run, until};
use rideshare_tests::{peers, root};

use super::backend::Backend;

#[test]
fn a_pods_lines_reach_loki_whole_with_the_containers_name() {
    let peer = peers::find;
    let (Some(_), Some(kubectl), Some(collector)) =
        (peer("PEER_KUBERNETES"), peer("PEER_KUBECTL"), peer("PEER_OTEL_COLLECTOR"))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    run(Command::new(root().join("scripts/kubernetes"))
        .args(["run", "--"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/monitoring/kubelet_logs.sh"))
        .arg(kubectl)
        .arg(folder.path())
        .current_dir(root()))
    .expect(0);
    let backend = Backend::start();
    let _collector = super::logs::start(&collector, folder.path(), &backend);
    let line = |text: String| ("trino".to_owned(), text);
    until("the lines", || backend.logs() == [line("ready".into()), line("x".repeat(40_000))]);
}
