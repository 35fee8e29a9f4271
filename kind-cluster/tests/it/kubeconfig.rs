//! Edits of the user's kubeconfig beside kubectl's.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use rideshare_tests::port;
use rideshare_tests::run::{Run, run};

use crate::support::Machine;

const OURS: &str = "kind-rideshare-local";

fn kubectl(machine: &Machine, config: &str, arguments: &[&str]) -> Run {
    let mut command = Command::new("kubectl");
    machine.surround(&mut command);
    run(command.env("KUBECONFIG", config).arg("config").args(arguments))
}

/// Runs `create`, which puts the context into the file, or `teardown` without a cluster, which takes it
/// out.
fn tool(machine: &Machine, config: &str, create: bool) -> Run {
    let mut command = match create {
        true => machine.tool(&["create", "--no-components"]),
        false => machine.tool(&["teardown", "--name", "rideshare-local"]),
    };
    run(command.env("KUBECONFIG", config))
}

/// Lets the cluster go: it has no nodes, and nobody answers where the kubeconfig leads to.
fn without_nodes(machine: &Machine, config: &str) {
    let port = |port: u16| format!("127.0.0.1:{port}");
    let text = machine.read(config).replace(&port(machine.server.port()), &port(port::free()));
    machine.write(config, &text);
    fs::remove_dir_all(machine.path("fake/nodes")).unwrap();
    fs::create_dir_all(machine.path("fake/nodes")).unwrap();
}

fn contexts(machine: &Machine, config: &str) -> Vec<String> {
    let shown = kubectl(machine, config, &["get-contexts", "--output", "name"]).expect(0);
    shown.stdout.lines().map(str::to_owned).collect()
}

fn with_comment(machine: &Machine) -> String {
    format!("# by hand\n{}# the end\n", machine.hostile.kubeconfig("production"))
}

fn path_of(machine: &Machine, name: &str) -> String {
    machine.path(name).display().to_string()
}

/// kubectl gives up at once when the file is locked, so its user tries again.
#[test]
fn no_edit_of_kubectl_is_lost_beside_ours() {
    let Some(machine) = Machine::with_cluster() else { return };
    let config = path_of(&machine, "home/config");
    let done = AtomicBool::new(false);
    let names: Vec<String> = (0..500).map(|number| format!("edit-{number}")).collect();
    let ours = std::thread::scope(|scope| {
        let ours = scope.spawn(|| {
            let mut runs = 0_usize;
            while !done.load(Ordering::Relaxed) {
                runs += 1;
                // Each run has something to change.
                let kinds = machine.server.kubeconfig(OURS);
                let context = format!("context: {{namespace: run-{runs}, ");
                let kinds = kinds.replace("context: {", &context);
                assert!(kinds.contains("run-"), "{kinds}");
                machine.write("fake/kinds-kubeconfig", &kinds);
                tool(&machine, &config, true).expect(0);
            }
            runs
        });
        for name in &names {
            let set = ["set-context", name, "--cluster=production"];
            while kubectl(&machine, &config, &set).status != 0 {}
        }
        done.store(true, Ordering::Relaxed);
        ours.join().unwrap()
    });
    assert!(ours > 0, "no edit of ours took place");
    // A kubectl that had read before may have taken it out once more.
    tool(&machine, &config, true).expect(0);
    let there = contexts(&machine, &config);
    let lost: Vec<&String> = names.iter().filter(|name| !there.contains(name)).collect();
    assert_eq!(lost, Vec::<&String>::new());
    assert!(there.iter().any(|name| name == OURS));
    assert!(!machine.path("home/config.lock").exists());
}

