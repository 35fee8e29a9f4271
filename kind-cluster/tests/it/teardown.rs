//! `teardown`: no data is lost by any way of ending it.

use std::fs;
use std::process::Command;

use rideshare_tests::apiserver::ExecOutcome;
use rideshare_tests::run::{Run, run};
use rustix::process::Signal;
use serde_json::json;

use crate::backup::{archives, deployed, fill, folder, replicas, stateful, tree};
use crate::support::{Machine, hold, overlay, said, signal, start, until};

fn preserving(machine: &Machine) -> Command {
    let folder = machine.path("backups").display().to_string();
    machine.tool(&["teardown", "--preserve-data", "--backup-dir", &folder])
}

fn cluster_is_there(machine: &Machine) -> bool {
    machine.path("fake/nodes/rideshare-local-worker").exists()
}

#[test]
fn data_is_kept_discarded_by_a_word_or_nothing_is_deleted() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    let refused = run(&mut machine.tool(&["teardown"])).expect(1);
    assert!(
        refused.stderr.contains("error[data-would-be-lost]")
            && refused.stderr.contains("data-store-0"),
        "{}",
        refused.stderr
    );
    run(&mut machine.tool(&["teardown", "--preserve-data"])).expect(2);
    let plan = run(&mut machine.tool(&[
        "teardown",
        "--dry-run",
        "--preserve-data",
        "--backup-dir",
        "/nonexistent/x",
    ]))
    .expect(0);
    assert!(
        plan.stdout.contains("to be deleted") && plan.stdout.contains("to be copied"),
        "{}",
        plan.stdout
    );
    assert!(cluster_is_there(&machine));
    let done = run(&mut preserving(&machine)).expect(0);
    assert!(
        done.stdout.contains("written and read back") && done.stdout.contains("deleted"),
        "{}",
        done.stdout
    );
    assert!(!cluster_is_there(&machine));
    assert_eq!(archives(&machine).len(), 1);
    assert!(!machine.read("home/config").contains("kind-rideshare-local"));
    machine.expect_hostile_untouched();
    // A second time there is nothing to do.
    run(&mut preserving(&machine)).expect(0);
}

#[test]
fn without_data_or_with_a_word_it_is_deleted() {
    let Some(machine) = Machine::with_cluster() else { return };
    run(&mut machine.tool(&["teardown"])).expect(0);
    assert!(!cluster_is_there(&machine));
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    run(&mut machine.tool(&["teardown", "--discard-data"])).expect(0);
    assert!(!cluster_is_there(&machine));
}

#[test]
fn a_backup_that_fails_or_a_server_that_is_silent_leads_to_no_deletion() {
    let Some(machine) = deployed(&[stateful("db", "postgres:16")]) else { return };
    machine.server.on_exec(|_| ExecOutcome { status: 1, ..ExecOutcome::default() });
    run(&mut preserving(&machine)).expect(3);
    assert!(cluster_is_there(&machine));
    machine.server.on_exec(|_| ExecOutcome { stdout: b"dump".to_vec(), ..ExecOutcome::default() });
    // tar says that a file has changed under it.
    machine.program("bin/tar", "#!/bin/sh\necho 'tar: file changed as we read it' >&2\nexit 1\n");
    let failed = run(&mut preserving(&machine)).expect(3);
    assert!(failed.stderr.contains("file changed as we read it"), "{}", failed.stderr);
    fs::remove_file(machine.path("bin/tar")).unwrap();
    assert!(cluster_is_there(&machine));
    let config = machine.read("home/config");
    let port =
        config.split("https://127.0.0.1:").nth(2).unwrap().split('\n').next().unwrap().to_owned();
    machine.write("home/config", &config.replace(&port, "1"));
    for more in [&["--preserve-data", "--backup-dir", "/tmp"][..], &[]] {
        let silent = run(&mut machine.tool(&[&["teardown"], more].concat())).expect(3);
        assert!(silent.stderr.contains("error[api-unreachable]"), "{}", silent.stderr);
    }
    assert!(cluster_is_there(&machine));
    assert_eq!(archives(&machine), Vec::<std::path::PathBuf>::new());
}

#[test]
fn kill_9_at_every_step_loses_nothing_and_leaves_no_archive_that_is_none() {
    let steps = [
        ("after the start", "docker ps"),
        ("during the dump", "exec: pg_dumpall"),
        ("workloads stopped", "patched to 0"),
        ("during the first copy", "tar --create"),
        ("while the archive is read back", "reading the archive back"),
    ];
    for (step, at) in steps {
        let Some(machine) =
            deployed(&[stateful("db", "postgres:16"), stateful("store", "busybox:1")])
        else {
            return;
        };
        fill(&folder(&machine, "store"));
        // Reading it takes a while.
        fs::write(folder(&machine, "store").join("big"), vec![7; 96 << 20]).unwrap();
        let before = tree(&folder(&machine, "store"));
        let marker = machine.path("dumping");
        let seen = marker.clone();
        let dumping = at == "exec: pg_dumpall";
        let (held, wait) = hold();
        machine.server.on_exec(move |_| {
            fs::write(&seen, "").unwrap();
            if dumping {
                wait();
            }
            ExecOutcome { stdout: b"a dump\n".to_vec(), ..ExecOutcome::default() }
        });
        let slow = at == "tar --create";
        if slow {
            machine.write("fake/hang", "");
        }
        let calls = machine.calls().len();
        let mut child = start(&mut preserving(&machine));
        if at == "reading the archive back" {
            said(&mut child, at);
        }
        until(step, || match at {
            "reading the archive back" => true,
            "exec: pg_dumpall" => marker.exists(),
            "patched to 0" => {
                machine.server.get("StatefulSet", "small", "store").unwrap()["spec"]["replicas"]
                    == 0
            }
            call => machine.calls()[calls..].iter().any(|known| known.contains(call)),
        });
        signal(child, Signal::KILL).expect(137);
        drop(held);
        let _ = fs::remove_file(machine.path("fake/hang"));
        assert!(cluster_is_there(&machine), "{step}");
        assert_eq!(tree(&folder(&machine, "store")), before, "{step}");
        let finals: Vec<_> = archives(&machine)
            .into_iter()
            .filter(|p| p.extension().is_some_and(|e| e == "tar"))
            .collect();
        assert_eq!(finals, Vec::<std::path::PathBuf>::new(), "{step}");
        // Stopped workloads are reported, and put back by the next command.
        let stopped =
            machine.server.get("StatefulSet", "small", "store").unwrap()["spec"]["replicas"] == 0;
        let status = run(&mut machine.tool(&["status"]));
        assert_eq!(
            status.stdout.contains("backup-interrupted"),
            stopped,
            "{step}: {}",
            status.stdout
        );
        let small = overlay(
            &machine,
            "small",
            &[stateful("db", "postgres:16"), stateful("store", "busybox:1")],
        )
        .display()
        .to_string();
        run(&mut machine.tool(&["deploy", "--overlay", &small])).expect(0);
        assert_eq!(
            machine.server.get("StatefulSet", "small", "store").unwrap()["spec"]["replicas"],
            json!(1)
        );
        run(&mut preserving(&machine)).expect(0);
        assert_eq!(archives(&machine).len(), 1, "{step}: what was half-written is gone");
    }
}

