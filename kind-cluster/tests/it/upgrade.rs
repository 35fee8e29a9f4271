//! The upgrade of Kubernetes in Kind by the guide's commands, from one real cluster to another one that has nothing.
//! Both clusters run one version, because the tests have one; the second is asked for a node image of another version.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use common::yaml::plain;
use rideshare_tests::run::{Run, run};
use rideshare_tests::{peers, root};
use serde_json::{Value, json};

use crate::backup::{fill, stateful, tree};
use crate::create::create;
use crate::real::{Bench, INSIDE, RUNS};
use crate::support::overlay;

/// The folder that both clusters see.
const FOLDER: &str = "KIND_CLUSTER_TEST_UPGRADE";

#[test]
fn kubernetes_is_upgraded_as_the_guide_says() {
    let all = ["PEER_KUBERNETES", "PEER_KUBECTL"].map(peers::find);
    let [Some(_), Some(_)] = all else { return };
    if !rustix::process::geteuid().is_root() {
        return peers::skip("root, for a node of the test's own,");
    }
    let folder = tempfile::tempdir().unwrap();
    for test in ["upgrade::before", "upgrade::after"] {
        let inside = Command::new(root().join("scripts/kubernetes"))
            .args(["run", "--"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", test, "--ignored", "--nocapture"])
            .env(INSIDE, "1")
            .env(FOLDER, folder.path())
            .output()
            .unwrap();
        let run: Run = inside.into();
        assert!(run.clone().expect(0).stdout.contains("1 passed"), "{}", run.transcript(&[]));
    }
}

/// The guide's commands from the backup on; those before it change files of the repository.
fn commands() -> Vec<String> {
    let guide = fs::read_to_string(root().join("docs/upgrade-a-part.md")).unwrap();
    let section = guide.split("\n## Kubernetes in Kind\n").nth(1).unwrap();
    let block = section.split("```").nth(1).unwrap();
    let lines = block.lines().skip(1).map(|line| line.split(" #").next().unwrap());
    let parts = lines.flat_map(|line| line.split(" && ")).map(|part| part.trim().to_owned());
    parts.skip_while(|part| part != "make kind-down").collect()
}

/// The test's overlay on a bench: a StatefulSet with a claim.
fn small(bench: &Bench) -> String {
    let mut store = stateful("store", "busybox:1");
    let pod = &mut store["spec"]["template"]["spec"];
    pod["terminationGracePeriodSeconds"] = json!(1);
    pod["containers"][0]["imagePullPolicy"] = json!("IfNotPresent");
    pod["containers"][0]["command"] = json!(["sh", "-c", RUNS]);
    overlay(&bench.machine, "small", &[store]).display().to_string()
}

/// Kind's provisioner says which node a volume is on; the one of this cluster does not.
fn place_volumes(bench: &Bench) {
    let place = json!({"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
        {"key": "kubernetes.io/hostname", "operator": "In", "values": ["rideshare-local-control-plane"]}]}]}}}});
    let names = bench.kubectl(&["get", "persistentvolumes", "--output=name"]);
    for name in names.lines() {
        bench.kubectl(&["patch", name, "--patch", &place.to_string()]);
    }
}

/// The folder of the store's volume.
fn volume(bench: &Bench) -> PathBuf {
    let all = bench.kubectl(&["get", "persistentvolumes", "--output=json"]);
    let all: Value = serde_json::from_str(&all).unwrap();
    PathBuf::from(all["items"][0]["spec"]["hostPath"]["path"].as_str().unwrap())
}

fn shared() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

fn data(bench: &Bench) -> BTreeMap<String, String> {
    let mut files = tree(&volume(bench));
    files.remove("");
    files
}

#[test]
#[ignore = "kubernetes_is_upgraded_as_the_guide_says starts it in a cluster"]
fn before() {
    let Some(folder) = shared() else { return };
    let bench = Bench::new();
    run(&mut bench.machine.tool(&["deploy", "--overlay", &small(&bench)])).expect(0);
    place_volumes(&bench);
    fill(&volume(&bench));
    let files = data(&bench);
    fs::write(folder.join("files.json"), serde_json::to_string(&files).unwrap()).unwrap();
    assert_eq!(commands()[0], "make kind-down");
    let down = "$(KIND_CLUSTER) teardown --preserve-data\n";
    assert!(fs::read_to_string(root().join("Makefile")).unwrap().contains(down));
    let backups = folder.join("backups").display().to_string();
    let down = ["teardown", "--preserve-data", "--backup-dir", &backups];
    run(&mut bench.machine.tool(&down)).expect(0);
    assert_eq!(fs::read_dir(bench.machine.path("fake/nodes")).unwrap().count(), 0);
}

#[test]
#[ignore = "kubernetes_is_upgraded_as_the_guide_says starts it in a cluster"]
fn after() {
    let Some(folder) = shared() else { return };
    let bench = Bench::new();
    let small = small(&bench);
    let machine = &bench.machine;
    // One node, which is not made yet.
    fs::remove_dir_all(machine.path("fake/nodes")).unwrap();
    fs::create_dir(machine.path("fake/nodes")).unwrap();
    fs::remove_file(machine.path("fake/admin.conf")).unwrap();
    machine.write("home/config", &machine.hostile.kubeconfig("production"));
    let real = std::env::var_os("KUBECONFIG").unwrap();
    fs::copy(real, machine.path("fake/kinds-kubeconfig")).unwrap();
    // The version is the one that the API server says, or `create` reports it as drift.
    let version: Value = serde_json::from_str(&bench.kubectl(&["get", "--raw=/version"])).unwrap();
    let image = format!("kindest/node:{}@sha256:0", version["gitVersion"].as_str().unwrap());
    let config = json!({"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": "rideshare-local", "nodes": [{"role": "control-plane", "image": image}]});
    machine.write("cluster.yaml", &plain::to_string(&config).unwrap());
    machine.write("fake/ports", "");
    let archive = fs::read_dir(folder.join("backups")).unwrap().next().unwrap().unwrap().path();
    let archive = archive.display().to_string();
    for command in &commands()[1..] {
        let words: Vec<&str> = command.split(' ').collect();
        assert_eq!(words[0], "kind-cluster");
        let step = |words: &[&str]| {
            run(&mut machine.tool(&[words, &["--overlay", &small]].concat())).expect(0);
        };
        match words[1..] {
            ["create"] => {
                run(&mut create(machine, &[]).unwrap()).expect(0);
            }
            ["restore", example, ..] => {
                assert!(example.starts_with("backups/"));
                let restore = [&["restore", archive.as_str()][..], &words[3..]].concat();
                let unplaced = run(&mut machine.tool(&restore)).expect(1);
                assert!(unplaced.stderr.contains("says no node"), "{}", unplaced.stderr);
                place_volumes(&bench);
                step(&restore);
            }
            // Its checks are of the platform.
            ["smoke"] => {}
            _ => step(&words[1..]),
        }
    }
    let before: BTreeMap<String, String> =
        serde_json::from_str(&fs::read_to_string(folder.join("files.json")).unwrap()).unwrap();
    assert_eq!(data(&bench), before);
    let store =
        bench.kubectl(&["get", "--namespace=small", "statefulset", "store", "--output=json"]);
    let store: Value = serde_json::from_str(&store).unwrap();
    assert_eq!(store["status"]["readyReplicas"], 1, "{store}");
}
