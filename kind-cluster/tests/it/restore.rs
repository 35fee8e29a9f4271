//! `restore`: the old data stay as they are until all new data are whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rideshare_tests::run::{Run, run};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::backup::{archives, backup, deployed, folder, replicas, stateful, tree};
use crate::support::{Machine, has_open, has_taken_signals, overlay, signal, start, until};

pub(crate) fn restore(machine: &Machine, archive: &Path, more: &[&str]) -> Command {
    let small = machine.path("small").display().to_string();
    let archive = archive.display().to_string();
    let arguments = ["restore", &archive, "--overlay", &small, "--gateway", "http://127.0.0.1:9"];
    machine.tool(&[&arguments[..], more].concat())
}

/// Two volumes, an archive of them, and other data in them since.
fn two_volumes() -> Option<(Machine, PathBuf)> {
    let machine = deployed(&[stateful("other", "busybox:1"), stateful("store", "busybox:1")])?;
    for name in ["other", "store"] {
        for file in ["a", "b"] {
            fs::write(folder(&machine, name).join(file), vec![b'x'; 512]).unwrap();
        }
    }
    run(&mut backup(&machine)).expect(0);
    let archive = archives(&machine).pop().unwrap();
    for name in ["other", "store"] {
        fs::write(folder(&machine, name).join("since"), "then\n").unwrap();
    }
    Some((machine, archive))
}

/// Both volumes, and whatever else is beside them.
fn volumes(machine: &Machine) -> std::collections::BTreeMap<String, String> {
    let mut all = tree(&machine.path("volumes"));
    // The folder above them has seen something come and go.
    all.remove("");
    all
}

/// A program in the nodes that does something else first.
fn wrap(machine: &Machine, program: &str, first: &str) {
    let name = format!("bin/{program}");
    machine.program(&name, &format!("#!/bin/sh\n{first}\nexec /bin/{program} \"$@\"\n"));
}

/// Whether a node still unpacks a volume: its pipes are the last thing that it takes away.
fn is_unpacking(machine: &Machine) -> bool {
    let mut entries = fs::read_dir(machine.path("volumes")).unwrap().flatten();
    entries.any(|entry| entry.file_name().to_string_lossy().ends_with("-pipes"))
}

/// Nothing that a restore makes for itself is left.
fn is_clean(machine: &Machine) -> bool {
    !volumes(machine).keys().any(|name| name.contains("kind-cluster-"))
}

#[test]
fn files_that_do_not_all_arrive_replace_nothing() {
    let Some((machine, archive)) = two_volumes() else { return };
    let before = volumes(&machine);
    // The folder, and one file of two: to tar, that is a whole archive.
    machine.write("fake/cut", "1536");
    let failed = run(&mut restore(&machine, &archive, &["--force"])).expect(3);
    assert!(failed.stderr.contains("have not arrived whole"), "{}", failed.stderr);
    assert_eq!(volumes(&machine), before);
    assert_eq!(replicas(&machine, "store"), 1);
    // The same when nobody is left to hear of it, while the node goes on.
    machine.write("fake/killed", "");
    run(&mut restore(&machine, &archive, &["--force"])).expect(137);
    until("the node's own end", || is_clean(&machine));
    assert_eq!(volumes(&machine), before);
    fs::remove_file(machine.path("fake/cut")).unwrap();
    run(&mut restore(&machine, &archive, &["--force"])).expect(0);
    assert!(!folder(&machine, "store").join("since").exists());
    assert!(is_clean(&machine));
}

#[test]
fn an_archive_that_changes_after_its_verification_replaces_nothing() {
    let Some((machine, archive)) = two_volumes() else { return };
    let before = volumes(&machine);
    let wait = "touch \"$FAKE/reached\"; while [ ! -e \"$FAKE/go\" ]; do sleep 0.02; done";
    wrap(&machine, "tar", wait);
    let child = start(&mut restore(&machine, &archive, &["--force"]));
    until("the first volume", || machine.path("fake/reached").exists());
    let mut bytes = fs::read(&archive).unwrap();
    // A byte of a file in the second volume.
    let member = b"volumes/small/data-store-0.tar";
    let at = bytes.windows(member.len()).position(|window| window == member).unwrap();
    let content = at + bytes[at..].windows(512).position(|window| window == [b'x'; 512]).unwrap();
    bytes[content] = b'y';
    fs::write(&archive, bytes).unwrap();
    machine.write("fake/go", "");
    let refused = Run::from(child.wait_with_output().unwrap()).expect(1);
    assert!(
        refused.stderr.contains("error[bad-archive]")
            && refused.stderr.contains("has changed since"),
        "{}",
        refused.stderr
    );
    assert_eq!(volumes(&machine), before);
    assert_eq!(replicas(&machine, "store"), 1);
}

