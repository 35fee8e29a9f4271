//! A real Kubernetes: API server, controllers, scheduler, kubelet and containerd, with pods that
//! really run, crash and write to volumes. The test server's simulated behaviour is compared here with the
//! real one.

use common::yaml::plain;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use rideshare_tests::run::{Run, run};
use rideshare_tests::{peers, root};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::backup::{fill, tree};
use crate::support::{Machine, overlay, said, signal, start, until, workload};

/// Set where the test runs beside the cluster.
pub(crate) const INSIDE: &str = "KIND_CLUSTER_TEST_KUBERNETES";

#[test]
fn a_real_cluster() {
    let all = ["PEER_KUBERNETES", "PEER_KUBECTL"].map(peers::find);
    let [Some(_), Some(_)] = all else { return };
    if !rustix::process::geteuid().is_root() {
        return peers::skip("root, for a node of the test's own,");
    }
    let inside = Command::new(root().join("scripts/kubernetes"))
        .args(["run", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "real::inside", "--ignored", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let run: Run = inside.into();
    assert!(run.clone().expect(0).stdout.contains("1 passed"), "{}", run.transcript(&[]));
}

#[test]
#[ignore = "a_real_cluster starts it beside one"]
fn inside() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let bench = Bench::new();
    becomes_ready_and_stays_as_it_is(&bench);
    failures_are_said_at_once(&bench);
    conflicts(&bench);
    a_webhook_that_refuses(&bench);
    what_left_the_overlay(&bench);
    data(&bench);
    bench.machine.expect_hostile_untouched();
}

/// The tool beside the cluster, with the fake programs around it: commands in a node run here.
pub(crate) struct Bench {
    pub(crate) machine: Machine,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let machine = Machine::with_cluster().unwrap();
        machine.have_images(&["docker.io/library/busybox:1".into()]);
        // The hostile context stays the current one; only ours leads elsewhere.
        let real: Value =
            plain::from_str(&fs::read_to_string(std::env::var_os("KUBECONFIG").unwrap()).unwrap())
                .unwrap();
        let mut all: Value = plain::from_str(&machine.read("home/config")).unwrap();
        for section in ["clusters", "contexts", "users"] {
            let entries = all[section].as_array_mut().unwrap();
            let name = real[section][0]["name"].clone();
            entries.retain(|entry| entry["name"] != name);
            entries.push(real[section][0].clone());
        }
        machine.write("home/config", &plain::to_string(&all).unwrap());
        Bench { machine }
    }

    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        self.try_kubectl(arguments).expect(0).stdout
    }

    fn try_kubectl(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new("kubectl");
        self.machine.surround(&mut command);
        // With the cluster's own file: a teardown takes the context out of the user's.
        command.env("KUBECONFIG", std::env::var_os("KUBECONFIG").unwrap()).args(arguments);
        run(&mut command)
    }

    fn get(&self, target: &[&str]) -> Value {
        let arguments = [&["get", "--output", "json", "--namespace", "small"], target].concat();
        serde_json::from_str(&self.kubectl(&arguments)).unwrap()
    }

    /// Deploys the platform of this test and `more`.
    fn deploy(&self, more: &[Value], arguments: &[&str]) -> Command {
        let all = [platform(), more.to_vec()].concat();
        let folder = overlay(&self.machine, "small", &all).display().to_string();
        self.machine.tool(&[&["deploy", "--overlay", &folder], arguments].concat())
    }
}

/// A workload whose pods run `script`.
pub(crate) fn scripted(kind: &str, name: &str, script: &str) -> Value {
    let mut object = workload(kind, name);
    let pod = &mut object["spec"]["template"]["spec"];
    pod["terminationGracePeriodSeconds"] = json!(1);
    pod["containers"][0]["imagePullPolicy"] = json!("IfNotPresent");
    pod["containers"][0]["command"] = json!(["sh", "-c", script]);
    object
}

pub(crate) const RUNS: &str = "trap exit TERM; while :; do sleep 1; done";

