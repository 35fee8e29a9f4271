//! systemd's `EnvironmentFile=`, read by a real systemd that is the first process of namespaces of its own.

use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::run;

use super::{COUNT, Written, pairs};

#[test]
fn environment_file() {
    let (Some(systemd), Some(libraries)) =
        (peers::find("PEER_SYSTEMD"), peers::find("PEER_SYSTEMD_LIBRARIES"))
    else {
        return;
    };
    if !rustix::process::geteuid().is_root() {
        return peers::skip("root, for a systemd of the test's own,");
    }
    let written = Written::new("systemd");
    let script = rideshare_tests::root().join("fetch-secrets/tests/it/readers/systemd.sh");
    let mut namespaces = Command::new("timeout");
    namespaces.args(["--signal=KILL", "60", "unshare", "--mount", "--pid", "--fork"]);
    namespaces.args(["--kill-child", "--mount-proc", "bash"]).arg(script);
    namespaces.arg(systemd).arg(libraries).arg(written.bench.path());
    let journal = run(namespaces.env("LC_ALL", "C"));
    let read = std::fs::read_to_string(written.bench.path().join("read"));
    let read = read.unwrap_or_else(|error| panic!("{error}: {}", journal.transcript(&[])));
    written.arrives(&pairs(&read), COUNT);
}
