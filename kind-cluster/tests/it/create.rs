//! `create`: from nothing, again, half-made, stopped, drifted, and failing at every step.

use common::yaml::plain;
use std::fs;
use std::path::Path;
use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::{peers, port};
use rustix::process::Signal;
use serde_json::json;

use crate::preflight::config;
use crate::support::{GIB, Machine, node, signal, start, until};

/// A machine whose kernel settings and disk are as they should be: mounts of its own stand in
/// front of this one's, which takes root.
pub(crate) fn ready(machine: &Machine, arguments: &[&str]) -> Option<Command> {
    if !rustix::process::geteuid().is_root() {
        peers::skip("root, for mounts of the test's own,");
        return None;
    }
    machine.write("limits/max_user_watches", "524288\n");
    machine.write("limits/max_user_instances", "512\n");
    let script = "for f in max_user_watches max_user_instances; do mount --bind \"$LIMITS/$f\" /proc/sys/fs/inotify/$f; done
        mount -t tmpfs -o size=100g tmpfs /var/lib && mkdir /var/lib/docker && exec \"$@\"";
    let mut command = Command::new("unshare");
    machine.surround(&mut command);
    command.env("LIMITS", machine.path("limits"));
    command
        .args(["--mount", "sh", "-c", script, "sh"])
        .arg(env!("CARGO_BIN_EXE_kind-cluster"))
        .args(arguments);
    Some(command)
}

/// `create` with a configuration of its own port, without components unless they are named.
pub(crate) fn create(machine: &Machine, more: &[&str]) -> Option<Command> {
    let file = match machine.path("fake/ports").exists() {
        true => machine.path("cluster.yaml").display().to_string(),
        false => config(machine, &[port::free()]),
    };
    let mut arguments = vec!["create", "--kind-config", &file];
    if !more.contains(&"--components") {
        arguments.push("--no-components");
    }
    arguments.extend(more);
    ready(machine, &arguments)
}

/// Nodes that a creation makes have joined, and the kubeconfig does not know the cluster yet.
pub(crate) fn nodes_join(machine: &Machine) {
    machine.nodes();
    machine.write("home/config", &machine.hostile.kubeconfig("production"));
    machine.server.put(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "kubeadm-config", "namespace": "kube-system"},
        "data": {"ClusterConfiguration": "networking:\n  podSubnet: 10.244.0.0/16\n  serviceSubnet: 10.96.0.0/12\n"}}));
}

#[test]
fn nothing_there_is_created_capped_and_the_current_context_stays() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    let Some(mut command) = create(&machine, &[]) else { return };
    let done = run(&mut command).expect(0);
    insta::assert_snapshot!(done.stdout);
    let kind = machine.read("fake/kind-config");
    assert!(kind.contains("system-reserved: memory=31744Mi"), "{kind}");
    let calls = machine.calls();
    let made = calls.iter().find(|call| call.starts_with("kind create")).unwrap();
    assert!(made.contains("--kubeconfig") && made.contains("--wait 0s"), "{made}");
    assert!(
        machine
            .read("fake/nodes/rideshare-local-worker")
            .contains(&format!("\"Memory\":{}", 9 * GIB / 2))
    );
    assert!(machine.read("home/config").contains("name: kind-rideshare-local"));
    machine.expect_hostile_untouched();
    // There and right: nothing to do.
    let before = machine.calls().len();
    run(&mut create(&machine, &[]).unwrap()).expect(0);
    let more: Vec<String> = machine.calls()[before..].to_vec();
    assert!(
        !more.iter().any(|c| ["create", "update", "start", "delete"]
            .iter()
            .any(|word| c.split(' ').nth(1) == Some(*word))),
        "{more:?}"
    );
}

#[test]
fn a_dry_run_of_nothing_says_everything_and_calls_only_questions() {
    let Some(machine) = Machine::new() else { return };
    machine.write("home/config", &machine.hostile.kubeconfig("production"));
    let components =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../infrastructure/config/kind/components.yaml");
    let components = components.display().to_string();
    let Some(mut command) = create(&machine, &["--dry-run", "--components", &components]) else {
        return;
    };
    let plan = run(&mut command).expect(0);
    insta::assert_snapshot!(plan.stdout);
    assert!(!machine.calls().iter().any(|call| call.starts_with("kind create")));
}

#[test]
fn nodes_that_were_stopped_start() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    let Some(mut first) = create(&machine, &[]) else { return };
    run(&mut first).expect(0);
    for node in ["rideshare-local-worker", "rideshare-local-control-plane"] {
        let file = format!("fake/nodes/{node}");
        machine.write(&file, &machine.read(&file).replace("\"Running\":true", "\"Running\":false"));
    }
    let started = run(&mut create(&machine, &[]).unwrap()).expect(0);
    assert_eq!(started.stdout.matches("started").count(), 2, "{}", started.stdout);
}

/// Calls that take something away.
#[test]
fn drift_is_shown_with_every_difference() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    let Some(mut first) = create(&machine, &[]) else { return };
    run(&mut first).expect(0);
    config(&machine, &[8080]);
    fs::remove_file(machine.path("fake/nodes/rideshare-local-worker2")).unwrap();
    machine.server.merge("ConfigMap", "kube-system", "kubeadm-config",
        json!({"data": {"ClusterConfiguration": "networking: {podSubnet: 10.0.0.0/16, serviceSubnet: 10.96.0.0/12}"}}));
    let drifted = run(&mut create(&machine, &[]).unwrap()).expect(1);
    for said in [
        "1 nodes are worker, and the configuration has 2",
        "not published, and the configuration has 8080",
        "10.0.0.0/16, and the configuration has 10.244.0.0/16",
    ] {
        assert!(drifted.stdout.contains(said), "{said}: {}", drifted.stdout);
    }
}

