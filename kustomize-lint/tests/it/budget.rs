//! Where the edge of a budget is, and what `budget` prints.

use std::fs;
use std::path::Path;
use std::process::Command;

use rideshare_tests::run::{Run, run};
use rideshare_tests::{peers, root};
use serde_json::Value;

/// An overlay in a folder of its own, with 10 GiB and five nodes.
fn overlay(folder: &Path, objects: &str) {
    let configuration =
        "[[environment]]\npath = '.'\nbudget = '12Gi'\nreserved = '2Gi'\nnodes = 5\n";
    fs::write(folder.join(".kustomize-lint.toml"), configuration).unwrap();
    fs::write(folder.join("kustomization.yaml"), "resources: [all.yaml]\n").unwrap();
    fs::write(folder.join("all.yaml"), objects).unwrap();
}

fn lint(folder: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
    run(command.current_dir(folder).args(arguments))
}

/// A workload of `kind`, its spec in flow style with the pod's spec in the place of `POD`.
fn workload(kind: &str, spec: &str, pod: &str) -> String {
    let api = match kind {
        "Pod" => "v1",
        "Job" | "CronJob" => "batch/v1",
        _ => "apps/v1",
    };
    let spec = spec.replace("POD", pod);
    format!("---\napiVersion: {api}\nkind: {kind}\nmetadata: {{name: web}}\nspec: {spec}\n")
}

fn container(memory: &str) -> String {
    format!("{{name: web, image: 'web:1', resources: {{limits: {{memory: {memory}}}}}}}")
}

/// A pod's spec with one container.
fn pod(memory: &str) -> String {
    format!("{{containers: [{}]}}", container(memory))
}

/// One byte more, in a pod of its own.
fn byte() -> String {
    workload("Pod", "POD", &pod("1")).replace("{name: web}", "{name: byte}")
}

const TEMPLATE: &str = "{template: {spec: POD}}";

