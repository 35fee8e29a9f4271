//! The API server of the tests, kept honest by the real kubectl: every verb that the tool uses.

use std::process::Command;
use std::time::Duration;

use rideshare_tests::apiserver::{ExecOutcome, Step, controllers};
use rideshare_tests::run::{Run, run};
use serde_json::json;

use crate::support::{Machine, overlay, start, until, workload};

fn kubectl(machine: &Machine, arguments: &[&str]) -> Command {
    let mut command = Command::new("kubectl");
    machine.surround(&mut command);
    command.args(["--context", "kind-rideshare-local"]).args(arguments);
    command
}

fn apply(machine: &Machine, more: &[&str]) -> Run {
    let folder = overlay(machine, "small", &[]).display().to_string();
    let arguments = ["apply", "--server-side", "--validate=false", "-k", &folder];
    run(&mut kubectl(machine, &[&arguments, more].concat()))
}

#[test]
fn kubectl_applies_gets_waits_and_deletes() {
    let Some(machine) = Machine::new() else { return };
    let applied = apply(&machine, &[]).expect(0);
    assert!(
        applied.stdout.contains("deployment.apps/web serverside-applied"),
        "{}",
        applied.stdout
    );
    run(&mut kubectl(
        &machine,
        &["wait", "--for=condition=Available", "deployment/web", "-n", "small", "--timeout=10s"],
    ))
    .expect(0);
    run(&mut kubectl(
        &machine,
        &["rollout", "status", "deployment/web", "-n", "small", "--timeout=10s"],
    ))
    .expect(0);
    let pods =
        run(&mut kubectl(&machine, &["get", "pods", "-n", "small", "-l", "app=web", "-o", "name"]))
            .expect(0);
    assert_eq!(pods.stdout, "pod/web-0\n");
    let all = run(&mut kubectl(&machine, &["get", "deployments,services", "-A"])).expect(0);
    assert!(
        all.stdout.contains("deployment.apps/web") && all.stdout.contains("service/web"),
        "{}",
        all.stdout
    );
    let missing = run(&mut kubectl(&machine, &["get", "pod", "none", "-n", "small"])).expect(1);
    assert!(missing.stderr.contains("(NotFound): pods \"none\" not found"), "{}", missing.stderr);
    run(&mut kubectl(&machine, &["delete", "deployment", "web", "-n", "small", "--timeout=10s"]))
        .expect(0);
    assert!(machine.server.get("Deployment", "small", "web").is_none());
}

#[test]
fn kubectl_meets_conflicts_as_on_a_real_server() {
    let Some(machine) = Machine::new() else { return };
    apply(&machine, &["--field-manager=one"]).expect(0);
    let folder = machine.path("small").display().to_string();
    let text = machine.read("small/objects.yaml").replace("replicas: 1", "replicas: 2");
    machine.write("small/objects.yaml", &text);
    let arguments =
        ["apply", "--server-side", "--validate=false", "-k", &folder, "--field-manager=two"];
    let refused = run(&mut kubectl(&machine, &arguments)).expect(1);
    assert!(refused.stderr.contains("conflict with \"one\": .spec.replicas"), "{}", refused.stderr);
    run(&mut kubectl(&machine, &[&arguments[..], &["--force-conflicts"]].concat())).expect(0);
    let shown = ["get", "deployment", "web", "-n", "small", "--show-managed-fields", "-o", "json"];
    let object: serde_json::Value =
        serde_json::from_str(&run(&mut kubectl(&machine, &shown)).expect(0).stdout).unwrap();
    assert_eq!(object["spec"]["replicas"], 2);
    let owner = |name: &str| {
        let entries = object["metadata"]["managedFields"].as_array().unwrap();
        let entry = entries.iter().find(|entry| entry["manager"] == name).unwrap();
        entry.pointer("/fieldsV1/f:spec/f:replicas").is_some()
    };
    assert!(owner("two") && !owner("one"));
}

#[test]
fn kubectl_watches_over_a_history_that_is_gone() {
    let Some(machine) = Machine::new() else { return };
    machine.server.behave(|event| match event.object["kind"].as_str() {
        Some("Deployment") => Vec::new(),
        _ => controllers::usual(event),
    });
    apply(&machine, &[]).expect(0);
    let waiting = start(&mut kubectl(
        &machine,
        &[
            "wait",
            "--for=jsonpath={.status.replicas}=1",
            "deployment/web",
            "-n",
            "small",
            "--timeout=20s",
        ],
    ));
    until("the watch", || machine.server.watches("deployments") > 0);
    machine.server.expire_watches();
    machine.server.merge("Deployment", "small", "web", json!({"status": {"replicas": 1}}));
    let waited: Run = waiting.wait_with_output().unwrap().into();
    waited.expect(0);
}

#[test]
fn kubectl_runs_commands_and_reads_logs_and_events() {
    let Some(machine) = Machine::new() else { return };
    apply(&machine, &[]).expect(0);
    machine.server.wait("Pod", "small", "web-0", |pod| pod["status"]["phase"] == "Running");
    machine.server.on_exec(|call| {
        assert_eq!((call.pod.as_str(), call.container.as_str()), ("web-0", "main"));
        ExecOutcome {
            stdout: format!("{}\n", call.command.join(" ")).into_bytes(),
            stderr: b"beside\n".to_vec(),
            status: if call.command[0] == "false" { 5 } else { 0 },
        }
    });
    let echoed = run(&mut kubectl(
        &machine,
        &["exec", "web-0", "-c", "main", "-n", "small", "--", "echo", "a b"],
    ))
    .expect(0);
    assert_eq!((echoed.stdout.as_str(), echoed.stderr.as_str()), ("echo a b\n", "beside\n"));
    run(&mut kubectl(&machine, &["exec", "web-0", "-c", "main", "-n", "small", "--", "false"]))
        .expect(5);
    machine.server.log("web-0", "one\ntwo\n");
    let log =
        run(&mut kubectl(&machine, &["logs", "web-0", "-n", "small", "-c", "main", "--tail=1"]))
            .expect(0);
    assert_eq!(log.stdout, "two\n");
    machine.server.put(json!({"apiVersion": "v1", "kind": "Event",
        "metadata": {"name": "e", "namespace": "small"}, "reason": "Pulled", "type": "Normal",
        "message": "image is there", "lastTimestamp": "2026-01-01T00:00:00Z",
        "involvedObject": {"kind": "Pod", "name": "web-0", "namespace": "small", "apiVersion": "v1"}}));
    let events =
        run(&mut kubectl(&machine, &["events", "-n", "small", "--for", "pod/web-0"])).expect(0);
    assert!(events.stdout.contains("image is there"), "{}", events.stdout);
}

#[test]
fn scripted_transitions_happen_when_they_are_said_to() {
    let Some(machine) = Machine::new() else { return };
    machine.server.behave(|event| match (event.object["kind"].as_str(), event.fresh) {
        (Some("Job"), true) => vec![
            (Duration::from_millis(50), controllers::status(&event.object, json!({"active": 1}))),
            (
                Duration::from_millis(100),
                Step::Delete { kind: "Job".into(), namespace: "small".into(), name: "j".into() },
            ),
        ],
        _ => controllers::usual(event),
    });
    apply(&machine, &[]).expect(0);
    machine.server.put(workload("Job", "j"));
    machine.server.wait("Job", "small", "j", |job| job["status"]["active"] == 1);
    run(&mut kubectl(&machine, &["wait", "--for=delete", "job/j", "-n", "small", "--timeout=10s"]))
        .expect(0);
}