#[test]
fn drift_of_one_node_is_said_of_that_node() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    let Some(mut first) = create(&machine, &[]) else { return };
    run(&mut first).expect(0);
    let port: u16 = machine.read("fake/ports").trim().parse().unwrap();
    let wanted = json!({"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "name": "rideshare-local",
        "nodes": [
            {"role": "control-plane", "image": "kindest/node:v1.33.7@sha256:a", "labels": {"zone": "a"},
             "extraPortMappings": [{"containerPort": port, "hostPort": port, "listenAddress": "127.0.0.1"}]},
            {"role": "worker", "extraMounts": [{"hostPath": "/srv/data", "containerPath": "/data"}]},
            {"role": "worker", "extraPortMappings": [{"containerPort": 9, "hostPort": 9}]}]});
    machine.write("cluster.yaml", &plain::to_string(&wanted).unwrap());
    for name in ["rideshare-local-control-plane", "rideshare-local-worker"] {
        let file = format!("fake/nodes/{name}");
        let image = "\"Config\":{\"Image\":\"kindest/node:v1.32.2\",";
        machine.write(&file, &machine.read(&file).replace("\"Config\":{", image));
    }
    machine.server.merge(
        "Node",
        "",
        "rideshare-local-control-plane",
        json!({"status": {"nodeInfo": {"kubeletVersion": "v1.32.2"}}}),
    );
    let drifted = run(&mut create(&machine, &[]).unwrap()).expect(1);
    let plane = "of rideshare-local-control-plane[drift]";
    for said in [
        format!("image {plane}: kindest/node:v1.32.2, and the configuration has kindest/node:v1.33.7@sha256:a"),
        format!("port {port}/tcp {plane}: {port}, and the configuration has 127.0.0.1:{port}"),
        format!("label zone {plane}: no value, and the configuration has a"),
        format!("Kubernetes {plane}: v1.32.2, and the configuration has 1.33"),
        "folder /data of rideshare-local-worker[drift]: nothing, and the configuration has /srv/data".into(),
        "port 9/tcp of rideshare-local-worker2[drift]: not published, and the configuration has 9".into(),
    ] {
        assert!(drifted.stdout.contains(&said), "{said}: {}", drifted.stdout);
    }
    assert_eq!(drifted.stdout.matches("[drift]").count(), 6, "{}", drifted.stdout);
}

#[test]
fn every_node_must_be_ready_in_time() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    machine.server.put(node("rideshare-local-worker2", "False"));
    let Some(mut command) = create(&machine, &["--timeout", "2s"]) else { return };
    let late = run(&mut command).expect(3);
    assert!(late.stderr.contains("error[nodes-not-ready]"), "{}", late.stderr);
    assert!(late.stderr.contains("rideshare-local-worker2"), "{}", late.stderr);
}

#[test]
fn each_step_that_fails_is_said_and_the_next_run_finishes() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    for (step, status, code) in [
        ("kind-create", 3, "create-failed"),
        ("docker-update", 3, "program-failed"),
        ("kind-get", 3, "program-failed"),
        ("docker-ps", 3, "docker-stopped"),
    ] {
        let text = if step == "docker-ps" {
            "Cannot connect to the Docker daemon. Is the docker daemon running?\n"
        } else {
            "it is broken\n"
        };
        machine.fail(step, text);
        let Some(mut command) = create(&machine, &[]) else { return };
        let failed = run(&mut command).expect(status);
        assert!(failed.stderr.contains(&format!("error[{code}]")), "{step}: {}", failed.stderr);
        fs::remove_file(machine.path(&format!("fake/fail/{step}"))).unwrap();
    }
    run(&mut create(&machine, &[]).unwrap()).expect(0);
}

#[test]
fn an_interrupted_creation_ends_kind_too_and_can_be_repeated() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    machine.write("fake/hang", "");
    let Some(mut command) = create(&machine, &[]) else { return };
    let child = start(&mut command);
    until("nodes", || machine.path("fake/nodes/rideshare-local-worker2").exists());
    signal(child, Signal::INT).expect(130);
    let kind = machine.read("fake/kind-process");
    until("the end of kind", || !Path::new("/proc").join(kind.trim()).exists());
    fs::remove_file(machine.path("fake/hang")).unwrap();
    let again = run(&mut create(&machine, &[]).unwrap()).expect(0);
    assert!(again.stdout.contains("incomplete, deleted"), "{}", again.stdout);
}

#[test]
fn a_machine_that_is_not_ready_gets_no_cluster() {
    let Some(machine) = Machine::new() else { return };
    machine.write("home/config", &machine.hostile.kubeconfig("production"));
    machine.write(
        "fake/info.json",
        &json!({"ServerVersion": "28", "MemTotal": GIB, "CgroupVersion": "2", "MemoryLimit": true})
            .to_string(),
    );
    let Some(mut command) = create(&machine, &[]) else { return };
    let refused = run(command.env("FAKE_KIND", "v0.2.0")).expect(1);
    assert!(
        refused.stderr.contains("error[docker-memory]")
            && refused.stderr.contains("error[kind-version]"),
        "{}",
        refused.stderr
    );
    assert!(!machine.calls().iter().any(|call| call.starts_with("kind create")));
}