/// Beside the small overlay's Deployment and Service: the other kinds of the readiness table.
fn platform() -> Vec<Value> {
    let mut daemon = scripted("DaemonSet", "daemon", RUNS);
    daemon["spec"].as_object_mut().unwrap().remove("replicas");
    // Its first start is its birth; its data says how often it has started since.
    let mut store =
        scripted("StatefulSet", "store", &format!("echo started >>/data/starts; {RUNS}"));
    store["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] =
        json!([{"name": "data", "mountPath": "/data"}]);
    store["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]);
    // A backup and a restore scale it to 0, and its claims must not go with its pods.
    store["spec"]["persistentVolumeClaimRetentionPolicy"] = json!({"whenScaled": "Delete"});
    let secret = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "login", "namespace": "small"}, "data": {"password": "aHVudGVyMmh1bnRlcjI="}});
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.tests.example"},
        "spec": {"group": "tests.example", "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things", "singular": "thing", "listKind": "ThingList"},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}});
    let thing = json!({"apiVersion": "tests.example/v1", "kind": "Thing",
        "metadata": {"name": "thing", "namespace": "small"}, "spec": {"size": 1}});
    let web = scripted("Deployment", "app", RUNS);
    vec![daemon, store, secret, definition, thing, web, scripted("Job", "once", "echo done")]
}

/// Everything in dependency order and ready, in a minute; again, and not one object has changed.
fn becomes_ready_and_stays_as_it_is(bench: &Bench) {
    let first = run(&mut bench.deploy(&[], &["--timeout", "90s"])).expect(0);
    for ready in
        ["DaemonSet/daemon", "StatefulSet/store", "Job/once", "Deployment/app", "Service/web"]
    {
        assert!(first.stdout.contains(ready), "{ready}: {}", first.stdout);
    }
    // Statuses change on their own; of objects without a status, every write would show.
    let versions = || -> Vec<Value> {
        let of = |kinds: &[&str], field: &str| -> Vec<Value> {
            kinds
                .iter()
                .flat_map(|kind| bench.get(&[kind])["items"].as_array().unwrap().clone())
                .map(|object| object["metadata"][field].clone())
                .collect()
        };
        let mut all = of(&["deployments", "daemonsets", "statefulsets", "jobs"], "generation");
        all.extend(of(&["services", "secrets", "things", "configmaps"], "resourceVersion"));
        all
    };
    let before = versions();
    run(&mut bench.deploy(&[], &[])).expect(0);
    assert_eq!(versions(), before);
    let status = run(&mut bench.machine.tool(&["status"])).expect(0);
    assert!(status.stdout.contains("1 of 1"), "{}", status.stdout);
}