#[test]
fn ten_gibibytes_fit_and_one_byte_more_does_not() {
    let hpa = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n\
        spec: {maxReplicas: 8, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n";
    let keda = "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web}\n\
        spec: {maxReplicaCount: 10, scaleTargetRef: {kind: StatefulSet, name: web}}\n";
    let init = |first: &str, second: &str, sidecar: bool, main: &str| {
        let again = if sidecar { ", restartPolicy: Always" } else { "" };
        let first = container(first).replace("name: web,", &format!("name: a{again},"));
        let second = container(second).replace("name: web,", "name: b,");
        format!("{{initContainers: [{first}, {second}], containers: [{}]}}", container(main))
    };
    let limits = "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: web}\n\
        spec: {limits: [{type: Container, default: {memory: 2Gi}}]}\n";
    let cases = [
        ("one pod", workload("Pod", "POD", &pod("10Gi"))),
        (
            "replicas",
            workload("StatefulSet", "{replicas: 4, template: {spec: POD}}", &pod("2560Mi")),
        ),
        ("several containers", {
            let two = format!("{{containers: [{0}, {0}]}}", container("5Gi"));
            workload("Pod", "POD", &two)
        }),
        // The larger init container counts, not their sum, as they run one after the other.
        ("init containers", workload("Pod", "POD", &init("10Gi", "9Gi", false, "1Gi"))),
        // The sidecar runs beside the init container behind it …
        ("a sidecar while starting", workload("Pod", "POD", &init("1Gi", "9Gi", true, "1Gi"))),
        // … and beside the main containers.
        ("a sidecar", workload("Pod", "POD", &init("4Gi", "1Gi", true, "6Gi"))),
        (
            "overhead",
            workload("Pod", "POD", &pod("9Gi").replacen('{', "{overhead: {memory: 1Gi}, ", 1)),
        ),
        ("a limit for the pod", {
            let whole = pod("3Gi").replacen('{', "{resources: {limits: {memory: 10Gi}}, ", 1);
            workload("Pod", "POD", &whole)
        }),
        ("nodes", workload("DaemonSet", TEMPLATE, &pod("2Gi"))),
        ("surge of a DaemonSet", {
            let spec = "{updateStrategy: {rollingUpdate: {maxSurge: 50%}}, template: {spec: POD}}";
            workload("DaemonSet", spec, &pod("1280Mi"))
        }),
        // A quarter of one, rounded up, is one.
        ("surge", workload("Deployment", TEMPLATE, &pod("5Gi"))),
        ("surge in percent", {
            let spec =
                "{replicas: 6, strategy: {rollingUpdate: {maxSurge: 60%}}, template: {spec: POD}}";
            workload("Deployment", spec, &pod("1Gi"))
        }),
        ("no surge", {
            workload(
                "Deployment",
                "{strategy: {type: Recreate}, template: {spec: POD}}",
                &pod("10Gi"),
            )
        }),
        // Eight of the autoscaler, and a quarter of them.
        ("autoscaler with surge", workload("Deployment", TEMPLATE, &pod("1Gi")) + hpa),
        ("KEDA", workload("StatefulSet", TEMPLATE, &pod("1Gi")) + keda),
        ("parallelism", {
            let spec = "{parallelism: 5, completions: 50, template: {spec: POD}}";
            workload("Job", spec, &pod("2Gi"))
        }),
        ("completions", {
            let spec = "{parallelism: 50, completions: 2, template: {spec: POD}}";
            workload("Job", spec, &pod("5Gi"))
        }),
        ("schedule", {
            let spec = "{jobTemplate: {spec: {parallelism: 2, template: {spec: POD}}}}";
            workload("CronJob", spec, &pod("5Gi"))
        }),
        (
            "a request without a limit",
            workload("Pod", "POD", &pod("10Gi").replace("limits", "requests")),
        ),
        ("a LimitRange", {
            let without = "{containers: [{name: web, image: 'web:1'}]}";
            workload("StatefulSet", "{replicas: 5, template: {spec: POD}}", without) + limits
        }),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, objects) in cases {
        overlay(folder.path(), &objects);
        let fits = lint(folder.path(), &["budget"]);
        assert_eq!(fits.status, 0, "{name}: {}", fits.transcript(&[]));
        assert!(fits.stdout.ends_with("reserved): fits, 0 left\n"), "{name}: {}", fits.stdout);
        lint(folder.path(), &["--select", "KQ001"]).expect(0);

        overlay(folder.path(), &(objects + &byte()));
        let over = lint(folder.path(), &["budget"]);
        assert_eq!(over.status, 1, "{name}: {}", over.transcript(&[]));
        assert!(over.stdout.ends_with("reserved): 1 too much\n"), "{name}: {}", over.stdout);
        let found = lint(folder.path(), &["--select", "KQ001"]).expect(1).stdout;
        assert!(
            found.contains("use 10737418241 of memory together, 1 more than"),
            "{name}: {found}"
        );
    }
}

#[test]
fn a_byte_in_any_container_counts() {
    let folder = tempfile::tempdir().unwrap();
    let pods = |init: &str, sidecar: &str, main: &str| {
        let init = container(init).replace("name: web,", "name: init,");
        let sidecar = container(sidecar).replace("name: web,", "name: car, restartPolicy: Always,");
        let pod =
            format!("{{initContainers: [{sidecar}, {init}], containers: [{}]}}", container(main));
        workload("Pod", "POD", &pod)
    };
    let (four, six) = ("4Gi", "6Gi");
    overlay(folder.path(), &pods(six, four, six));
    lint(folder.path(), &["budget"]).expect(0);
    let more = |gibibytes: i64| ((gibibytes << 30) + 1).to_string();
    for objects in [pods(&more(6), four, six), pods(six, &more(4), six), pods(six, four, &more(6))]
    {
        overlay(folder.path(), &objects);
        lint(folder.path(), &["budget"]).expect(1);
    }
}

/// Every way to count, in one table.
fn mixed() -> String {
    [
        workload("Deployment", "{replicas: 3, template: {spec: POD}}", &pod("512Mi")),
        workload("StatefulSet", TEMPLATE, &pod("1Gi"))
            .replace("{name: web}", "{name: db, namespace: data}"),
        workload("DaemonSet", TEMPLATE, &pod("64Mi").replace("limits", "requests")),
        workload(
            "CronJob",
            "{suspend: true, jobTemplate: {spec: {template: {spec: POD}}}}",
            &pod("1Gi"),
        ),
        workload("Job", TEMPLATE, "{containers: [{name: seed, image: 'web:1'}]}"),
    ]
    .concat()
}

#[test]
fn the_table() {
    let folder = tempfile::tempdir().unwrap();
    overlay(folder.path(), &mixed());
    insta::assert_snapshot!(lint(folder.path(), &["budget"]).transcript(&[]));
}

#[test]
fn the_table_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    overlay(folder.path(), &mixed());
    let done = lint(folder.path(), &["budget", ".", "--format", "json"]).expect(0);
    let document: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(document["version"], 1);
    assert_eq!(document["available"], 10_737_418_240_u64);
    assert_eq!(document["fits"], true);
    insta::assert_snapshot!(done.stdout);
}

