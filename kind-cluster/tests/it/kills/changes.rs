//! kill -9 at every change that an operation makes to the cluster: the next run ends as if there had been
//! no kill.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rideshare_tests::apiserver::{Change, controllers};
use rideshare_tests::run::{Run, run, until};
use rideshare_tests::{peers, port};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::backup::{archives, backup, bound, deployed, fill, folder, stateful};
use crate::components::component;
use crate::create::{nodes_join, ready};
use crate::preflight::config as kind_config;
use crate::support::{Machine, overlay, signal, start, workload};

/// A run that is killed at one of its changes.
#[derive(Default)]
struct Steps {
    /// The changes that were asked for so far.
    count: AtomicUsize,
    /// The change to kill at.
    at: AtomicUsize,
    reached: AtomicBool,
    killed: Mutex<bool>,
    was_killed: Condvar,
}

impl Steps {
    /// Holds the change that the run is killed at, until it is; the server makes it all the same.
    fn see(&self) {
        if self.count.fetch_add(1, Ordering::SeqCst) + 1 != self.at.load(Ordering::SeqCst) {
            return;
        }
        self.reached.store(true, Ordering::SeqCst);
        let killed = self.killed.lock().unwrap();
        let limit = Duration::from_secs(20);
        drop(self.was_killed.wait_timeout_while(killed, limit, |killed| !*killed).unwrap());
    }

    /// Lets the held change go on.
    fn release(&self) {
        *self.killed.lock().unwrap() = true;
        self.was_killed.notify_all();
    }
}

/// Objects as the controllers last saw them.
type Known = Mutex<BTreeMap<String, Value>>;

fn name_of(object: &Value) -> String {
    let part = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    format!("{} {}/{}", part("/kind"), part("/metadata/namespace"), part("/metadata/name"))
}

/// The real server's answer to a change of an immutable field.
fn immutable(known: &Known, sent: &Value) -> Option<(u16, String, String)> {
    let known = known.lock().unwrap();
    let old = known.get(&name_of(sent))?;
    let fixed = match sent["kind"].as_str()? {
        "Job" => "/spec/template",
        "StatefulSet" => "/spec/volumeClaimTemplates",
        _ => return None,
    };
    let message = || "spec: Invalid value: field is immutable".to_owned();
    (old.pointer(fixed) != sent.pointer(fixed)).then(|| (422, "Invalid".into(), message()))
}

/// Makes the server refuse changes of immutable fields, as a real one does, and count every other change. Dry runs come
/// before the record of a deployment is written, and change nothing: the count begins behind them.
fn watch(machine: &Machine, operation: &Operation) -> Arc<Steps> {
    let (steps, known) = (Arc::new(Steps::default()), Arc::new(Known::default()));
    let volumes = machine.path("volumes").display().to_string();
    let all = ["StatefulSet", "Job"].map(|kind| machine.server.all(kind)).concat();
    known.lock().unwrap().extend(all.into_iter().map(|object| (name_of(&object), object)));
    let seen = Arc::clone(&known);
    machine.server.behave(move |event| {
        let mut known = seen.lock().unwrap();
        if event.change == Change::Deleted {
            known.remove(&name_of(&event.object));
        } else {
            known.insert(name_of(&event.object), event.object.clone());
        }
        controllers::usual_at(&volumes, event)
    });
    let counted = Arc::clone(&steps);
    let begun = AtomicBool::new(operation.arguments[0] != "deploy");
    machine.server.refuse(move |method, object| {
        if method == "GET" {
            return None;
        }
        if let refused @ Some(_) = immutable(&known, object) {
            return refused;
        }
        if object["metadata"]["namespace"] == "kube-system" {
            begun.store(true, Ordering::SeqCst);
        }
        if begun.load(Ordering::SeqCst) {
            counted.see();
        }
        None
    });
    steps
}

/// The cluster's objects without the parts that differ between two runs.
pub(super) fn state(machine: &Machine) -> BTreeMap<String, Value> {
    machine.server.settle();
    let here = machine.path("").display().to_string();
    let kinds = ["Deployment", "StatefulSet", "Job", "ConfigMap", "PersistentVolumeClaim"];
    let mut found = BTreeMap::new();
    for object in kinds.into_iter().flat_map(|kind| machine.server.all(kind)) {
        let mut kept = json!({});
        for part in ["/metadata/labels", "/metadata/annotations", "/spec", "/data"] {
            kept[part] = object.pointer(part).cloned().unwrap_or_default();
        }
        let restarted = "/~1spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt";
        if let Some(time) = kept.pointer_mut(restarted) {
            *time = "a time".into();
        }
        found.insert(name_of(&object), kept.to_string().replace(here.trim_end_matches('/'), ""));
    }
    // An identity may be made of the overlay's folder.
    let id =
        found.keys().find_map(|name| name.split("overlay-small-").nth(1)).unwrap_or("-").to_owned();
    let plain = |text: String| text.replace(&format!("small-{id}"), "small");
    let read = |text: String| serde_json::from_str(&plain(text)).unwrap();
    found.into_iter().map(|(name, text)| (plain(name), read(text))).collect()
}