#[test]
fn kill_9_during_the_deletion_leaves_a_verified_archive() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    let fake = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fakes/kind");
    machine.program("bin/kind", &format!("#!/bin/sh\necho \"kind $*\" >>\"$FAKE/calls\"\n[ \"$1\" != delete ] || sleep 30\nexec {fake} \"$@\"\n"));
    let child = start(&mut preserving(&machine));
    until("the deletion", || machine.calls().iter().any(|call| call.starts_with("kind delete")));
    signal(child, Signal::KILL).expect(137);
    let archive = archives(&machine).pop().unwrap().display().to_string();
    run(&mut machine.tool(&["restore", "--verify-only", &archive])).expect(0);
    // Workloads at 0 since the archive was made are reported, and a deployment starts them.
    assert_eq!(replicas(&machine, "store"), 0);
    let status = run(&mut machine.tool(&["status"])).expect(1);
    assert!(status.stdout.contains("backup-interrupted"), "{}", status.stdout);
    let small = machine.path("small").display().to_string();
    run(&mut machine.tool(&["deploy", "--overlay", &small])).expect(0);
    assert_eq!(replicas(&machine, "store"), 1);
}

#[test]
fn an_interruption_before_the_deletion_keeps_archive_and_cluster() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    machine.program("slow", "#!/bin/sh\nsleep 30\n");
    let mut child = start(&mut preserving(&machine));
    fs::rename(machine.path("slow"), machine.path("bin/kind")).unwrap();
    said(&mut child, "deleting the cluster");
    assert_eq!(replicas(&machine, "store"), 0);
    signal(child, Signal::HUP).expect(130);
    assert!(cluster_is_there(&machine));
    assert_eq!(replicas(&machine, "store"), 1);
    assert_eq!(archives(&machine).len(), 1);
}

#[test]
fn what_has_come_into_use_after_its_copy_is_not_deleted() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    fs::write(folder(&machine, "store").join("big"), vec![7; 96 << 20]).unwrap();
    let mut child = start(&mut preserving(&machine));
    said(&mut child, "reading the archive back");
    machine.server.put(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "shell", "namespace": "small"},
        "spec": {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data-store-0"}}]},
        "status": {"phase": "Running"}}));
    Run::from(child.wait_with_output().unwrap()).expect(3);
    assert!(cluster_is_there(&machine));
    assert_eq!(archives(&machine).len(), 1);
    assert_eq!(replicas(&machine, "store"), 1);
}

#[test]
fn a_volume_that_no_claim_has_is_data_too() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.server.put(json!({"apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": "kept"}, "status": {"phase": "Released"},
        "spec": {"persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": "/var/x/kept"},
                 "claimRef": {"namespace": "small", "name": "gone"}}}));
    for more in [&[][..], &["--preserve-data", "--backup-dir", "/nonexistent/x"]] {
        let refused = run(&mut machine.tool(&[&["teardown"], more].concat())).expect(1);
        assert!(
            refused.stderr.contains("error[data-would-be-lost]") && refused.stderr.contains("kept"),
            "{}",
            refused.stderr
        );
        // No advice leads to a loss without the way around it.
        let way =
            if more.is_empty() { "--preserve-data" } else { "kind-cluster backup --backup-dir" };
        assert!(refused.stderr.contains(way), "{}", refused.stderr);
        assert!(cluster_is_there(&machine));
    }
    run(&mut machine.tool(&["teardown", "--discard-data"])).expect(0);
}

#[test]
fn an_interruption_during_the_backup_deletes_nothing() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    machine.write("fake/hang", "");
    let child = start(&mut preserving(&machine));
    until("the copy", || machine.calls().iter().any(|call| call.contains("tar --create")));
    signal(child, Signal::TERM).expect(143);
    assert!(cluster_is_there(&machine));
    assert_eq!(machine.server.get("StatefulSet", "small", "store").unwrap()["spec"]["replicas"], 1);
}

#[test]
fn nodes_that_kind_leaves_are_said() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.fail("kind-delete", "failed to delete nodes\n");
    let failed = run(&mut machine.tool(&["teardown"])).expect(3);
    assert!(failed.stderr.contains("failed to delete nodes"), "{}", failed.stderr);
}
