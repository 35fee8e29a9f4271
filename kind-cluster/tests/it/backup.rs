//! `backup` and `restore` on a machine whose nodes' folders are this machine's.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rideshare_tests::apiserver::{ExecOutcome, controllers};
use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::restore::restore;
use crate::support::{Machine, overlay, signal, start, until, workload};

/// A stateful workload of the small overlay, of a database's image or not.
pub(crate) fn stateful(name: &str, image: &str) -> Value {
    let mut set = workload("StatefulSet", name);
    set["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
    set["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] =
        json!([{"name": "data", "mountPath": "/data"}]);
    set["spec"]["template"]["spec"]["volumes"] = json!([{"name": "scratch", "emptyDir": {}}]);
    set["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]);
    set
}

/// Where the volume of a workload's claim is.
pub(crate) fn folder(machine: &Machine, workload: &str) -> PathBuf {
    let claim = format!("data-{workload}-0");
    machine.path(&format!("volumes/pvc-small-{claim}_small_{claim}"))
}

/// A deployed overlay with a volume for each workload.
pub(crate) fn deployed(sets: &[Value]) -> Option<Machine> {
    if !rustix::process::geteuid().is_root() {
        peers::skip("root, for files of other owners,");
        return None;
    }
    let machine = Machine::with_cluster()?;
    let small = overlay(&machine, "small", sets).display().to_string();
    for set in sets {
        fs::create_dir_all(folder(&machine, set["metadata"]["name"].as_str().unwrap())).unwrap();
    }
    run(&mut machine.tool(&["deploy", "--overlay", &small])).expect(0);
    for set in sets {
        bound(&machine, set["metadata"]["name"].as_str().unwrap());
    }
    Some(machine)
}

/// Waits for a workload's claim, which the scripted controllers write anew at each start.
pub(crate) fn bound(machine: &Machine, workload: &str) {
    machine.server.settle();
    let claim = format!("data-{workload}-0");
    machine.server.wait("PersistentVolumeClaim", "small", &claim, |claim| {
        claim["status"]["phase"] == "Bound"
    });
    // The claim that was bound is looked at once more, and its volume written again.
    machine.server.settle();
}

/// Odd owners and modes, links, a sparse file, an empty folder, a long name, a pipe.
pub(crate) fn fill(root: &Path) {
    fs::create_dir_all(root.join("deep/er")).unwrap();
    fs::create_dir(root.join("empty")).unwrap();
    fs::write(root.join("plain"), "text\n").unwrap();
    fs::write(root.join("deep/er/secret"), [0, 1, 2, 255]).unwrap();
    fs::write(root.join("n".repeat(200)), "long\n").unwrap();
    chown(root.join("plain"), Some(70), Some(1001)).unwrap();
    chown(root.join("deep"), Some(4_000_000), Some(4_000_001)).unwrap();
    fs::set_permissions(root.join("deep/er/secret"), fs::Permissions::from_mode(0o400)).unwrap();
    fs::set_permissions(root.join("deep"), fs::Permissions::from_mode(0o2750)).unwrap();
    fs::set_permissions(root.join("empty"), fs::Permissions::from_mode(0o1777)).unwrap();
    symlink("/etc/passwd", root.join("absolute")).unwrap();
    symlink("../nowhere", root.join("deep/dangling")).unwrap();
    fs::hard_link(root.join("plain"), root.join("deep/again")).unwrap();
    let mut sparse = fs::File::create(root.join("sparse")).unwrap();
    sparse.write_all(b"begin").unwrap();
    sparse.seek(SeekFrom::Start(4 << 20)).unwrap();
    sparse.write_all(b"end").unwrap();
    run(Command::new("mkfifo").arg(root.join("pipe"))).expect(0);
}

/// Everything there is to know about a tree.
pub(crate) fn tree(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let meta = fs::symlink_metadata(&path).unwrap();
        let kind = meta.file_type();
        let content = if kind.is_symlink() {
            fs::read_link(&path).unwrap().display().to_string()
        } else if kind.is_file() {
            use sha2::{Digest, Sha256};
            let sum: String = Sha256::digest(fs::read(&path).unwrap())
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            // A hole is a hole: fewer blocks than bytes.
            format!("{sum} {} sparse={}", meta.len(), meta.blocks() * 512 < meta.len())
        } else {
            String::new()
        };
        let name = path.strip_prefix(root).unwrap().display().to_string();
        let links = if kind.is_dir() { 1 } else { meta.nlink() };
        found.insert(
            name,
            format!(
                "{:o} {}:{} {} {links} {content}",
                meta.mode(),
                meta.uid(),
                meta.gid(),
                meta.mtime()
            ),
        );
        if kind.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    found
}

pub(crate) fn backup(machine: &Machine) -> Command {
    let folder = machine.path("backups").display().to_string();
    machine.tool(&["backup", "--backup-dir", &folder])
}

/// The files of the backup folder.
pub(crate) fn archives(machine: &Machine) -> Vec<PathBuf> {
    let entries = fs::read_dir(machine.path("backups")).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

pub(crate) fn replicas(machine: &Machine, name: &str) -> Value {
    machine.server.get("StatefulSet", "small", name).unwrap()["spec"]["replicas"].clone()
}

#[test]
fn a_tree_comes_back_byte_for_byte_with_owners_modes_links_and_holes() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    let root = folder(&machine, "store");
    fill(&root);
    let before = tree(&root);
    let done = run(&mut backup(&machine)).expect(0);
    assert!(done.stdout.contains("emptyDir"), "scratch volumes are said: {}", done.stdout);
    assert_eq!(replicas(&machine, "store"), 1);
    let archive = archives(&machine).pop().unwrap();
    assert_eq!(fs::metadata(&archive).unwrap().mode() & 0o777, 0o600);
    assert!(fs::metadata(&archive).unwrap().len() < 1 << 20, "holes are not stored");
    // Existing data is not overwritten without the option.
    let refused = run(&mut restore(&machine, &archive, &[])).expect(1);
    assert!(refused.stderr.contains("error[target-not-empty]"), "{}", refused.stderr);
    fs::remove_dir_all(root.join("deep")).unwrap();
    fs::write(root.join("newer"), "x").unwrap();
    run(&mut restore(&machine, &archive, &["--force"])).expect(0);
    assert_eq!(tree(&root), before);
    assert_eq!(replicas(&machine, "store"), 1);
    assert!(!root.with_extension("kind-cluster-old").exists());
    machine.expect_hostile_untouched();
}

#[test]
fn an_archive_is_restored_into_a_cluster_that_has_nothing() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    let root = folder(&machine, "store");
    fill(&root);
    let before = tree(&root);
    run(&mut backup(&machine)).expect(0);
    let archive = archives(&machine).pop().unwrap();
    fs::remove_dir_all(&root).unwrap();
    for (kind, name) in [("StatefulSet", "store"), ("PersistentVolumeClaim", "data-store-0")] {
        machine.server.delete(kind, "small", name);
    }
    machine.server.delete("Namespace", "", "small");
    let done = run(&mut restore(&machine, &archive, &[])).expect(0);
    assert!(done.stdout.contains("nothing uses the volumes yet"), "{}", done.stdout);
    assert_eq!(tree(&root), before);
    assert!(machine.server.get("Pod", "small", "kind-cluster-binder").is_none());
}

#[test]
fn a_restore_waits_for_the_account_of_the_namespace_that_it_makes() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    run(&mut backup(&machine)).expect(0);
    let archive = archives(&machine).pop().unwrap();
    for (kind, name) in [("StatefulSet", "store"), ("PersistentVolumeClaim", "data-store-0")] {
        machine.server.delete(kind, "small", name);
    }
    machine.server.delete("Namespace", "", "small");
    // The claim is not bound before the pod is asked for.
    let volumes = machine.path("volumes").display().to_string();
    machine.server.behave(move |event| {
        let mut steps = controllers::usual_at(&volumes, event);
        if event.object["kind"] == "PersistentVolumeClaim" {
            steps.iter_mut().for_each(|(delay, _)| *delay = Duration::from_secs(3));
        }
        steps
    });
    let (account, reached) = (machine.path("account"), machine.path("reached"));
    let seen = reached.clone();
    machine.server.refuse(move |_, object| {
        if object["kind"] != "Pod" || account.exists() {
            return None;
        }
        fs::write(&seen, "").unwrap();
        Some((403, "Forbidden".into(), "serviceaccount \"default\" not found".into()))
    });
    let child = start(&mut restore(&machine, &archive, &[]));
    until("the refusal", || reached.exists());
    machine.write("account", "");
    machine.server.put(json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": "small"}}));
    Run::from(child.wait_with_output().unwrap()).expect(0);
}

#[test]
fn a_byte_that_has_changed_is_found_wherever_it_is() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    fs::write(folder(&machine, "store").join("a"), "content").unwrap();
    run(&mut backup(&machine)).expect(0);
    let archive = archives(&machine).pop().unwrap();
    let good = fs::read(&archive).unwrap();
    let bad = machine.path("bad.tar");
    // Headers, content, manifest, padding, checksum, end: every 97th byte, and the first and last.
    let places = (0..good.len()).step_by(97).chain([good.len() - 1]);
    let verify = |path: &Path| {
        let path = path.display().to_string();
        run(&mut machine.tool(&["restore", "--verify-only", &path]))
    };
    verify(&archive).expect(0);
    for place in places {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        fs::write(&bad, bytes).unwrap();
        let refused = verify(&bad).expect(1);
        assert!(refused.stderr.contains("error[bad-archive]"), "{place}: {}", refused.stderr);
    }
    for cut in [0, 100, 2048, good.len() / 2, good.len() - 1] {
        fs::write(&bad, &good[..cut]).unwrap();
        verify(&bad).expect(1);
    }
    verify(Path::new("/nonexistent")).expect(2);
}

#[test]
fn a_disk_that_fills_leaves_no_archive_and_everything_runs_again() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    fs::write(folder(&machine, "store").join("big"), vec![7; 4 << 20]).unwrap();
    fs::create_dir(machine.path("backups")).unwrap();
    // A file system of its own, with one MiB.
    let mut command = Command::new("unshare");
    machine.surround(&mut command);
    let script =
        "mount -t tmpfs -o size=1m tmpfs \"$1\" && shift && \"$@\"; s=$?; ls \"$LIST\"; exit $s";
    command.env("LIST", machine.path("backups"));
    command.args(["--mount", "sh", "-c", script, "sh"]).arg(machine.path("backups"));
    command
        .arg(env!("CARGO_BIN_EXE_kind-cluster"))
        .arg("backup")
        .arg("--backup-dir")
        .arg(machine.path("backups"));
    let full = run(&mut command).expect(3);
    assert!(full.stderr.contains("error[disk-full]"), "{}", full.stderr);
    assert_eq!(full.stdout, "", "nothing is left in the folder");
    assert_eq!(replicas(&machine, "store"), 1);
}

