//! `scripts/peers`: a component is installed once, whole or not at all, for all checkouts of a user.

use std::fs;
use std::path::Path;
use std::process::Command;

use rideshare_tests::root;
use rideshare_tests::run::{Run, run};

/// A component that notes each of its installs, and fails where it is told to.
const TOY: &str = r#"version=1
pins=${TOY_PINS:-one}
install_peer() {
    echo installed >>"$TOY_LOG"
    mkdir "$dir/bin"
    [[ -z ${TOY_FAILS:-} ]] || fail "toy: told to" "tell it otherwise"
    touch "$dir/bin/toy"
}
print_env() {
    echo "PEER_TOY=$dir/bin/toy"
}
"#;

/// A project that has the script and the toy alone, with a cache of its own.
struct Toys {
    folder: tempfile::TempDir,
}

impl Toys {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copy = |from: &Path, to: &str| {
            let to = folder.path().join(to);
            run(Command::new("cp").arg("-r").arg(from).arg(to)).expect(0);
        };
        fs::create_dir_all(folder.path().join("scripts/peers.d")).unwrap();
        copy(&root().join("scripts/peers"), "scripts/peers");
        copy(&root().join("scripts/lib"), "scripts/lib");
        let toys = Toys { folder };
        toys.write("toy", TOY);
        toys
    }

    fn write(&self, peer: &str, text: &str) {
        fs::write(self.folder.path().join(format!("scripts/peers.d/{peer}.sh")), text).unwrap();
    }

    fn peers(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        let at = |name: &str| self.folder.path().join(name);
        run(Command::new(at("scripts/peers"))
            .args(arguments)
            .env("XDG_CACHE_HOME", at("cache"))
            .env("TOY_LOG", at("log"))
            .env_remove("PEERS_DIR")
            .envs(environment.iter().copied()))
    }

    fn installs(&self) -> usize {
        let log = fs::read_to_string(self.folder.path().join("log"));
        log.unwrap_or_default().lines().count()
    }
}

#[test]
fn a_second_run_installs_nothing() {
    let toys = Toys::new();
    toys.peers(&["install", "toy"], &[]).expect(0);
    let again = toys.peers(&["install", "toy"], &[]).expect(0);
    assert_eq!((toys.installs(), again.stderr.as_str()), (1, ""));
    let env = toys.peers(&["env"], &[]).expect(0).stdout;
    assert_eq!(env.trim(), format!("PEER_TOY={}/.peers/toy/bin/toy", toys.folder.path().display()));
}

#[test]
fn another_checkout_uses_the_same_install() {
    let toys = Toys::new();
    toys.peers(&["install", "toy"], &[]).expect(0);
    let links = toys.folder.path().join("other").display().to_string();
    let other = [("PEERS_DIR", links.as_str())];
    toys.peers(&["install", "toy"], &other).expect(0);
    assert_eq!(toys.installs(), 1);
    assert!(Path::new(&links).join("toy/bin/toy").exists());
}

#[test]
fn an_install_that_fails_does_not_count() {
    let toys = Toys::new();
    let failed = toys.peers(&["install", "toy"], &[("TOY_FAILS", "1")]).expect(1);
    assert!(failed.stderr.contains("error: toy: told to\nhint: tell it otherwise"), "{failed:?}");
    assert_eq!(toys.peers(&["env"], &[]).expect(0).stdout, "");
    toys.peers(&["install", "toy"], &[]).expect(0);
    assert_ne!(toys.peers(&["env"], &[]).expect(0).stdout, "");
}

#[test]
fn other_pins_are_another_install() {
    let toys = Toys::new();
    toys.peers(&["install", "toy"], &[]).expect(0);
    let other = [("TOY_PINS", "two")];
    assert_eq!(toys.peers(&["env"], &other).expect(0).stdout, "");
    toys.peers(&["install", "toy"], &other).expect(0);
    assert_eq!(toys.installs(), 2);
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    let toys = Toys::new();
    toys.write("bad", "version=1\npins=x\ninstall_peer() { fail bad; }\nprint_env() { :; }\n");
    toys.peers(&["install", "bad", "toy"], &[]).expect(1);
    assert_eq!(toys.installs(), 1);
}

#[test]
fn a_step_that_fails_shows_the_end_of_its_output() {
    let folder = tempfile::tempdir().unwrap();
    let script = "set -euo pipefail; step_logs=$1; . scripts/lib/steps.sh; trap stop_progress EXIT
        step 'Compiling a thing' sh -c 'echo the compiler said this; exit 3'";
    let failed = run(Command::new("bash")
        .args(["-c", script, "bash"])
        .arg(folder.path())
        .current_dir(root()))
    .expect(3);
    for part in [
        "Compiling a thing ...",
        "Compiling a thing: ",
        "the compiler said this",
        "failed with status 3",
    ] {
        assert!(failed.stderr.contains(part), "{part}: {}", failed.stderr);
    }
}
