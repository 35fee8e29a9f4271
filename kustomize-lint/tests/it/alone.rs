//! The linter needs nothing but the files: no network, no kubectl, no environment.

use std::process::Command;

use rideshare_tests::root;
use rideshare_tests::run::{Run, run};

fn arguments(command: &mut Command) -> Run {
    let paths = ["infrastructure/kubernetes", "--format", "json", "--severity", "info"];
    run(command.current_dir(root()).args(paths))
}

#[test]
fn without_network_path_and_environment_the_bytes_are_the_same() {
    let tool = env!("CARGO_BIN_EXE_kustomize-lint");
    let here = arguments(&mut Command::new(tool));
    assert!(here.stdout.contains("\"complete\": true"), "{}", here.transcript(&[]));
    let mut bare = Command::new(tool);
    let bare = arguments(bare.env_clear().env("PATH", "/nonexistent").env("TZ", "Asia/Tokyo"));
    assert_eq!((bare.status, &bare.stdout), (here.status, &here.stdout));
    // A network namespace of its own has no address but a loopback that is down.
    let mut unshared = Command::new("unshare");
    unshared.args(["--map-root-user", "--net", tool]);
    let probe = run(Command::new("unshare").args(["--map-root-user", "--net", "true"]));
    if probe.status != 0 {
        rideshare_tests::peers::skip("a network namespace (unshare)");
        return;
    }
    let unshared = arguments(&mut unshared);
    assert_eq!((unshared.status, &unshared.stdout), (here.status, &here.stdout));
}