#[test]
fn a_dump_that_fails_is_no_backup() {
    let Some(machine) = deployed(&[stateful("db", "postgres:16")]) else { return };
    machine.server.on_exec(|_| ExecOutcome {
        stderr: b"pg_dumpall: error: no password\n".to_vec(),
        status: 1,
        ..ExecOutcome::default()
    });
    let failed = run(&mut backup(&machine)).expect(3);
    assert!(
        failed.stderr.contains("error[dump-failed]") && failed.stderr.contains("no password"),
        "{}",
        failed.stderr
    );
    machine.server.on_exec(|_| ExecOutcome::default());
    let empty = run(&mut backup(&machine)).expect(3);
    assert!(empty.stderr.contains("its dump is empty"), "{}", empty.stderr);
    assert_eq!(archives(&machine), Vec::<PathBuf>::new());
}

#[test]
fn what_cannot_be_copied_or_stopped_is_said_before_anything_is_stopped() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1"), stateful("other", "busybox:1")])
    else {
        return;
    };
    machine.server.merge(
        "PersistentVolume",
        "",
        "pvc-small-data-other-0",
        json!({"spec": {"hostPath": null, "nfs": {"server": "x"}}}),
    );
    machine.server.put(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "shell", "namespace": "small"},
        "spec": {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data-store-0"}}]}, "status": {"phase": "Running"}}));
    let refused = run(&mut backup(&machine)).expect(1);
    assert!(
        refused.stderr.contains("error[volume-unsupported]")
            && refused.stderr.contains("error[volume-in-use]"),
        "{}",
        refused.stderr
    );
    assert_eq!((replicas(&machine, "store"), replicas(&machine, "other")), (json!(1), json!(1)));
}

