//! The generated Kubernetes files on the newest Kubernetes: the server takes every object strictly and
//! without a warning, takes them again without a change, and its scheduler finds room for every Pod.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use common::quantity::Quantity;
use common::yaml::plain;
use rideshare_tests::kubernetes::{Answer, Machine, Server};
use rideshare_tests::root;
use rideshare_tests::run::run;
use rideshare_tests::yaml::documents;
use serde_json::Value;

/// Workloads of the local cluster beside the platform.
const AROUND: &str = include_str!("kubernetes_server.yaml");

/// The share of a node's memory that has to be free when everything runs, Jobs included, in percent.
const ROOM: u64 = 3;

fn build(server: &Server, folder: &str) -> String {
    let folder = root().join("infrastructure/kubernetes").join(folder);
    run(server.kubectl(&["kustomize"]).arg(folder)).expect(0).stdout
}

/// Applies a folder twice.
fn applies_and_stays(folder: &str, least: usize) {
    let Some(server) = Server::shared() else { return };
    let objects = build(server, folder);
    let first = server.apply(&objects);
    assert!(first.is_clean(), "{folder}: {first:#?}");
    let count = documents(&objects).len();
    assert!(first.accepted.len() == count && count >= least, "{folder}: {count}");
    assert_eq!(server.diff(&objects), "", "{folder}");
    let before = state(server, &objects);
    assert_eq!(before.len(), count, "{folder}");
    let second = server.apply(&objects);
    assert!(second.is_clean(), "{folder}: {second:#?}");
    for (before, after) in before.iter().zip(&state(server, &objects)) {
        assert_eq!(before, after, "{folder}: the second apply has changed it");
    }
}

/// The objects as the server has them. Two kinds get another version from the server itself: a Namespace
/// that sets no field belongs to no manager until its second apply, and a Gateway's default status has none
/// as long as no controller writes another.
fn state(server: &Server, objects: &str) -> Vec<Value> {
    let mut all = server.get(objects);
    let volatile =
        |object: &&mut Value| object["kind"] == "Namespace" || object["kind"] == "Gateway";
    for object in all.iter_mut().filter(volatile) {
        object["metadata"]["resourceVersion"] = Value::Null;
    }
    all
}

#[test]
fn local_applies_strictly_and_a_second_time_changes_nothing() {
    applies_and_stays("overlays/local", 80);
}

#[test]
fn production_applies_strictly_and_a_second_time_changes_nothing() {
    applies_and_stays("overlays/production", 80);
}

#[test]
fn argocd_applies_strictly_and_a_second_time_changes_nothing() {
    applies_and_stays("argocd", 5);
}

/// The nodes of the local cluster: kind-cluster caps them so.
fn machines() -> Vec<Machine> {
    let text =
        fs::read_to_string(root().join("infrastructure/platform/environments.yaml")).unwrap();
    let all: Value = plain::from_str(&text).unwrap();
    let local = &all["x-environments"]["local"];
    let memory = |name: &str| {
        let text = local["memory"][name].as_str().unwrap().to_uppercase();
        Quantity::parse(&format!("{text}i")).unwrap().to_bytes()
    };
    let workers = local["kind"]["workers"].as_u64().unwrap();
    let (budget, reserved) = (memory("budget"), memory("reserved"));
    let machine = |name: String, memory: u64, is_control_plane: bool| Machine {
        name,
        memory,
        // A node of Kind has all processors of the machine.
        processors: 4,
        is_control_plane,
    };
    let mut all = vec![machine("control-plane".into(), reserved, true)];
    for number in 1..=workers {
        all.push(machine(format!("worker{number}"), (budget - reserved) / workers, false));
    }
    all
}

#[test]
fn every_pod_of_the_local_cluster_has_a_node_with_room_to_spare() {
    let Some(mut server) = Server::start() else { return };
    let machines = machines();
    let objects = format!("{AROUND}\n---\n{}", build(&server, "overlays/local"));
    let placement = server.place(&machines, &objects);
    assert_eq!(placement.refused, BTreeMap::new());
    assert_eq!(placement.short, Vec::<String>::new());
    let mut tight = Vec::new();
    for Machine { name, memory, .. } in &machines {
        let requested = placement.requested.get(name).copied().unwrap_or_default();
        let pods = placement.placed.values().filter(|node| *node == name).count();
        let left = (memory - requested) * 1000 / memory;
        let line = format!(
            "{name}: {pods} Pods request {} of {} MiB, {}.{} % is left",
            requested >> 20,
            memory >> 20,
            left / 10,
            left % 10
        );
        // A run's log shows how much is left for the next service.
        let _ = writeln!(std::io::stderr(), "{line}");
        if left < ROOM * 10 {
            tight.push(line);
        }
    }
    assert!(tight.is_empty(), "less than {ROOM} % is left: {tight:#?}");
    let ours = placement.placed.keys().filter(|name| name.starts_with("rideshare/")).count();
    assert!(ours >= 28, "{ours} Pods");
}

