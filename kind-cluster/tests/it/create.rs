//! `create`: from nothing, again, half-made, stopped, drifted, and failing at every step.

use std::fs;
use std::path::Path;
use std::process::Command;

use rideshare_tests::apiserver::controllers;
use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};
use rustix::process::Signal;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::preflight::config;
use crate::support::{GIB, Machine, definition, free_port, node, signal, start, until};

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
fn create(machine: &Machine, more: &[&str]) -> Option<Command> {
    let file = match machine.path("fake/ports").exists() {
        true => machine.path("cluster.yaml").display().to_string(),
        false => config(machine, &[free_port()]),
    };
    let mut arguments = vec!["create", "--kind-config", &file];
    if !more.contains(&"--components") {
        arguments.push("--no-components");
    }
    arguments.extend(more);
    ready(machine, &arguments)
}

fn nodes_join(machine: &Machine) {
    machine.nodes();
    machine.server.put(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "kubeadm-config", "namespace": "kube-system"},
        "data": {"ClusterConfiguration": "networking:\n  podSubnet: 10.244.0.0/16\n  serviceSubnet: 10.96.0.0/12\n"}}));
}

#[test]
fn nothing_there_is_created_capped_and_the_current_context_stays() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    machine.write("home/config", &machine.hostile.kubeconfig("production"));
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
fn deletions(machine: &Machine) -> Vec<String> {
    machine.calls().into_iter().filter(|call| call.starts_with("kind delete")).collect()
}

/// A cluster whose creation was interrupted before kubeadm had made a control plane.
fn unmade() -> Option<Machine> {
    let machine = Machine::with_cluster()?;
    nodes_join(&machine);
    config(&machine, &[]);
    fs::remove_file(machine.path("fake/admin.conf")).unwrap();
    Some(machine)
}

#[test]
fn what_never_had_a_control_plane_is_made_anew_and_the_dry_run_says_so() {
    let Some(machine) = unmade() else { return };
    let Some(mut plan) = create(&machine, &["--dry-run"]) else { return };
    let plan = run(&mut plan).expect(0);
    assert!(plan.stdout.contains("half-made, to be deleted"), "{}", plan.stdout);
    assert!(plan.stdout.contains("to be created"), "{}", plan.stdout);
    assert_eq!(deletions(&machine), Vec::<String>::new());
    let again = run(&mut create(&machine, &[]).unwrap()).expect(0);
    assert!(
        again.stdout.contains("half-made, deleted: rideshare-local-control-plane was never set up")
            && again.stdout.contains("created"),
        "{}",
        again.stdout
    );
    let deleted = deletions(&machine);
    assert!(deleted[0].contains("--kubeconfig"), "kind must not touch the user's: {deleted:?}");
    machine.expect_hostile_untouched();
}

#[test]
fn an_answer_that_is_none_deletes_nothing() {
    let Some(machine) = unmade() else { return };
    machine.fail("docker-exec", "Error response from daemon: container is restarting\n");
    let Some(mut command) = create(&machine, &[]) else { return };
    run(&mut command).expect(3);
    fs::remove_file(machine.path("fake/fail/docker-exec")).unwrap();
    // Killed without a word, on the control plane and then on a worker.
    machine.write("fake/silent/rideshare-local-control-plane", "");
    let silent = run(&mut create(&machine, &[]).unwrap()).expect(3);
    assert!(silent.stderr.contains("error[node-answer]"), "{}", silent.stderr);
    fs::remove_file(machine.path("fake/silent/rideshare-local-control-plane")).unwrap();
    machine.write("fake/silent/rideshare-local-worker2", "");
    for more in [&[][..], &["--recreate"]] {
        let silent = run(&mut create(&machine, more).unwrap()).expect(1);
        assert!(
            silent.stderr.contains("error[half-made]")
                && silent.stderr.contains("rideshare-local-worker2 cannot be asked"),
            "{}",
            silent.stderr
        );
    }
    assert_eq!(deletions(&machine), Vec::<String>::new());
}

#[test]
fn without_a_control_plane_the_data_on_the_workers_stays() {
    let Some(machine) = unmade() else { return };
    fs::remove_file(machine.path("fake/nodes/rideshare-local-control-plane")).unwrap();
    machine.write("fake/data/rideshare-local-worker", "");
    let Some(mut command) = create(&machine, &["--recreate"]) else { return };
    let kept = run(&mut command).expect(1);
    assert!(
        kept.stderr.contains("it has no control plane")
            && kept.stderr.contains("volumes on rideshare-local-worker hold data")
            && kept.stderr.contains("teardown --discard-data"),
        "{}",
        kept.stderr
    );
    assert_eq!(deletions(&machine), Vec::<String>::new());
    fs::remove_file(machine.path("fake/data/rideshare-local-worker")).unwrap();
    run(&mut create(&machine, &[]).unwrap()).expect(0);
    assert_eq!(deletions(&machine).len(), 1);
}