#[test]
fn what_cannot_be_answered_has_a_status_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    overlay(folder.path(), &mixed());
    let remote = "resources: [all.yaml, 'https://github.com/example/base?ref=v1']\n";
    fs::write(folder.path().join("kustomization.yaml"), remote).unwrap();
    let incomplete = lint(folder.path(), &["budget"]);
    fs::write(folder.path().join("kustomization.yaml"), "resources: [missing.yaml]\n").unwrap();
    let broken = lint(folder.path(), &["budget"]);
    overlay(folder.path(), &byte());
    fs::remove_file(folder.path().join(".kustomize-lint.toml")).unwrap();
    let unknown = lint(folder.path(), &["budget"]);
    let missing = lint(folder.path(), &["budget", "missing"]);
    fs::write(folder.path().join("bad.toml"), "[[environment]]\npath = '.'\nbudget = 'much'\n")
        .unwrap();
    let bad = lint(folder.path(), &["budget", "--config", "bad.toml"]);
    let statuses = [&incomplete, &broken, &unknown, &missing, &bad].map(|run| run.status);
    assert_eq!(statuses, [3, 3, 3, 2, 2]);
    let all = [incomplete, broken, unknown, missing, bad].map(|run| run.transcript(&[]));
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn there_are_bars_on_a_terminal_only() {
    let folder = tempfile::tempdir().unwrap();
    overlay(folder.path(), &mixed());
    assert!(!lint(folder.path(), &["budget"]).stdout.contains('█'));
    if Command::new("script").arg("--version").output().is_err() {
        return peers::skip("script (of util-linux)");
    }
    let command = format!("{} budget", env!("CARGO_BIN_EXE_kustomize-lint"));
    let mut terminal = Command::new("script");
    terminal.current_dir(folder.path()).args(["-qec", &command, "/dev/null"]);
    let shown = run(&mut terminal).stdout;
    assert!(shown.contains(&"█".repeat(24)), "{shown}");
}

/// A container's limit in MiB.
fn limit(container: &Value) -> u64 {
    let text = container["resources"]["limits"]["memory"].as_str().expect("every one has a limit");
    match text.strip_suffix("Gi") {
        Some(gibibytes) => gibibytes.parse::<u64>().unwrap() * 1024,
        None => text.strip_suffix("Mi").unwrap().parse().unwrap(),
    }
}

/// This repository's overlays, added up in the plainest way from what kustomize prints.
#[test]
fn this_repositorys_sums_are_those_of_its_manifests() {
    for environment in ["local", "production"] {
        let folder = format!("infrastructure/kubernetes/overlays/{environment}");
        let rendered = lint(&root(), &["build", &folder]).expect(0).stdout;
        let mut expected = 0;
        for object in rideshare_tests::yaml::documents(&rendered) {
            let pod = &object["spec"]["template"]["spec"];
            let list = |field: &str| pod[field].as_array().cloned().unwrap_or_default();
            let (main, init) = (list("containers"), list("initContainers"));
            let together = main.iter().map(limit).sum::<u64>();
            let pod = together.max(init.iter().map(limit).max().unwrap_or(0));
            let replicas = object["spec"]["replicas"].as_u64().unwrap_or(1);
            let surge = object["spec"]["strategy"]["rollingUpdate"]["maxSurge"].as_u64();
            let recreate = object["spec"]["strategy"]["type"] == "Recreate";
            expected += pod
                * match object["kind"].as_str().unwrap() {
                    "Deployment" if recreate => replicas,
                    "Deployment" => replicas + surge.unwrap_or(replicas.div_ceil(4)),
                    "StatefulSet" => replicas,
                    "DaemonSet" => 3,
                    "Job" => 1,
                    _ => 0,
                };
        }
        let done = lint(&root(), &["budget", &folder, "--format", "json"]);
        let document: Value = serde_json::from_str(&done.stdout).unwrap();
        assert_eq!(document["limits"], expected << 20, "{environment}");
    }
}