/// Whether a node has room is the scheduler's answer: a Pod that fits nowhere is told with its reason.
#[test]
fn a_pod_without_room_and_a_refused_pod_are_told() {
    let Some(mut server) = Server::start() else { return };
    let deployment = |name: &str, memory: &str, more: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: room}}\nspec:\n  \
             selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    \
             spec:\n      {more}\n      containers:\n      - {{name: main, image: none, resources: {{requests: {{memory: {memory}}}}}}}\n---\n"
        )
    };
    let objects = deployment("small", "100Mi", "") + &deployment("large", "2Gi", "");
    let machine =
        Machine { name: "only".into(), memory: 1 << 30, processors: 1, is_control_plane: false };
    let placement = server.place(&[machine], &objects);
    assert_eq!(placement.placed.values().collect::<Vec<_>>(), ["only"]);
    assert_eq!(placement.requested["only"], 100 << 20);
    let reasons: Vec<&String> = placement.refused.values().collect();
    assert!(reasons.len() == 1 && reasons[0].contains("Insufficient memory"), "{reasons:?}");
}

#[test]
fn a_wrong_object_is_refused_in_the_servers_words() {
    let Some(server) = Server::shared() else { return };
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: wrong}\n";
    let Answer { accepted, warnings, refusals } = server.dry_run(&format!(
        "{config}dat: {{}}\n---\n\
         {config}data: {{a: b}}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: wrong}}\n\
         spec: {{ports: [{{port: 99999}}]}}\n---\n\
         apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: web, namespace: wrong}}\n\
         spec: {{hostname: localhost}}\n---\n\
         apiVersion: argoproj.io/v1alpha1\nkind: AppProject\n\
         metadata: {{name: b, namespace: wrong, finalizers: [tests.example]}}\nspec: {{}}\n---\n\
         apiVersion: v1\nkind: Pod\nmetadata: {{name: pod, namespace: wrong}}\n\
         spec: {{containers: [{{name: a, image: b}}]}}\n---\n\
         apiVersion: none/v1\nkind: Nothing\nmetadata: {{name: a, namespace: wrong}}\n"
    ));
    assert_eq!(accepted, ["configmap/a", "appproject.argoproj.io/b", "pod/pod"]);
    assert_eq!(refusals.len(), 4, "{refusals:#?}");
    for words in [
        ".dat: field not declared",
        "must be between 1 and 65535",
        ".spec.hostname: field not declared",
        "no matches for kind \"Nothing\"",
    ] {
        assert!(refusals.iter().any(|refusal| refusal.contains(words)), "{words}: {refusals:#?}");
    }
    assert!(warnings.len() == 1 && warnings[0].contains("finalizer"), "{warnings:#?}");
    // A dry run leaves nothing.
    let absent = run(&mut server.kubectl(&["get", "configmap/a", "--namespace=wrong"])).expect(1);
    assert!(absent.stderr.contains("NotFound"), "{}", absent.stderr);
}

/// The keeper's input closes when this process ends, in whatever way.
#[test]
fn a_server_leaves_neither_processes_nor_files() {
    let Some(server) = Server::start() else { return };
    let folder = server.kubeconfig().parent().unwrap().to_owned();
    let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(programs_that_name(&name) >= 2 && folder.exists());
    drop(server);
    assert_eq!((programs_that_name(&name), folder.exists()), (0, false));
}

/// The running programs with this text in their command line.
fn programs_that_name(text: &str) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(text)).count()
}

/// The definitions are of the versions that the local cluster and EKS have.
#[test]
fn the_definitions_are_of_the_installed_versions() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let peer = read("scripts/peers.d/kubernetes-server.sh");
    let components: Value =
        plain::from_str(&read("infrastructure/config/kind/components.yaml")).unwrap();
    for (name, module) in [
        ("gateway-api", "sigs.k8s.io/gateway-api"),
        ("envoy-gateway", "github.com/envoyproxy/gateway"),
    ] {
        let all = components["components"].as_array().unwrap();
        let component = all.iter().find(|component| component["name"] == name).unwrap();
        let version = component["version"].as_str().unwrap();
        assert!(peer.contains(&format!("\n{module}@{version} ")), "{module} {version}");
    }
}

/// The local cluster shows what production will do.
#[test]
fn kind_and_eks_run_the_same_minor_version() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let environments: Value =
        plain::from_str(&read("infrastructure/platform/environments.yaml")).unwrap();
    let image = environments["x-environments"]["local"]["kind"]["node-image"].as_str().unwrap();
    let variables = read("infrastructure/terraform/environments/prod/platform.tfvars");
    let line = variables.lines().find(|line| line.starts_with("kubernetes_version ")).unwrap();
    let minor = line.split('"').nth(1).unwrap();
    assert!(image.starts_with(&format!("kindest/node:v{minor}.")), "{image} and EKS {minor}");
}
