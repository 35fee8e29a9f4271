//! A real nerdctl on a real containerd, with containers as nodes, and the real kind.

use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};
use serde_json::json;

use crate::podman::{Client, has_no_node, looked_at, nodes_live};

/// Set where the test runs beside containerd: the folder of its programs.
const INSIDE: &str = "KIND_CLUSTER_TEST_CONTAINERD";

#[test]
fn a_real_nerdctl() {
    let [Some(_), Some(kubernetes)] = ["PEER_NERDCTL", "PEER_KUBERNETES"].map(peers::find) else {
        return;
    };
    if !rustix::process::geteuid().is_root() {
        return peers::skip("root, for a containerd of the test's own,");
    }
    let folder = tempfile::tempdir().unwrap();
    let script = format!("{}/tests/it/containerd.sh", env!("CARGO_MANIFEST_DIR"));
    let namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"];
    let inside = Command::new("unshare")
        .args(namespaces)
        .args(["bash", &script])
        .args([kubernetes.as_path(), folder.path()])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "nerdctl::inside", "--ignored", "--nocapture"])
        .env(INSIDE, kubernetes)
        .output()
        .unwrap();
    let run: Run = inside.into();
    assert!(run.clone().expect(0).stdout.contains("1 passed"), "{}", run.transcript(&[]));
}

#[test]
#[ignore = "a_real_nerdctl starts it beside containerd"]
fn inside() {
    let Some(peer) = std::env::var_os(INSIDE) else { return };
    let peer = peer.to_str().unwrap();
    let nerdctl = peers::find("PEER_NERDCTL").unwrap();
    let variables =
        format!("NERDCTL_TOML=MACHINE/nerdctl.toml PATH={peer}/bin:{peer}/root/usr/sbin:$PATH");
    let client = Client::new("nerdctl", &nerdctl, &variables).unwrap();
    let at = |name: &str| client.machine.path(name).display().to_string();
    let settings = format!(
        "data_root = \"{}\"\ncni_path = \"{peer}/root/usr/lib/cni\"\ncni_netconfpath = \"{}\"\n\
         cgroup_manager = \"cgroupfs\"\n",
        at("nerdctl"),
        at("cni")
    );
    client.machine.write("nerdctl.toml", &settings);

    let (outcome, detail, all) = looked_at(&client);
    let version = client.run(&["version", "--format", "{{(index .Server.Components 0).Version}}"]);
    assert_eq!((outcome, detail), (json!("ok"), json!(version.trim())), "{all}");
    has_no_node(&client);
    // Nobody has chosen it, and it is the only one that is installed.
    let mut alone = client.tool(&["stop"]);
    let alone = run(alone.env_remove("KIND_EXPERIMENTAL_PROVIDER")).expect(1);
    assert!(alone.stderr.contains("nerdctl has no node"), "{}", alone.stderr);
    nodes_live(&client);
}