#[test]
fn a_tar_that_fails_leaves_nothing_beside_the_volume() {
    let Some((machine, archive)) = two_volumes() else { return };
    let before = volumes(&machine);
    wrap(&machine, "tar", "echo 'tar: no space left' >&2; exit 2");
    let failed = run(&mut restore(&machine, &archive, &["--force"])).expect(3);
    assert!(failed.stderr.contains("no space left"), "{}", failed.stderr);
    assert_eq!(volumes(&machine), before);
    assert_eq!(replicas(&machine, "store"), 1);
}

#[test]
fn when_one_volume_cannot_be_replaced_none_is() {
    let Some((machine, archive)) = two_volumes() else { return };
    let before = volumes(&machine);
    // The second volume's second rename.
    let second = "case $* in *data-store-0.kind-cluster-new*data-store-0) exit 1 ;; esac";
    wrap(&machine, "mv", second);
    run(&mut restore(&machine, &archive, &["--force"])).expect(3);
    assert_eq!(volumes(&machine), before);
    assert_eq!(replicas(&machine, "store"), 1);
}

#[test]
fn a_signal_or_kill_9_in_the_middle_loses_nothing() {
    for (program, kind) in
        [("tar", Signal::INT), ("tar", Signal::KILL), ("mv", Signal::INT), ("mv", Signal::KILL)]
    {
        let Some((machine, archive)) = two_volumes() else { return };
        let before = volumes(&machine);
        let wait = "touch \"$FAKE/reached\"; while [ ! -e \"$FAKE/go\" ]; do sleep 0.02; done";
        wrap(&machine, program, wait);
        let child = start(&mut restore(&machine, &archive, &["--force", "--no-smoke"]));
        until(program, || machine.path("fake/reached").exists());
        assert_eq!(replicas(&machine, "store"), 0);
        if kind == Signal::INT && program == "mv" {
            // The swap goes on to its end: then all is new.
            let id = rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap();
            rustix::process::kill_process(id, kind).unwrap();
            until("the signal", || has_taken_signals(&child));
            machine.write("fake/go", "");
            Run::from(child.wait_with_output().unwrap()).expect(0);
            assert!(!folder(&machine, "store").join("since").exists());
            assert!(is_clean(&machine));
            assert_eq!(replicas(&machine, "store"), 1);
            continue;
        }
        let status = if kind == Signal::INT { 130 } else { 137 };
        signal(child, kind).expect(status);
        if kind == Signal::INT {
            assert_eq!(replicas(&machine, "store"), 1);
        }
        machine.write("fake/go", "");
        if program == "tar" {
            // A whole copy may still be beside it, without a process that puts it in its place.
            until("the node's own end", || !is_unpacking(&machine));
            let mut after = volumes(&machine);
            after.retain(|name, _| !name.contains("kind-cluster-"));
            assert_eq!(after, before);
        } else {
            let swapped = || folder(&machine, "other").join("a").exists();
            until("the node's own end", swapped);
        }
        run(&mut restore(&machine, &archive, &["--force"])).expect(0);
        for name in ["other", "store"] {
            assert!(folder(&machine, name).join("b").exists());
            assert!(!folder(&machine, name).join("since").exists());
        }
        assert!(is_clean(&machine));
        assert_eq!(replicas(&machine, "store"), 1);
    }
}

#[test]
fn a_long_verification_hears_signals_and_its_deadline() {
    let Some(machine) = Machine::with_cluster() else { return };
    let path = machine.path("big.tar");
    fs::File::create(&path).unwrap().set_len(200 << 30).unwrap();
    let arguments = ["restore", "--verify-only", path.to_str().unwrap()];
    let child = start(&mut machine.tool(&arguments));
    until("the archive", || has_open(&child, "big.tar"));
    let before = Instant::now();
    signal(child, Signal::INT).expect(130);
    assert!(before.elapsed() < Duration::from_secs(6));
    let late = run(machine.tool(&arguments).args(["--timeout", "500ms"])).expect(3);
    assert!(late.stderr.contains("error[timeout]"), "{}", late.stderr);
    assert!(before.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_pod_that_a_restore_has_left_is_said_and_is_in_nobodys_way() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    let binder = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "kind-cluster-binder", "namespace": "small"},
        "spec": {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data-store-0"}}]},
        "status": {"phase": "Running"}});
    machine.server.put(binder);
    let said = run(&mut machine.tool(&["doctor"]));
    assert!(said.stdout.contains("restore-interrupted"), "{}", said.stdout);
    run(&mut backup(&machine)).expect(0);
    assert!(machine.server.get("Pod", "small", "kind-cluster-binder").is_none());
}