#[test]
fn what_no_archive_has_is_said() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    let mut agent = workload("DaemonSet", "agent");
    agent["spec"]["template"]["spec"]["volumes"] =
        json!([{"name": "logs", "hostPath": {"path": "/var/log"}}]);
    machine.server.put(agent.clone());
    agent["metadata"] = json!({"name": "proxy", "namespace": "kube-system"});
    machine.server.put(agent);
    let mut once = workload("Job", "once");
    once["spec"]["template"]["spec"]["volumes"] = json!([{"name": "work", "emptyDir": {}}]);
    machine.server.put(once);
    machine.server.put(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "shell", "namespace": "small"},
        "spec": {"volumes": [{"name": "home", "emptyDir": {}}]}, "status": {"phase": "Running"}}));
    machine.server.put(json!({"apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": "kept"}, "status": {"phase": "Released"}, "spec": {}}));
    let done = run(&mut backup(&machine)).expect(0);
    for line in [
        "DaemonSet/agent/logs",
        "Job/once/work",
        "Pod/shell/home",
        "StatefulSet/store/scratch",
        "volume/kept",
    ] {
        assert!(done.stdout.contains(line), "{line}: {}", done.stdout);
    }
    assert!(!done.stdout.contains("proxy"), "{}", done.stdout);
    bound(&machine, "store");
    // A claim that has, or had, a volume is not passed over because it is not bound now.
    for (phase, code) in [("Lost", "volume-lost"), ("Pending", "volume-unbound")] {
        let status = json!({"status": {"phase": phase}});
        machine.server.merge("PersistentVolumeClaim", "small", "data-store-0", status);
        let refused = run(&mut backup(&machine)).expect(1);
        assert!(refused.stderr.contains(&format!("error[{code}]")), "{}", refused.stderr);
        assert_eq!(replicas(&machine, "store"), 1);
    }
}