#[test]
fn a_creation_that_ended_after_the_control_plane_is_said_at_once() {
    let Some(machine) = Machine::with_cluster() else { return };
    nodes_join(&machine);
    config(&machine, &[80, 443, 30000, 30001]);
    machine.server.delete("Node", "", "rideshare-local-worker2");
    machine.server.delete("DaemonSet", "kube-system", "kindnet");
    machine.server.delete("StorageClass", "", "standard");
    let started = std::time::Instant::now();
    for more in [&[][..], &["--dry-run"]] {
        let Some(mut command) = create(&machine, more) else { return };
        let said = run(&mut command).expect(1);
        for what in [
            "error[half-made]",
            "rideshare-local-worker2 never joined",
            "there is no DaemonSet/kindnet",
            "no default StorageClass",
            "create --recreate",
        ] {
            assert!(said.stderr.contains(what), "{what}: {}", said.stderr);
        }
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(deletions(&machine), Vec::<String>::new());
    // What the fake kind makes has joined, as far as the API server of the test knows.
    let mut command = create(&machine, &["--recreate"]).unwrap();
    let child = start(&mut command);
    until("a deletion", || !deletions(&machine).is_empty());
    machine.nodes();
    let made = Run::from(child.wait_with_output().unwrap()).expect(0);
    assert!(made.stdout.contains("created"), "{}", made.stdout);
}

#[test]
fn an_api_server_that_stays_silent_is_no_reason_to_delete_unless_somebody_asks() {
    let Some(machine) = Machine::with_cluster() else { return };
    nodes_join(&machine);
    config(&machine, &[]);
    let kubeconfig = machine.read("fake/kinds-kubeconfig");
    let silent =
        kubeconfig.replace(&format!(":{}", machine.server.port()), &format!(":{}", free_port()));
    machine.write("fake/kinds-kubeconfig", &silent);
    let Some(mut command) = create(&machine, &["--timeout", "3s"]) else { return };
    let unknown = run(&mut command).expect(3);
    assert!(unknown.stderr.contains("error[half-made-unknown]"), "{}", unknown.stderr);
    machine.write("fake/data/rideshare-local-worker", "");
    let asked = ["--timeout", "3s", "--recreate"];
    let kept = run(&mut create(&machine, &asked).unwrap()).expect(1);
    assert!(kept.stderr.contains("hold data"), "{}", kept.stderr);
    assert_eq!(deletions(&machine), Vec::<String>::new());
    fs::remove_file(machine.path("fake/data/rideshare-local-worker")).unwrap();
    let plan =
        run(&mut create(&machine, &[&asked[..], &["--dry-run"]].concat()).unwrap()).expect(0);
    assert!(
        plan.stdout.contains("half-made, to be deleted: its API server does not answer"),
        "{}",
        plan.stdout
    );
}

#[test]
fn a_cluster_is_deleted_only_when_the_new_one_can_be_made() {
    let Some(machine) = unmade() else { return };
    // Not locked, so not to be had.
    let Some(failed) = with_components(&machine, &[]) else { return };
    failed.expect(1);
    let info = machine.read("fake/info.json");
    machine.write("fake/info.json", &info.replace(&(32 * GIB).to_string(), &GIB.to_string()));
    let refused = run(&mut create(&machine, &[]).unwrap()).expect(1);
    assert!(refused.stderr.contains("error[docker-memory]"), "{}", refused.stderr);
    assert_eq!(deletions(&machine), Vec::<String>::new());
}

#[test]
fn a_second_creation_leaves_the_first_alone() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    machine.write("fake/hang", "");
    let Some(mut command) = create(&machine, &[]) else { return };
    let first = start(&mut command);
    until("nodes", || machine.path("fake/nodes/rideshare-local-worker2").exists());
    let impatient = ["--timeout", "1s"];
    for more in [&impatient[..], &["--dry-run"]] {
        let second = run(&mut create(&machine, more).unwrap()).expect(3);
        assert!(
            second.stderr.contains("error[cluster-busy]")
                && second.stderr.contains("create (process "),
            "{}",
            second.stderr
        );
    }
    // A kind that goes on alone keeps the lock.
    signal(first, Signal::KILL);
    let second = run(&mut create(&machine, &impatient).unwrap()).expect(3);
    assert!(second.stderr.contains("error[cluster-busy]"), "{}", second.stderr);
    assert_eq!(deletions(&machine), Vec::<String>::new());
    machine.end_kind();
    run(&mut create(&machine, &[]).unwrap()).expect(0);
}

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
    machine.write("cluster.yaml", &serde_yaml::to_string(&wanted).unwrap());
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
    assert!(again.stdout.contains("half-made, deleted"), "{}", again.stdout);
}