/// A command, and the cluster before it.
struct Operation {
    machine: Machine,
    arguments: Vec<String>,
}

impl Operation {
    fn command(&self) -> Command {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        match arguments[0] {
            "create" => ready(&self.machine, &arguments).unwrap(),
            _ => self.machine.tool(&arguments),
        }
    }

    fn run(&self) -> Run {
        run(&mut self.command())
    }

    /// Kills the command at its `number`th change; false if it made fewer.
    fn kill(&self, number: usize) -> bool {
        let steps = watch(&self.machine, self);
        steps.at.store(number, Ordering::SeqCst);
        let mut child = start(&mut self.command());
        let mut has_ended = false;
        until("a change to kill at, or the end", || {
            has_ended = child.try_wait().unwrap().is_some();
            has_ended || steps.reached.load(Ordering::SeqCst)
        });
        if has_ended {
            let whole: Run = child.wait_with_output().unwrap().into();
            whole.expect(0);
        } else {
            signal(child, Signal::KILL).expect(137);
        }
        steps.release();
        self.machine.server.settle();
        !has_ended
    }
}

/// Kills an operation at each of its changes, and repeats it.
fn every_kill_is_finished(prepare: impl Fn() -> Option<Operation>, check: impl Fn(&Machine)) {
    let Some(whole) = prepare() else { return };
    watch(&whole.machine, &whole);
    whole.run().expect(0);
    check(&whole.machine);
    let expected = state(&whole.machine);
    for number in 1.. {
        let operation = prepare().unwrap();
        if !operation.kill(number) {
            assert!(number > 1, "it changes nothing");
            return;
        }
        operation.run().expect(0);
        check(&operation.machine);
        assert_eq!(state(&operation.machine), expected, "change {number}");
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn deploy(machine: &Machine, objects: &[Value], more: &[&str]) -> Vec<String> {
    let folder = overlay(machine, "small", objects).display().to_string();
    words(
        &[&["deploy", "--no-image-check", "--inventory", "one", "--overlay", &folder], more]
            .concat(),
    )
}

/// A cluster with some objects, and a deployment of others.
fn deployment(before: &[Value], after: &[Value], more: &[&str]) -> Option<Operation> {
    let machine = Machine::with_cluster()?;
    if !before.is_empty() {
        let first = deploy(&machine, before, &[]);
        run(&mut machine.tool(&first.iter().map(String::as_str).collect::<Vec<_>>())).expect(0);
        machine.server.settle();
    }
    let arguments = deploy(&machine, after, more);
    Some(Operation { machine, arguments })
}

fn config(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"},
           "metadata": {"name": name, "namespace": "small"}})
}

/// A StatefulSet whose claims may grow.
fn store(size: &str) -> Value {
    let mut store = stateful("store", "busybox:1");
    let claim = &mut store["spec"]["volumeClaimTemplates"][0]["spec"];
    claim["storageClassName"] = "standard".into();
    claim["resources"]["requests"]["storage"] = size.into();
    store
}

fn job(image: &str) -> Value {
    let mut job = workload("Job", "seed");
    job["spec"]["template"]["spec"]["containers"][0]["image"] = image.into();
    job
}

fn nothing(_: &Machine) {}

#[test]
fn a_first_deployment() {
    let objects = [store("1Gi"), config("a"), job("busybox:1")];
    every_kill_is_finished(|| deployment(&[], &objects, &[]), nothing);
}

#[test]
fn a_deployment_that_prunes() {
    let before = [config("a"), workload("Deployment", "old"), config("b")];
    every_kill_is_finished(
        || deployment(&before, &[config("c")], &["--prune"]),
        |machine| {
            assert!(machine.server.get("Deployment", "small", "old").is_none());
            assert!(machine.server.get("ConfigMap", "small", "a").is_none());
        },
    );
}

