//! `preflight`: every way in which a machine is not ready, all at once.

use common::yaml::plain;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use rideshare_tests::port;
use rideshare_tests::run::run;
use serde_json::{Value, json};

use crate::support::{GIB, Machine};

/// A Kind configuration that publishes these ports.
pub(crate) fn config(machine: &Machine, ports: &[u16]) -> String {
    let mappings: Vec<Value> = ports
        .iter()
        .map(|port| json!({"containerPort": port, "hostPort": port, "protocol": "TCP"}))
        .collect();
    let config = json!({"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "name": "rideshare-local",
        "networking": {"podSubnet": "10.244.0.0/16", "serviceSubnet": "10.96.0.0/12"},
        "nodes": [{"role": "control-plane", "extraPortMappings": mappings}, {"role": "worker"}, {"role": "worker"}]});
    machine.write("cluster.yaml", &plain::to_string(&config).unwrap());
    let lines: String = ports.iter().map(|port| format!("{port}\n")).collect();
    machine.write("fake/ports", &lines);
    machine.path("cluster.yaml").display().to_string()
}

/// Code of each check that failed.
fn codes(stdout: &str) -> Vec<String> {
    let answer: Value = serde_json::from_str(stdout).unwrap_or_else(|_| panic!("{stdout}"));
    let failed = answer["checks"].as_array().unwrap().iter().filter(|c| c["outcome"] == "failed");
    failed.map(|check| check["code"].as_str().unwrap().to_owned()).collect()
}

/// Kernel and disk are this machine's own, and may be short.
fn without_machine(codes: Vec<String>) -> Vec<String> {
    codes
        .into_iter()
        .filter(|code| !code.starts_with("inotify") && !code.starts_with("disk"))
        .collect()
}

fn preflight(machine: &Machine, ports: &[u16]) -> std::process::Command {
    let config = config(machine, ports);
    machine.tool(&["preflight", "--format", "json", "--kind-config", &config])
}

#[test]
fn a_machine_that_is_ready() {
    let Some(machine) = Machine::new() else { return };
    let done = run(&mut preflight(&machine, &[port::free()]));
    assert_eq!(without_machine(codes(&done.stdout)), Vec::<String>::new(), "{}", done.stdout);
    assert!(
        machine
            .calls()
            .iter()
            .all(|call| ["info", "version", "ps"].iter().any(|read| call.contains(read)))
    );
}

#[test]
fn everything_that_is_wrong_is_said_at_once_and_quickly() {
    let Some(machine) = Machine::new() else { return };
    machine.fail("docker-info", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n");
    machine.fail("kind-version", "kind: broken\n");
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let started = Instant::now();
    let mut command = preflight(&machine, &[taken.local_addr().unwrap().port()]);
    let done = run(command.env("FAKE_HELM", "v3.1.2")).expect(1);
    assert!(started.elapsed() < Duration::from_secs(6));
    assert_eq!(
        without_machine(codes(&done.stdout)),
        ["docker-stopped", "kind-version", "helm-version", "port-taken"]
    );
}

#[test]
fn programs_that_are_missing_too_old_or_hang() {
    let Some(machine) = Machine::new() else { return };
    let mut command = preflight(&machine, &[]);
    let done = run(command.env("PATH", "/nonexistent")).expect(1);
    assert_eq!(
        without_machine(codes(&done.stdout)),
        ["docker-missing", "kind-missing", "kubectl-missing", "helm-missing"]
    );
    let done = run(preflight(&machine, &[]).env("FAKE_KIND", "v0.26.0")).expect(1);
    assert_eq!(without_machine(codes(&done.stdout)), ["kind-version"]);
    machine.program("bin/docker", "#!/bin/sh\nsleep 30\n");
    let started = Instant::now();
    let done = run(&mut preflight(&machine, &[])).expect(1);
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    assert_eq!(without_machine(codes(&done.stdout)), ["no-answer"]);
}

/// Puts a program that sleeps on a command in front of a fake.
fn slow(machine: &Machine, program: &str, command: &str) {
    let real = machine.path(&format!("bin/{program}"));
    let target = std::fs::read_link(&real).unwrap().display().to_string();
    let script = format!("#!/bin/sh\n[ \"$1\" != {command} ] || sleep 8\nexec '{target}' \"$@\"\n");
    machine.program(&format!("bin/{program}"), &script);
}

#[test]
fn what_is_slow_has_a_code_of_its_own_and_holds_up_nothing() {
    for (program, command) in
        [("docker", "info"), ("docker", "ps"), ("kind", "version"), ("helm", "version")]
    {
        let Some(machine) = Machine::with_cluster() else { return };
        slow(&machine, program, command);
        let taken = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let started = Instant::now();
        let done = run(&mut preflight(&machine, &[port])).expect(1);
        assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
        // Without docker's answer the port may be the cluster's own.
        let port = if command == "ps" { &["no-answer"][..] } else { &["no-answer", "port-taken"] };
        assert_eq!(without_machine(codes(&done.stdout)), port, "{program} {command}");
    }
}

#[test]
fn a_missing_configuration_is_one_failure_among_the_others() {
    let Some(machine) = Machine::new() else { return };
    let nowhere = machine.path("nowhere.yaml").display().to_string();
    let arguments = ["preflight", "--format", "json", "--kind-config", &nowhere];
    let done = run(machine.tool(&arguments).env("FAKE_HELM", "v3.1.2")).expect(1);
    assert_eq!(without_machine(codes(&done.stdout)), ["helm-version", "no-such-path"]);
    let done = run(&mut machine.tool(&["doctor", "--kind-config", &nowhere])).expect(1);
    assert!(
        done.stdout.matches("[no-such-path]").count() == 1 && done.stdout.contains("engine"),
        "{}",
        done.stdout
    );
}

#[test]
fn an_engine_with_too_little_memory_or_without_limits() {
    let Some(machine) = Machine::new() else { return };
    let info = json!({"ServerVersion": "28.0.1", "MemTotal": 8 * GIB, "CgroupVersion": "1", "MemoryLimit": false});
    machine.write("fake/info.json", &info.to_string());
    let done = run(&mut preflight(&machine, &[])).expect(1);
    assert_eq!(without_machine(codes(&done.stdout)), ["docker-memory", "cgroup-memory"]);
    assert!(done.stdout.contains("cgroup-v1"), "{}", done.stdout);
}

#[test]
fn the_cluster_itself_is_not_in_its_own_way() {
    let Some(machine) = Machine::with_cluster() else { return };
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let node = machine
        .read("fake/nodes/rideshare-local-control-plane")
        .replace("\"HostPort\":\"80\"", &format!("\"HostPort\":\"{port}\""));
    machine.write("fake/nodes/rideshare-local-control-plane", &node);
    let done = run(&mut preflight(&machine, &[port]));
    assert_eq!(without_machine(codes(&done.stdout)), Vec::<String>::new());
    assert!(done.stdout.contains("held by this cluster"));
}