/// Each of these would stay as it is for ever; the tool has all the time, and takes none of it.
fn failures_are_said_at_once(bench: &Bench) {
    let mut crashes = scripted("Deployment", "crashes", "echo login with $password; exit 7");
    crashes["spec"]["template"]["spec"]["containers"][0]["envFrom"] =
        json!([{"secretRef": {"name": "login"}}]);
    let mut absent = scripted("Deployment", "absent", RUNS);
    absent["spec"]["template"]["spec"]["containers"][0]["image"] = json!("nobody/none:1");
    absent["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = json!("Never");
    let mut nowhere = scripted("Deployment", "nowhere", RUNS);
    nowhere["spec"]["template"]["spec"]["nodeSelector"] = json!({"no": "where"});
    let mut fails = scripted("Job", "fails", "echo no; exit 5");
    fails["spec"]["backoffLimit"] = json!(0);
    let mut initial = scripted("Deployment", "initial", RUNS);
    let mut init = initial["spec"]["template"]["spec"]["containers"][0].clone();
    init["name"] = json!("first");
    init["command"] = json!(["sh", "-c", "exit 9"]);
    initial["spec"]["template"]["spec"]["initContainers"] = json!([init]);
    for (object, within, code, said) in [
        (crashes, 30, "crash-loop", "CrashLoopBackOff in container main, last exit status 7"),
        (absent, 20, "image", "ErrImageNeverPull"),
        (nowhere, 40, "failed", "no node for 15 s: Unschedulable"),
        (fails, 20, "job-failed", "BackoffLimitExceeded"),
        (initial, 30, "crash-loop", "CrashLoopBackOff in container first, last exit status 9"),
    ] {
        let began = Instant::now();
        let arguments =
            ["--timeout", "5m", "--no-image-check", "--prune", "--tolerate-restarts", "0"];
        let mut failed = run(&mut bench.deploy(std::slice::from_ref(&object), &arguments));
        if failed.status == 0 {
            // A node under load may say late that a container has ended; the next run hears it.
            failed = run(&mut bench.deploy(&[object], &arguments));
        }
        let failed = failed.expect(1);
        assert!(began.elapsed() < Duration::from_secs(within), "{code}: {:?}", began.elapsed());
        assert!(failed.stderr.contains(&format!("error[{code}]")), "{}", failed.stderr);
        assert!(failed.stderr.contains(said), "{said}: {}", failed.stderr);
        assert!(!failed.stderr.contains("hunter2"), "{}", failed.stderr);
        if code == "crash-loop" {
            assert!(failed.stderr.contains("event Pod/"), "{}", failed.stderr);
        }
        if said.contains("main") {
            assert!(failed.stderr.contains("login with ***"), "{}", failed.stderr);
        }
    }
}

fn conflicts(bench: &Bench) {
    bench.kubectl(&[
        "patch",
        "deployment",
        "app",
        "--namespace",
        "small",
        "--type",
        "merge",
        "--field-manager",
        "somebody",
        "--patch",
        "{\"spec\":{\"replicas\":2}}",
    ]);
    let refused = run(&mut bench.deploy(&[], &["--prune"])).expect(1);
    assert!(refused.stderr.contains("error[conflict]"), "{}", refused.stderr);
    assert!(
        refused.stderr.contains(".spec.replicas: conflict with \"somebody\""),
        "{}",
        refused.stderr
    );
    assert_eq!(bench.get(&["deployment", "app"])["spec"]["replicas"], 2);
    run(&mut bench.deploy(&[], &["--force-conflicts"])).expect(0);
    assert_eq!(bench.get(&["deployment", "app"])["spec"]["replicas"], 1);
}

/// The API server calls a webhook that nobody serves, until that is taken back.
fn a_webhook_that_refuses(bench: &Bench) {
    let hook = json!({"apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "nobody"},
        "webhooks": [{"name": "accounts.tests.example", "sideEffects": "None", "failurePolicy": "Fail",
            "admissionReviewVersions": ["v1"], "timeoutSeconds": 1,
            "clientConfig": {"url": "https://127.0.0.1:9/"},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["serviceaccounts"]}],
            "namespaceSelector": {"matchLabels": {"hooked": "yes"}}}]});
    bench.machine.write("hook.json", &hook.to_string());
    let file = bench.machine.path("hook.json").display().to_string();
    bench.kubectl(&["label", "namespace", "small", "hooked=yes"]);
    bench.kubectl(&["apply", "--filename", &file]);
    let probe = ["create", "serviceaccount", "probe", "--namespace", "small", "--dry-run=server"];
    until("the API server to know of it", || bench.try_kubectl(&probe).status != 0);
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
                         "metadata": {"name": "account", "namespace": "small"}});
    let account = std::slice::from_ref(&account);
    let refused = run(&mut bench.deploy(account, &["--timeout", "6s"]));
    assert_eq!(refused.status, 3, "{}", refused.stderr);
    assert!(refused.stderr.contains("error[webhook-refusing]"), "{}", refused.stderr);
    let mut child = start(&mut bench.deploy(account, &["--timeout", "60s"]));
    said(&mut child, "applying ServiceAccount/account again: ");
    bench.kubectl(&["delete", "--filename", &file]);
    let done: Run = child.wait_with_output().unwrap().into();
    done.expect(0);
}

fn what_left_the_overlay(bench: &Bench) {
    let told = run(&mut bench.deploy(&[], &[])).expect(0);
    assert!(told.stdout.contains("ServiceAccount/account[left-overlay]"), "{}", told.stdout);
    run(&mut bench.deploy(&[], &["--prune"])).expect(0);
    let accounts = bench.get(&["serviceaccounts"]);
    let accounts = accounts["items"].as_array().unwrap();
    assert!(!accounts.iter().any(|account| account["metadata"]["name"] == "account"));
    let claims = bench.get(&["persistentvolumeclaims"]);
    assert_eq!(claims["items"].as_array().unwrap().len(), 1, "data is never pruned");
}