/// A file of one component, whose manifest is behind a file URL.
fn component(machine: &Machine, more: &str) -> String {
    let crd = definition("g.example", "v1", "Thing", "things", "Namespaced");
    let operator = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "operator"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "o"}},
                 "template": {"metadata": {"labels": {"app": "o"}}, "spec": {"containers": [{"name": "o", "image": "o:1"}]}}}});
    let manifest = format!(
        "{}---\n{}",
        serde_yaml::to_string(&crd).unwrap(),
        serde_yaml::to_string(&operator).unwrap()
    );
    machine.write("files/operator-1.yaml", &manifest);
    machine.write("files/chart-2.tgz", "a chart");
    let mut chart = operator;
    chart["metadata"]["name"] = json!("external-secrets");
    let hook = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "try", "annotations": {"helm.sh/hook": "test"}}});
    machine.write(
        "fake/chart.yaml",
        &format!(
            "{}---\n{}",
            serde_yaml::to_string(&chart).unwrap(),
            serde_yaml::to_string(&hook).unwrap()
        ),
    );
    let url = |name: &str| format!("file://{}", machine.path(name).display());
    let text = format!(
        "components:\n- name: operator\n  version: '1'\n  namespace: operators\n  manifests: [{}]\n  objects:\n  \
         - {{apiVersion: g.example/v1, kind: Thing, metadata: {{name: thing}}}}\n\
         - name: charted\n  version: '2'\n  kubernetes: {{from: '1.33', to: '1.36'}}\n  namespace: charted\n  chart: {}\n  values: {{a: 1}}\n  \
         secrets-manager: {{deployment: external-secrets, variable: ADDRESS}}\n{more}",
        url("files/operator-1.yaml"),
        url("files/chart-2.tgz")
    );
    machine.write("components/components.yaml", &text);
    machine.path("components/components.yaml").display().to_string()
}

fn with_components(machine: &Machine, more: &[&str]) -> Option<Run> {
    let file = component(machine, "");
    let mut command = create(machine, &[&["--components", &file], more].concat())?;
    Some(run(&mut command))
}

#[test]
fn components_are_installed_from_what_was_recorded_and_nothing_else() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    let Some(unknown) = with_components(&machine, &[]) else { return };
    let unknown = unknown.expect(1);
    assert_eq!(unknown.stderr.matches("error[not-locked]").count(), 2, "{}", unknown.stderr);
    assert!(
        !machine.calls().iter().any(|call| call.starts_with("kind create")),
        "found before anything is made"
    );
    let done = with_components(&machine, &["--update-lock"]).unwrap().expect(0);
    let lock = machine.read("components/components.lock");
    let sum: String = Sha256::digest(machine.read("files/operator-1.yaml"))
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert!(lock.contains(&format!("{sum}  file://")), "{lock}");
    assert!(machine.server.get("Thing", "operators", "thing").is_some());
    let charted = machine.server.get("Deployment", "charted", "external-secrets").unwrap();
    let address = &charted["spec"]["template"]["spec"]["containers"][0]["env"][0];
    assert_eq!(address["value"], "http://localstack.rideshare.svc.cluster.local:4566");
    assert!(done.stdout.contains("charted[component-skew]: 2 is made for Kubernetes 1.33 to 1.36, and the cluster has 1.32"), "{}", done.stdout);
    assert!(
        machine.server.get("Pod", "charted", "try").is_none(),
        "a chart's own test is not installed"
    );
    let helm = machine.calls().into_iter().find(|call| call.starts_with("helm template")).unwrap();
    assert!(helm.contains("--namespace charted --include-crds --values"), "{helm}");
    with_components(&machine, &[]).unwrap().expect(0);
    // What was installed is known, and missed when it goes.
    machine.server.delete("Deployment", "charted", "external-secrets");
    let missed = run(&mut machine.tool(&["status"])).expect(1);
    let said = "Deployment/external-secrets (charted)[missing]";
    assert!(missed.stdout.contains(said), "{}", missed.stdout);
}