#[test]
fn comments_order_mode_and_current_context_stay() {
    let Some(machine) = Machine::with_cluster() else { return };
    let text = with_comment(&machine);
    machine.write("home/config", &text);
    fs::set_permissions(machine.path("home/config"), fs::Permissions::from_mode(0o640)).unwrap();
    let config = path_of(&machine, "home/config");
    tool(&machine, &config, true).expect(0);
    let added = machine.read("home/config");
    for line in text.lines() {
        assert!(added.contains(line), "{line} in {added}");
    }
    assert!(contexts(&machine, &config).iter().any(|name| name == OURS));
    without_nodes(&machine, "home/config");
    tool(&machine, &config, false).expect(0);
    assert_eq!(machine.read("home/config"), text);
    let mode = fs::metadata(machine.path("home/config")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn a_file_that_does_not_change_is_not_touched() {
    let Some(machine) = Machine::with_cluster() else { return };
    let config = path_of(&machine, "home/config");
    tool(&machine, &config, true).expect(0);
    let before = fs::metadata(&config).unwrap();
    fs::write(machine.path("home/config.lock"), "").unwrap();
    tool(&machine, &config, true).expect(0);
    let after = fs::metadata(&config).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
}

#[test]
fn a_link_stays_a_link_and_a_linked_folder_is_followed() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.write("dotfiles/kube/real", &with_comment(&machine));
    symlink(machine.path("dotfiles/kube"), machine.path("home/.kube")).unwrap();
    symlink("real", machine.path("dotfiles/kube/config")).unwrap();
    let config = path_of(&machine, "home/.kube/config");
    tool(&machine, &config, true).expect(0);
    assert!(machine.read("dotfiles/kube/real").contains(OURS));
    assert!(machine.path("dotfiles/kube/config").is_symlink());
    let names = fs::read_dir(machine.path("dotfiles/kube")).unwrap().count();
    assert_eq!(names, 2, "no lock and no partial file stays");
}

/// kubectl writes a new entry to the first file that exists.
#[test]
fn a_list_with_missing_files_is_used_as_kubectl_uses_it() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.write("home/second", &with_comment(&machine));
    let list = ["home/missing", "home/second"].map(|name| path_of(&machine, name)).join(":");
    tool(&machine, &list, true).expect(0);
    assert!(!machine.path("home/missing").exists());
    assert!(machine.read("home/second").contains(OURS));
    run(machine.tool(&["status"]).env("KUBECONFIG", &list));
    without_nodes(&machine, "home/second");
    tool(&machine, &list, false).expect(0);
    assert_eq!(machine.read("home/second"), with_comment(&machine));
}

/// kubectl leaves out names that are empty, and reads a file that stands twice once.
#[test]
fn a_list_with_empty_and_repeated_names_is_used_as_kubectl_uses_it() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.write("home/second", &with_comment(&machine));
    let second = path_of(&machine, "home/second");
    let list = format!(":{second}::{second}:{}:", path_of(&machine, "home/missing"));
    tool(&machine, &list, true).expect(0);
    assert_eq!(contexts(&machine, &list), [OURS, "production"]);
    assert!(!machine.path("home/missing").exists());
    without_nodes(&machine, "home/second");
    tool(&machine, &list, false).expect(0);
    assert_eq!(machine.read("home/second"), with_comment(&machine));
}

/// Where no file of the list is there, kubectl makes the last one.
#[test]
fn a_list_of_missing_files_gets_its_last_one() {
    let Some(machine) = Machine::with_cluster() else { return };
    let list = ["home/first", "home/last"].map(|name| path_of(&machine, name)).join(":");
    tool(&machine, &list, true).expect(0);
    assert!(!machine.path("home/first").exists());
    assert_eq!(contexts(&machine, &list), [OURS]);
}

/// An entry is changed in the file that it is read from, and nowhere else.
#[test]
fn an_entry_is_changed_where_kubectl_reads_it() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.write("home/first", &with_comment(&machine));
    let old = machine.hostile.kubeconfig(OURS);
    machine.write("home/second", &old);
    let list = ["home/first", "home/second"].map(|name| path_of(&machine, name)).join(":");
    tool(&machine, &list, true).expect(0);
    assert_eq!(machine.read("home/first"), with_comment(&machine));
    assert_ne!(machine.read("home/second"), old);
}

#[test]
fn a_relative_path_is_that_of_the_folder_the_tool_was_started_in() {
    let Some(machine) = Machine::with_cluster() else { return };
    let root = machine.path("home");
    let mut command = machine.tool(&["create", "--no-components"]);
    let checkout = rideshare_tests::root();
    let at = |name: &str| checkout.join(name).display().to_string();
    command.current_dir(&root).env("KUBECONFIG", "config");
    command.args(["--kind-config", &at("infrastructure/kubernetes/kind/cluster.yaml")]);
    command.args(["--spec", &at("infrastructure/platform")]);
    fs::write(root.join("config"), with_comment(&machine)).unwrap();
    run(&mut command).expect(0);
    assert!(fs::read_to_string(Path::new(&root).join("config")).unwrap().contains(OURS));
}

#[test]
fn a_lock_that_a_killed_run_has_left_is_taken_away() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.write("home/config", &with_comment(&machine));
    let mut gone = Command::new("true").spawn().unwrap();
    let id = gone.id();
    gone.wait().unwrap();
    machine.write("home/config.lock", &format!("kind-cluster {id}"));
    tool(&machine, &path_of(&machine, "home/config"), true).expect(0);
    assert!(machine.read("home/config").contains(OURS));
    assert!(!machine.path("home/config.lock").exists());
}