/// A claim's data leaves the cluster with nothing running on it, and comes back; a restore that is
/// killed at any moment is made good by the next one.
fn data(bench: &Bench) {
    let machine = &bench.machine;
    let claim = bench.get(&["persistentvolumeclaim", "data-store-0"]);
    let name = claim["spec"]["volumeName"].as_str().unwrap().to_owned();
    // Kind's provisioner says which node a volume is on; this one has only one.
    let affinity = json!({"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
        {"key": "kubernetes.io/hostname", "operator": "In", "values": ["rideshare-local-control-plane"]}]}]}}}});
    bench.kubectl(&["patch", "persistentvolume", &name, "--patch", &affinity.to_string()]);
    let volume: Value = serde_json::from_str(&bench.kubectl(&[
        "get",
        "persistentvolume",
        &name,
        "--output",
        "json",
    ]))
    .unwrap();
    let folder = PathBuf::from(volume["spec"]["hostPath"]["path"].as_str().unwrap());
    fill(&folder);
    let before = tree(&folder);

    let backups = machine.path("backups").display().to_string();
    let made = run(&mut machine.tool(&["backup", "--backup-dir", &backups])).expect(0);
    assert!(made.stdout.contains("written and read back"), "{}", made.stdout);
    until("the store", || bench.get(&["statefulset", "store"])["status"]["readyReplicas"] == 1);
    let after = bench.get(&["persistentvolumeclaim", "data-store-0"]);
    assert_eq!(after["metadata"]["uid"], claim["metadata"]["uid"]);
    let policy = "/spec/persistentVolumeClaimRetentionPolicy/whenScaled";
    assert_eq!(bench.get(&["statefulset", "store"]).pointer(policy).unwrap(), "Delete");
    let archive = crate::backup::archives(machine).pop().unwrap().display().to_string();

    let refused = run(&mut machine.tool(&["restore", &archive, "--no-smoke"])).expect(1);
    assert!(refused.stderr.contains("error[target-not-empty]"), "{}", refused.stderr);
    fs::remove_dir_all(folder.join("deep")).unwrap();

    // Killed ever later, up to a run that ends by itself: the pause is the input.
    for pause in (0..).map(|step| Duration::from_millis(200 * step)) {
        let child = start(&mut machine.tool(&["restore", &archive, "--force", "--no-smoke"]));
        std::thread::sleep(pause);
        if signal(child, Signal::KILL).status == 0 {
            break;
        }
        assert!(pause < Duration::from_secs(60), "it does not end");
    }
    until("the store", || bench.get(&["statefulset", "store"])["status"]["readyReplicas"] == 1);
    let mut after = tree(&folder);
    // Since then it has started again, which is the last thing it writes.
    let lines = fs::read_to_string(folder.join("starts")).unwrap().lines().count();
    assert!(lines >= 2, "{lines}");
    let mut before = before;
    for moved in ["starts", ""] {
        before.remove(moved);
        after.remove(moved);
    }
    assert!(after == before, "{before:#?}\n{after:#?}");
    let leftovers: Vec<PathBuf> = fs::read_dir(folder.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.display().to_string().contains("kind-cluster-"))
        .collect();
    assert_eq!(leftovers, Vec::<PathBuf>::new());

    let refused = run(&mut machine.tool(&["teardown"])).expect(1);
    assert!(refused.stderr.contains("error[data-would-be-lost]"), "{}", refused.stderr);
    let config = machine.read("home/config");
    run(&mut machine.tool(&["teardown", "--preserve-data", "--backup-dir", &backups])).expect(0);
    machine.write("home/config", &config);
    // The cluster is "deleted" by a fake; the workloads that were stopped for the archive have not run since.
    assert_eq!(bench.get(&["statefulset", "store"])["spec"]["replicas"], 0);
    assert_eq!(crate::backup::archives(machine).len(), 2);
}