#[test]
fn a_gateway_class_that_no_controller_takes_is_no_component_that_is_ready() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    let class = "- name: gateways\n  version: '1'\n  objects:\n  - apiVersion: gateway.networking.k8s.io/v1\n    \
                 kind: GatewayClass\n    metadata: {name: late}\n    spec: {controllerName: tests/late}\n";
    let answer = |machine: &Machine, status: &'static str, reason: &'static str| {
        machine.server.behave(move |event| match (event.object["kind"].as_str(), event.fresh) {
            (Some("GatewayClass"), true) if !reason.is_empty() => {
                let accepted = json!([{"type": "Accepted", "status": status, "reason": reason}]);
                let step = controllers::status(&event.object, json!({"conditions": accepted}));
                vec![(std::time::Duration::from_millis(300), step)]
            }
            (Some("GatewayClass"), _) => Vec::new(),
            _ => controllers::usual(event),
        });
    };
    let make = |machine: &Machine| {
        machine.server.delete("GatewayClass", "", "late");
        let file = component(machine, class);
        let more = ["--components", &file, "--update-lock", "--timeout", "4s"];
        Some(run(&mut create(machine, &more)?))
    };
    answer(&machine, "", "");
    let Some(never) = make(&machine) else { return };
    let never = never.expect(3);
    assert!(never.stderr.contains("GatewayClass/late"), "{}", never.stderr);
    answer(&machine, "False", "InvalidParameters");
    let refused = make(&machine).unwrap().expect(1);
    assert!(refused.stderr.contains("Accepted is False: InvalidParameters"), "{}", refused.stderr);
    answer(&machine, "True", "Accepted");
    make(&machine).unwrap().expect(0);
}

#[test]
fn a_changed_manifest_is_refused_even_when_the_lock_is_being_written() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    let Some(first) = with_components(&machine, &["--update-lock"]) else { return };
    first.expect(0);
    let file = machine.path("components/components.yaml").display().to_string();
    fs::remove_dir_all(machine.path("home/.cache")).unwrap();
    machine.write("files/operator-1.yaml", "kind: Evil\n");
    for more in [&[][..], &["--update-lock"]] {
        let arguments = [&["--components", file.as_str()], more].concat();
        let refused = run(&mut create(&machine, &arguments).unwrap()).expect(1);
        assert!(refused.stderr.contains("error[checksum-mismatch]"), "{}", refused.stderr);
    }
}

#[test]
fn without_a_network_a_folder_will_do_and_without_either_it_is_said() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    let file = component(&machine, "");
    let port = free_port();
    let text = machine.read("components/components.yaml").replace(
        &format!("file://{}", machine.path("files").display()),
        &format!("http://127.0.0.1:{port}"),
    );
    machine.write("components/components.yaml", &text);
    let Some(mut command) = create(&machine, &["--components", &file, "--update-lock"]) else {
        return;
    };
    let refused = run(&mut command).expect(3);
    assert!(refused.stderr.contains("error[download-failed]"), "{}", refused.stderr);
    let folder = machine.path("files").display().to_string();
    run(&mut create(
        &machine,
        &["--components", &file, "--update-lock", "--manifest-dir", &folder],
    )
    .unwrap())
    .expect(0);
    // What is in the cache needs neither.
    run(&mut create(&machine, &["--components", &file]).unwrap()).expect(0);
    // A cache that was tampered with is no source.
    for entry in fs::read_dir(machine.path("home/.cache/kind-cluster")).unwrap() {
        fs::write(entry.unwrap().path(), "changed").unwrap();
    }
    run(&mut create(&machine, &["--components", &file]).unwrap()).expect(3);
}

#[test]
fn a_machine_that_is_not_ready_gets_no_cluster() {
    let Some(machine) = Machine::new() else { return };
    machine.write(
        "fake/info.json",
        &json!({"ServerVersion": "28", "MemTotal": GIB, "CgroupVersion": "2", "MemoryLimit": true})
            .to_string(),
    );
    let Some(mut command) = create(&machine, &[]) else { return };
    let refused = run(command.env("FAKE_HELM", "v2.0.0")).expect(1);
    assert!(
        refused.stderr.contains("error[docker-memory]")
            && refused.stderr.contains("error[helm-version]"),
        "{}",
        refused.stderr
    );
    assert!(!machine.calls().iter().any(|call| call.starts_with("kind create")));
}