#[test]
fn an_adoption() {
    every_kill_is_finished(
        || {
            let mut operation = deployment(&[config("a")], &[config("b")], &["--prune"])?;
            operation.arguments.extend(words(&["--adopt", "one"]));
            operation.arguments[3] = "two".into();
            Some(operation)
        },
        |machine| {
            assert!(machine.server.get("ConfigMap", "small", "a").is_none());
            assert!(
                machine
                    .server
                    .get("ConfigMap", "kube-system", "kind-cluster-overlay-one")
                    .is_none()
            );
        },
    );
}

#[test]
fn a_stateful_set_that_is_recreated_with_larger_claims() {
    every_kill_is_finished(
        || {
            let operation = deployment(&[store("1Gi")], &[store("2Gi")], &["--recreate"])?;
            let class = json!({"allowVolumeExpansion": true});
            operation.machine.server.merge("StorageClass", "", "standard", class);
            Some(operation)
        },
        |machine| {
            let claim =
                machine.server.get("PersistentVolumeClaim", "small", "data-store-0").unwrap();
            assert_eq!(claim["spec"]["resources"]["requests"]["storage"], "2Gi");
        },
    );
}

#[test]
fn a_job_that_is_recreated() {
    every_kill_is_finished(|| deployment(&[job("busybox:1")], &[job("busybox:2")], &[]), nothing);
}

#[test]
fn a_job_that_is_retried() {
    every_kill_is_finished(
        || {
            let both = [job("busybox:1"), config("a")];
            let operation = deployment(&both, &both, &["--retry-jobs"])?;
            let failed = json!({"status": {"failed": 1, "succeeded": null,
                "conditions": [{"type": "Failed", "status": "True"}]}});
            operation.machine.server.merge("Job", "small", "seed", failed);
            Some(operation)
        },
        |machine| {
            let job = machine.server.get("Job", "small", "seed").unwrap();
            assert_eq!(job["status"]["succeeded"], 1, "{job}");
        },
    );
}

#[test]
fn a_restart() {
    every_kill_is_finished(
        || {
            let objects = [workload("Deployment", "api")];
            let mut operation = deployment(&objects, &objects, &[])?;
            let folder = operation.machine.path("small").display().to_string();
            operation.arguments = words(&["restart", "--overlay", &folder]);
            Some(operation)
        },
        nothing,
    );
}

#[test]
fn a_creation_with_components() {
    every_kill_is_finished(
        || {
            let machine = Machine::new()?;
            nodes_join(&machine);
            let file = kind_config(&machine, &[port::free()]);
            let components = component(&machine, "");
            let arguments = ["create", "--kind-config", &file, "--components", &components];
            let arguments = words(&[&arguments[..], &["--update-lock"]].concat());
            ready(&machine, &[])?;
            Some(Operation { machine, arguments })
        },
        |machine| assert!(machine.server.get("Thing", "operators", "thing").is_some()),
    );
}

#[test]
fn a_restore_into_a_cluster_that_has_nothing() {
    every_kill_is_finished(
        || {
            let machine = deployed(&[stateful("store", "busybox:1")])?;
            fill(&folder(&machine, "store"));
            run(&mut backup(&machine)).expect(0);
            let archive = archives(&machine).pop().unwrap().display().to_string();
            fs::remove_dir_all(folder(&machine, "store")).unwrap();
            machine.server.delete("StatefulSet", "small", "store");
            machine.server.delete("PersistentVolumeClaim", "small", "data-store-0");
            machine.server.delete("Namespace", "", "small");
            // Files that a killed run has put back are no obstacle to the next one.
            let arguments = words(&["restore", &archive, "--force", "--no-smoke"]);
            Some(Operation { machine, arguments })
        },
        |machine| {
            assert!(folder(machine, "store").join("deep/er/secret").exists());
            assert!(machine.server.get("Pod", "small", "kind-cluster-binder").is_none());
        },
    );
}

#[test]
fn a_backup_of_claims_that_go_with_their_pods() {
    every_kill_is_finished(
        || {
            let mut set = stateful("store", "busybox:1");
            set["spec"]["persistentVolumeClaimRetentionPolicy"] = json!({"whenScaled": "Delete"});
            if !rustix::process::geteuid().is_root() {
                peers::skip("root, for files of other owners,");
                return None;
            }
            let machine = deployment(&[set], &[], &[])?.machine;
            fs::create_dir_all(folder(&machine, "store")).unwrap();
            fill(&folder(&machine, "store"));
            let backups = machine.path("backups").display().to_string();
            let arguments = words(&["backup", "--backup-dir", &backups]);
            Some(Operation { machine, arguments })
        },
        |machine| bound(machine, "store"),
    );
}