#[test]
fn an_overlay_that_has_the_claim_itself_is_deployed_over_a_restored_one() {
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "small", "labels": {"app": "old"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "standard",
                 "resources": {"requests": {"storage": "1Gi"}}}});
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    fs::create_dir_all(machine.path("volumes/pvc-small-data_small_data")).unwrap();
    let small = overlay(&machine, "small", std::slice::from_ref(&claim)).display().to_string();
    run(&mut machine.tool(&["deploy", "--overlay", &small])).expect(0);
    run(&mut backup(&machine)).expect(0);
    let archive = archives(&machine).pop().unwrap();
    machine.server.delete("PersistentVolumeClaim", "small", "data");
    run(&mut restore(&machine, &archive, &["--no-smoke", "--force"])).expect(0);
    let made = machine.server.get("PersistentVolumeClaim", "small", "data").unwrap();
    let managers: Vec<&Value> =
        made["metadata"]["managedFields"].as_array().into_iter().flatten().collect();
    assert!(
        managers.iter().any(|entry| entry["manager"] == "kind-cluster-restore")
            && !managers.iter().any(|entry| entry["manager"] == "kind-cluster"),
        "{made:#}"
    );
    // Another label, and no class: neither a conflict nor a field that is taken away.
    let mut newer = claim.clone();
    newer["metadata"]["labels"]["app"] = json!("new");
    newer["spec"].as_object_mut().unwrap().remove("storageClassName");
    let small = overlay(&machine, "small", &[newer]).display().to_string();
    run(&mut machine.tool(&["deploy", "--overlay", &small])).expect(0);
    let after = machine.server.get("PersistentVolumeClaim", "small", "data").unwrap();
    assert_eq!(after["metadata"]["labels"]["app"], "new");
    assert_eq!(after["spec"]["storageClassName"], "standard");
}

/// An archive whose checksums are right, from somebody who knows how.
fn forged(machine: &Machine, entry: &str, object: &Value) -> PathBuf {
    use sha2::{Digest, Sha256};
    let header = |name: &str, size: u64| {
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(size);
        header.set_mode(0o600);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        header
    };
    let hex = |bytes: &[u8]| -> String {
        Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
    };
    let mut inner = tar::Builder::new(Vec::new());
    inner.append(&header(entry, 4), &b"evil"[..]).unwrap();
    let inner = inner.into_inner().unwrap();
    let manifest = json!({"schema": 1, "cluster": "x", "dumps": [], "scratch": [], "workloads": [], "images": [],
        "volumes": [{"namespace": "n", "claim": "c", "object": object, "member": "volumes/n/c.tar", "node": "w", "path": "/a/b",
                     "method": "", "consistency": "", "entries": 1, "bytes": 4, "sha256": hex(&inner)}]}).to_string();
    let mut outer = Vec::new();
    for (name, bytes) in [("volumes/n/c.tar", &inner[..]), ("manifest.json", manifest.as_bytes())] {
        outer.extend_from_slice(header(name, bytes.len() as u64).as_bytes());
        outer.extend_from_slice(bytes);
        outer.resize(outer.len().next_multiple_of(512), 0);
    }
    let sum = hex(&outer) + "\n";
    outer.extend_from_slice(header("SHA256", sum.len() as u64).as_bytes());
    outer.extend_from_slice(sum.as_bytes());
    outer.resize(outer.len().next_multiple_of(512) + 1024, 0);
    let path = machine.path("forged.tar");
    fs::write(&path, outer).unwrap();
    path
}

#[test]
fn an_archive_that_wants_too_much_is_refused_before_the_cluster_is_asked() {
    let Some(machine) = Machine::with_cluster() else { return };
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "c", "namespace": "n"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "evil"}, "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}});
    let asked = machine.server.requests().len();
    for (entry, object, code) in
        [("../../etc/cron.d/evil", &claim, "escaping-name"), ("fine", &role, "foreign-object")]
    {
        let archive = forged(&machine, entry, object);
        let refused = run(&mut restore(&machine, &archive, &["--force"])).expect(1);
        assert!(refused.stderr.contains(&format!("error[{code}]")), "{}", refused.stderr);
    }
    assert_eq!(machine.server.requests().len(), asked);
    // The same without what is wrong with it; that it is another cluster's is said.
    let archive = forged(&machine, "fine", &claim);
    let fine = run(&mut restore(&machine, &archive, &["--verify-only"])).expect(0);
    assert!(
        fine.stderr.contains("warning[other-cluster]: the archive is of the cluster x"),
        "{}",
        fine.stderr
    );
}
