//! `create`: the components that are installed beside the platform.

use common::yaml::plain;
use std::fs;

use rideshare_tests::apiserver::controllers;
use rideshare_tests::port;
use rideshare_tests::run::{Run, run};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::create::{create, nodes_join};
use crate::support::{Machine, definition};

pub(crate) fn component(machine: &Machine, more: &str) -> String {
    let crd = definition("g.example", "v1", "Thing", "things", "Namespaced");
    let operator = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "operator"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "o"}},
                 "template": {"metadata": {"labels": {"app": "o"}}, "spec": {"containers": [{"name": "o", "image": "o:1"}]}}}});
    let manifest =
        format!("{}---\n{}", plain::to_string(&crd).unwrap(), plain::to_string(&operator).unwrap());
    machine.write("files/operator-1.yaml", &manifest);
    machine.write("files/chart-2.tgz", "a chart");
    let mut chart = operator;
    chart["metadata"]["name"] = json!("external-secrets");
    let hook = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "try", "annotations": {"helm.sh/hook": "test"}}});
    machine.write(
        "fake/chart.yaml",
        &format!("{}---\n{}", plain::to_string(&chart).unwrap(), plain::to_string(&hook).unwrap()),
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

pub(crate) fn with_components(machine: &Machine, more: &[&str]) -> Option<Run> {
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
    for step in ["installing operator 1 (1 of 2)", "installing charted 2 (2 of 2)"] {
        assert!(done.stderr.contains(step), "{step}: {}", done.stderr);
    }
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
    // Installed objects are recorded, and missed when they go.
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
        let more = ["--components", &file, "--update-lock", "--timeout", "10s"];
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
    let port = port::free();
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
    // A cached file needs neither.
    run(&mut create(&machine, &["--components", &file]).unwrap()).expect(0);
    // A cache that was tampered with is no source.
    for entry in fs::read_dir(machine.path("home/.cache/kind-cluster")).unwrap() {
        fs::write(entry.unwrap().path(), "changed").unwrap();
    }
    run(&mut create(&machine, &["--components", &file]).unwrap()).expect(3);
}
