//! `create` where a creation has ended too early, or somebody else is creating.

use std::fs;

use rideshare_tests::port;
use rideshare_tests::run::{Run, run};
use rustix::process::Signal;

use crate::components::with_components;
use crate::create::{create, nodes_join};
use crate::preflight::config;
use crate::support::{GIB, Machine, signal, start, until};

fn deletions(machine: &Machine) -> Vec<String> {
    machine.calls().into_iter().filter(|call| call.starts_with("kind delete")).collect()
}

/// A cluster whose creation was interrupted before kubeadm had made a control plane.
fn unmade() -> Option<Machine> {
    let machine = Machine::with_cluster()?;
    nodes_join(&machine);
    config(&machine, &[]);
    fs::remove_file(machine.path("fake/admin.conf")).unwrap();
    Some(machine)
}

#[test]
fn what_never_had_a_control_plane_is_made_anew_and_the_dry_run_says_so() {
    let Some(machine) = unmade() else { return };
    let Some(mut plan) = create(&machine, &["--dry-run"]) else { return };
    let plan = run(&mut plan).expect(0);
    assert!(plan.stdout.contains("incomplete, to be deleted"), "{}", plan.stdout);
    assert!(plan.stdout.contains("to be created"), "{}", plan.stdout);
    assert_eq!(deletions(&machine), Vec::<String>::new());
    let again = run(&mut create(&machine, &[]).unwrap()).expect(0);
    assert!(
        again
            .stdout
            .contains("incomplete, deleted: rideshare-local-control-plane was never set up")
            && again.stdout.contains("created"),
        "{}",
        again.stdout
    );
    let deleted = deletions(&machine);
    assert!(deleted[0].contains("--kubeconfig"), "kind must not touch the user's: {deleted:?}");
    machine.expect_hostile_untouched();
}

#[test]
fn an_answer_that_is_none_deletes_nothing() {
    let Some(machine) = unmade() else { return };
    machine.fail("docker-exec", "Error response from daemon: container is restarting\n");
    let Some(mut command) = create(&machine, &[]) else { return };
    run(&mut command).expect(3);
    fs::remove_file(machine.path("fake/fail/docker-exec")).unwrap();
    // Killed without a word, on the control plane and then on a worker.
    machine.write("fake/silent/rideshare-local-control-plane", "");
    let silent = run(&mut create(&machine, &[]).unwrap()).expect(3);
    assert!(silent.stderr.contains("error[node-answer]"), "{}", silent.stderr);
    fs::remove_file(machine.path("fake/silent/rideshare-local-control-plane")).unwrap();
    machine.write("fake/silent/rideshare-local-worker2", "");
    for more in [&[][..], &["--recreate"]] {
        let silent = run(&mut create(&machine, more).unwrap()).expect(1);
        assert!(
            silent.stderr.contains("error[half-made]")
                && silent.stderr.contains("rideshare-local-worker2 cannot be asked"),
            "{}",
            silent.stderr
        );
    }
    assert_eq!(deletions(&machine), Vec::<String>::new());
}

#[test]
fn without_a_control_plane_the_data_on_the_workers_stays() {
    let Some(machine) = unmade() else { return };
    fs::remove_file(machine.path("fake/nodes/rideshare-local-control-plane")).unwrap();
    machine.write("fake/data/rideshare-local-worker", "");
    let Some(mut command) = create(&machine, &["--recreate"]) else { return };
    let kept = run(&mut command).expect(1);
    assert!(
        kept.stderr.contains("it has no control plane")
            && kept.stderr.contains("volumes on rideshare-local-worker hold data")
            && kept.stderr.contains("teardown --discard-data"),
        "{}",
        kept.stderr
    );
    assert_eq!(deletions(&machine), Vec::<String>::new());
    fs::remove_file(machine.path("fake/data/rideshare-local-worker")).unwrap();
    run(&mut create(&machine, &[]).unwrap()).expect(0);
    assert_eq!(deletions(&machine).len(), 1);
}