#[test]
fn a_socket_is_left_out_with_a_warning_and_a_device_is_no_backup() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    let root = folder(&machine, "store");
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    let done = run(&mut backup(&machine)).expect(0);
    assert!(
        done.stderr.contains("warning[copy-warning]") && done.stderr.contains("socket ignored"),
        "{}",
        done.stderr
    );
    bound(&machine, "store");
    run(Command::new("mknod").arg(root.join("null")).args(["c", "1", "3"])).expect(0);
    let refused = run(&mut backup(&machine)).expect(1);
    assert!(
        refused.stderr.contains("error[volume-unsupported]")
            && refused.stderr.contains("./null is a device"),
        "{}",
        refused.stderr
    );
    assert_eq!(archives(&machine).len(), 1);
    assert_eq!(replicas(&machine, "store"), 1);
}

#[test]
fn an_excluded_claim_is_left_out_and_its_workload_runs_on() {
    let sets = [stateful("store", "busybox:1"), stateful("other", "busybox:1")];
    let Some(machine) = deployed(&sets) else { return };
    let backups = machine.path("backups").display().to_string();
    let before = machine.server.requests().len();
    let arguments = ["backup", "--backup-dir", &backups, "--exclude", "small/data-other-0"];
    let made = run(&mut machine.tool(&arguments)).expect(0);
    assert!(made.stdout.contains("--exclude leaves it out"), "{}", made.stdout);
    // Nobody else has written to a StatefulSet since.
    let stopped = |name: &str| {
        let patch = format!("PATCH /apis/apps/v1/namespaces/small/statefulsets/{name}");
        machine.server.requests()[before..].contains(&patch)
    };
    assert!(stopped("store") && !stopped("other"));
    let unknown = ["backup", "--backup-dir", &backups, "--exclude", "nothing"];
    let refused = run(&mut machine.tool(&unknown)).expect(1);
    assert!(refused.stderr.contains("error[no-such-claim]"), "{}", refused.stderr);
}

