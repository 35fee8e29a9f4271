//! The lock for changes of a cluster, and the remains of a backup after a signal.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rideshare_tests::run::run;
use rustix::process::Signal;
use serde_json::json;

use crate::backup::{archives, backup, bound, deployed, folder, replicas, stateful};
use crate::support::{Machine, has_open, overlay, signal, start, until};

/// A backup that is in the middle of its copy.
fn copying(machine: &Machine) -> std::process::Child {
    machine.write("fake/hang", "");
    let child = start(&mut backup(machine));
    until("the copy", || machine.path("fake/hanging").exists());
    fs::remove_file(machine.path("fake/hanging")).unwrap();
    fs::remove_file(machine.path("fake/hang")).unwrap();
    assert_eq!(replicas(machine, "store"), 0);
    child
}

#[test]
fn who_changes_a_cluster_has_it_alone() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    fs::write(folder(&machine, "store").join("a"), "content").unwrap();
    run(&mut backup(&machine)).expect(0);
    let archive = archives(&machine).pop().unwrap().display().to_string();
    bound(&machine, "store");
    let first = copying(&machine);
    let small = machine.path("small").display().to_string();
    let others: [&[&str]; 6] = [
        &["backup", "--backup-dir", "/tmp/kind-cluster-elsewhere"],
        &["deploy", "--overlay", &small],
        &["restore", &archive, "--force"],
        &["teardown", "--discard-data"],
        &["teardown", "--preserve-data", "--backup-dir", "/tmp/kind-cluster-elsewhere"],
        &["create", "--no-components"],
    ];
    for arguments in others {
        let before = Instant::now();
        let second = run(&mut machine.tool(&[arguments, &["--timeout", "300ms"]].concat()));
        let second = second.expect(3);
        assert!(
            second.stderr.contains("error[cluster-busy]: backup (process "),
            "{arguments:?}: {}",
            second.stderr
        );
        assert!(before.elapsed() < Duration::from_secs(30));
        assert_eq!(replicas(&machine, "store"), 0, "{arguments:?}");
    }
    // A waiting run can be stopped.
    let waiting = start(&mut backup(&machine));
    until("the lock", || has_open(&waiting, "rideshare-local.lock"));
    signal(waiting, Signal::INT).expect(130);
    assert_eq!(replicas(&machine, "store"), 0);
    // The lock goes with its process, however that ends.
    signal(first, Signal::KILL).expect(137);
    bound(&machine, "store");
    run(&mut backup(&machine)).expect(0);
    assert_eq!(replicas(&machine, "store"), 1);
}

#[test]
fn a_folder_that_somebody_else_writes_to_is_waited_for_and_can_be_given_up() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    fs::create_dir(machine.path("backups")).unwrap();
    let held = File::open(machine.path("backups")).unwrap();
    held.lock().unwrap();
    let late = run(backup(&machine).args(["--timeout", "300ms"])).expect(2);
    assert!(late.stderr.contains("error[backup-folder]"), "{}", late.stderr);
    // The CronJobs are the last thing that is asked for before the folder.
    let cron_jobs = |request: &String| request.ends_with("/cronjobs");
    let looks = || machine.server.requests().into_iter().filter(cron_jobs).count();
    let earlier = looks();
    let waiting = start(&mut backup(&machine));
    until("a look at the cluster", || looks() > earlier);
    let before = Instant::now();
    signal(waiting, Signal::TERM).expect(143);
    assert!(before.elapsed() < Duration::from_secs(6));
    assert_eq!(replicas(&machine, "store"), 1);
}

#[test]
fn every_signal_that_ends_a_program_starts_again_what_was_stopped() {
    for kind in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
        let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
        let status = if kind == Signal::TERM { 143 } else { 130 };
        let stopped = signal(copying(&machine), kind).expect(status);
        assert!(stopped.stderr.contains("StatefulSet/store is back at 1"), "{}", stopped.stderr);
        assert_eq!(replicas(&machine, "store"), 1);
        assert_eq!(archives(&machine), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_signal_while_a_workload_is_being_stopped_leaves_it_running() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    let marker = machine.path("stopping");
    let seen = marker.clone();
    machine.server.delay(move |method, sent| {
        if method != "PATCH" || sent["spec"]["replicas"] != 0 {
            return Duration::ZERO;
        }
        fs::write(&seen, "").unwrap();
        Duration::from_millis(500)
    });
    let child = start(&mut backup(&machine));
    until("the patch", || marker.exists());
    signal(child, Signal::INT).expect(130);
    // Also of the change that nobody would be waiting for.
    machine.server.settle();
    assert_eq!(replicas(&machine, "store"), 1);
}

#[test]
fn a_pod_that_is_started_under_the_copy_makes_it_no_backup() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    machine.program(
        "bin/tar",
        "#!/bin/sh\ntouch \"$FAKE/copying\"\nwhile [ ! -e \"$FAKE/go\" ]; do sleep 0.02; done\n\
         exec /bin/tar \"$@\"\n",
    );
    let child = start(&mut backup(&machine));
    until("the copy", || machine.path("fake/copying").exists());
    machine.server.merge("StatefulSet", "small", "store", json!({"spec": {"replicas": 1}}));
    let up = || machine.server.get("Pod", "small", "store-0").is_some();
    until("the pod", up);
    machine.write("fake/go", "");
    let failed = rideshare_tests::run::Run::from(child.wait_with_output().unwrap()).expect(3);
    assert!(
        failed.stderr.contains("error[volume-in-use]") && failed.stderr.contains("store-0"),
        "{}",
        failed.stderr
    );
    assert_eq!(archives(&machine), Vec::<PathBuf>::new());
    assert_eq!(replicas(&machine, "store"), 1);
}

#[test]
fn an_archive_that_is_whole_is_kept_when_a_workload_does_not_start_again() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    machine.server.refuse(|method, object| {
        let starts =
            method == "PATCH" && object["kind"] == "StatefulSet" && object["spec"]["replicas"] == 1;
        starts.then(|| (500, "InternalError".into(), "no room".into()))
    });
    let failed = run(&mut backup(&machine)).expect(3);
    assert!(
        failed.stderr.contains("cannot start StatefulSet/store again")
            && failed.stderr.contains("is complete and verified"),
        "{}",
        failed.stderr
    );
    let archive = archives(&machine).pop().unwrap();
    assert_eq!(archive.extension().unwrap(), "tar");
    let archive = archive.display().to_string();
    run(&mut machine.tool(&["restore", "--verify-only", &archive])).expect(0);
    // Workloads at 0 are put back by the next deployment.
    machine.server.refuse(|_, _| None);
    let small = overlay(&machine, "small", &[stateful("store", "busybox:1")]);
    run(&mut machine.tool(&["deploy", "--overlay", &small.display().to_string()])).expect(0);
    assert_eq!(replicas(&machine, "store"), 1);
}