#[test]
fn a_creation_that_ended_after_the_control_plane_is_said_at_once() {
    let Some(machine) = Machine::with_cluster() else { return };
    nodes_join(&machine);
    config(&machine, &[80, 443, 30000, 30001]);
    machine.server.delete("Node", "", "rideshare-local-worker2");
    machine.server.delete("DaemonSet", "kube-system", "kindnet");
    machine.server.delete("StorageClass", "", "standard");
    let started = std::time::Instant::now();
    for more in [&[][..], &["--dry-run"]] {
        let Some(mut command) = create(&machine, more) else { return };
        let said = run(&mut command).expect(1);
        for message in [
            "error[half-made]",
            "rideshare-local-worker2 never joined",
            "there is no DaemonSet/kindnet",
            "no default StorageClass",
            "create --recreate",
        ] {
            assert!(said.stderr.contains(message), "{message}: {}", said.stderr);
        }
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(deletions(&machine), Vec::<String>::new());
    // The nodes that the fake kind makes have joined, as far as the API server of the test knows.
    let mut command = create(&machine, &["--recreate"]).unwrap();
    let child = start(&mut command);
    until("a deletion", || !deletions(&machine).is_empty());
    machine.nodes();
    let made = Run::from(child.wait_with_output().unwrap()).expect(0);
    assert!(made.stdout.contains("created"), "{}", made.stdout);
}

#[test]
fn an_api_server_that_stays_silent_is_no_reason_to_delete_unless_somebody_asks() {
    let Some(machine) = Machine::with_cluster() else { return };
    nodes_join(&machine);
    config(&machine, &[]);
    let kubeconfig = machine.read("fake/kinds-kubeconfig");
    let silent =
        kubeconfig.replace(&format!(":{}", machine.server.port()), &format!(":{}", port::free()));
    machine.write("fake/kinds-kubeconfig", &silent);
    let Some(mut command) = create(&machine, &["--timeout", "3s"]) else { return };
    let unknown = run(&mut command).expect(3);
    assert!(unknown.stderr.contains("error[half-made-unknown]"), "{}", unknown.stderr);
    machine.write("fake/data/rideshare-local-worker", "");
    let asked = ["--timeout", "3s", "--recreate"];
    let kept = run(&mut create(&machine, &asked).unwrap()).expect(1);
    assert!(kept.stderr.contains("hold data"), "{}", kept.stderr);
    assert_eq!(deletions(&machine), Vec::<String>::new());
    fs::remove_file(machine.path("fake/data/rideshare-local-worker")).unwrap();
    let plan =
        run(&mut create(&machine, &[&asked[..], &["--dry-run"]].concat()).unwrap()).expect(0);
    assert!(
        plan.stdout.contains("incomplete, to be deleted: its API server does not answer"),
        "{}",
        plan.stdout
    );
}

#[test]
fn a_cluster_is_deleted_only_when_the_new_one_can_be_made() {
    let Some(machine) = unmade() else { return };
    // Not locked, so not to be had.
    let Some(failed) = with_components(&machine, &[]) else { return };
    failed.expect(1);
    let info = machine.read("fake/info.json");
    machine.write("fake/info.json", &info.replace(&(32 * GIB).to_string(), &GIB.to_string()));
    let refused = run(&mut create(&machine, &[]).unwrap()).expect(1);
    assert!(refused.stderr.contains("error[docker-memory]"), "{}", refused.stderr);
    assert_eq!(deletions(&machine), Vec::<String>::new());
}

#[test]
fn a_second_creation_leaves_the_first_alone() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    machine.write("fake/hang", "");
    let Some(mut command) = create(&machine, &[]) else { return };
    let first = start(&mut command);
    until("nodes", || machine.path("fake/nodes/rideshare-local-worker2").exists());
    let impatient = ["--timeout", "1s"];
    for more in [&impatient[..], &["--dry-run"]] {
        let second = run(&mut create(&machine, more).unwrap()).expect(3);
        assert!(
            second.stderr.contains("error[cluster-busy]")
                && second.stderr.contains("create (process "),
            "{}",
            second.stderr
        );
    }
    // A kind that goes on alone keeps the lock.
    signal(first, Signal::KILL);
    let second = run(&mut create(&machine, &impatient).unwrap()).expect(3);
    assert!(
        second.stderr.contains(
            "error[cluster-busy]: a program that a killed create has started (process group "
        ),
        "{}",
        second.stderr
    );
    assert_eq!(deletions(&machine), Vec::<String>::new());
    machine.end_kind();
    run(&mut create(&machine, &[]).unwrap()).expect(0);
}