#[test]
fn old_archives_go_once_the_new_one_is_verified() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    let old = |day: u32| machine.path(&format!("backups/rideshare-local-2025010{day}T120000Z.tar"));
    run(&mut backup(&machine)).expect(0);
    let first = archives(&machine).pop().unwrap();
    for day in 1..=3 {
        fs::copy(&first, old(day)).unwrap();
    }
    fs::remove_file(first).unwrap();
    bound(&machine, "store");
    let backups = machine.path("backups").display().to_string();
    let made =
        run(&mut machine.tool(&["backup", "--backup-dir", &backups, "--keep", "2"])).expect(0);
    assert!(made.stdout.contains("older than the newest 2: deleted"), "{}", made.stdout);
    let names = archives(&machine);
    assert_eq!((names.len(), &names[0]), (2, &old(3)), "{names:?}");
}

#[test]
fn the_only_archive_of_an_excluded_claim_is_no_old_one() {
    let sets = [stateful("store", "busybox:1"), stateful("other", "busybox:1")];
    let Some(machine) = deployed(&sets) else { return };
    run(&mut backup(&machine)).expect(0);
    let first = archives(&machine).pop().unwrap();
    let old = machine.path("backups/rideshare-local-20250101T120000Z.tar");
    fs::rename(first, &old).unwrap();
    bound(&machine, "store");
    bound(&machine, "other");
    let backups = machine.path("backups").display().to_string();
    let mut arguments = vec!["backup", "--backup-dir", &backups, "--keep", "1"];
    let left_out = [&arguments[..], &["--exclude", "data-other-0"]].concat();
    let made = run(&mut machine.tool(&left_out)).expect(0);
    let said = "no newer archive has the claim small/data-other-0";
    assert!(made.stdout.contains(said), "{}", made.stdout);
    assert!(old.exists());
    bound(&machine, "store");
    arguments.truncate(5);
    run(&mut machine.tool(&arguments)).expect(0);
    assert!(!old.exists());
}

/// The controller of StatefulSets deletes the claims of pods above the wanted number, if asked to.
fn condemn(machine: &Machine) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let condemned = Arc::clone(&count);
    let volumes = machine.path("volumes").display().to_string();
    machine.server.behave(move |event| {
        let spec = &event.object["spec"];
        let deletes = spec["persistentVolumeClaimRetentionPolicy"]["whenScaled"] == "Delete";
        if event.fresh && deletes && spec["replicas"] == 0 {
            condemned.fetch_add(1, Ordering::Relaxed);
        }
        controllers::usual_at(&volumes, event)
    });
    count
}

#[test]
fn claims_that_go_with_their_pods_are_kept_while_these_are_stopped() {
    let mut store = stateful("store", "busybox:1");
    let policy = json!({"whenScaled": "Delete", "whenDeleted": "Retain"});
    store["spec"]["persistentVolumeClaimRetentionPolicy"] = policy.clone();
    let Some(machine) = deployed(std::slice::from_ref(&store)) else { return };
    let condemned = condemn(&machine);
    let policy_now = || {
        let set = machine.server.get("StatefulSet", "small", "store").unwrap();
        set["spec"]["persistentVolumeClaimRetentionPolicy"].clone()
    };
    run(&mut backup(&machine)).expect(0);
    assert_eq!((policy_now(), replicas(&machine, "store")), (policy.clone(), json!(1)));
    bound(&machine, "store");
    let archive = archives(&machine).pop().unwrap();
    run(&mut restore(&machine, &archive, &["--force"])).expect(0);
    assert_eq!((policy_now(), replicas(&machine, "store")), (policy.clone(), json!(1)));
    // After a kill, the next deployment restores the policy with the number.
    bound(&machine, "store");
    machine.write("fake/hang", "");
    let child = start(&mut backup(&machine));
    until("the copy", || machine.path("fake/hanging").exists());
    signal(child, Signal::KILL).expect(137);
    fs::remove_file(machine.path("fake/hang")).unwrap();
    assert_eq!(policy_now()["whenScaled"], "Retain");
    let small = machine.path("small").display().to_string();
    run(&mut machine.tool(&["deploy", "--overlay", &small])).expect(0);
    assert_eq!((policy_now(), replicas(&machine, "store")), (policy, json!(1)));
    assert_eq!(condemned.load(Ordering::Relaxed), 0);
}
