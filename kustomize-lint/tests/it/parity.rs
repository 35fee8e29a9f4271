//! Parity with a Compose file, and Argo CD, on this repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use rideshare_tests::root;
use rideshare_tests::run::{Run, run};

fn lint(folder: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
    command.current_dir(folder).args(["--severity", "info"]).args(arguments);
    run(&mut command)
}

const COMPOSE: &str = "infrastructure/docker/compose.yaml";

#[test]
fn this_repository_differs_only_where_its_specification_says_so() {
    let kubernetes = "infrastructure/kubernetes";
    let arguments = ["--select", "KP,KA", kubernetes, "--compose", COMPOSE];
    let done = lint(&root(), &arguments).expect(0);
    assert!(done.stdout.starts_with("no findings in "), "{}", done.stdout);
}

#[test]
fn without_the_specification_every_difference_is_found() {
    let elsewhere = tempfile::tempdir().unwrap();
    let overlays = root().join("infrastructure/kubernetes/overlays");
    let compose = root().join(COMPOSE);
    let (overlays, compose) = (overlays.display().to_string(), compose.display().to_string());
    let arguments = ["--select", "KP", &overlays, "--compose", &compose];
    let text = lint(elsewhere.path(), &arguments).expect(1).stdout;
    for part in [
        "KP003]: StatefulSet rideshare/kafka has another KAFKA_HEAP_OPTS than Compose",
        "KP003]: StatefulSet rideshare-prod/airflow-scheduler has another EXPORT_TARGET than Compose",
        "KP002]: Deployment rideshare-prod/trino lacks AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY",
        "KP005]: there is no workload for the service postgres-airflow of Compose",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    // Images, ports, health checks and secrets are the same on both sides.
    for code in ["KP001", "KP004", "KP006", "KP007"] {
        assert!(!text.contains(code), "{text}");
    }
}

#[test]
fn what_is_wrong_with_the_compose_file_is_said_and_nothing_is_linted() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("compose.yaml"), "services: {web: {image: [x]}}\n").unwrap();
    fs::write(folder.path().join("kustomization.yaml"), "namespace: a\n").unwrap();
    let arguments = ["--compose", "compose.yaml"];
    let done = lint(folder.path(), &arguments).expect(2);
    assert!(done.stderr.contains("compose.yaml:1:"), "{}", done.stderr);
    // Nobody reads it when no rule looks at it.
    lint(folder.path(), &["--compose", "compose.yaml", "--ignore", "KP"]);
    let config = "[[environment]]\npath = \"\"\nparity = \"some\"\ndiffers = [\"A\"]\n";
    fs::write(folder.path().join(".kustomize-lint.toml"), config).unwrap();
    let done = lint(folder.path(), &[]).expect(2);
    assert!(done.stderr.contains("toml:3:10") && done.stderr.contains("toml:4:12"));
}

#[test]
fn odd_shapes_are_no_reason_to_panic() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    write(
        "compose.yaml",
        "services:\n  web: {image: x, environment: {A: 1}, ports: ['1'], healthcheck: {test: x}}\n",
    );
    write("kustomization.yaml", "resources: [all.yaml]\n");
    let odd = ["null", "[]", "{}", "1", "text", "[null, 1, [], {}]", "[{name: null, value: []}]"];
    for value in odd {
        let pod = ["env", "envFrom", "ports", "readinessProbe", "startupProbe", "image"]
            .map(|key| format!("{{name: web, {key}: {value}}}"));
        let mut text = String::new();
        for (at, container) in pod.iter().enumerate() {
            text += &format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: n{at}}}\nspec: {{containers: [{container}]}}\n---\n"
            );
        }
        for (kind, keys) in [
            ("Application", &["sources", "destination", "project", "syncPolicy"][..]),
            ("AppProject", &["sourceRepos", "destinations", "clusterResourceWhitelist"]),
        ] {
            for key in keys {
                let name = key.to_lowercase();
                text += &format!(
                    "apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}, annotations: {value}}}\nspec: {{source: {{repoURL: {value}, path: {value}}}, {key}: {value}}}\n---\n"
                );
            }
        }
        write("all.yaml", &text);
        let done = lint(folder.path(), &["--select", "KP,KA", "--compose", "compose.yaml"]);
        assert!(matches!(done.status, 0 | 1 | 3), "{value}: {}", done.transcript(&[]));
        assert!(!done.stderr.contains("panicked"), "{value}: {}", done.stderr);
    }
}
