//! The options that say what a rendering may read: other folders, copies of remote bases, rendered charts.

use std::path::Path;
use std::process::Command;

use rideshare_tests::archive::cases;
use rideshare_tests::run::{Run, run};
use serde_json::Value;

const CASE: &str = "## case
-- outside.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: outside}
-- restricted/kustomization.yaml --
resources: [../outside.yaml]
-- remote/kustomization.yaml --
resources: [\"https://github.com/example/shop//base?ref=v1\"]
configMapGenerator: [{name: files, files: [\"a.json=https://example.com/a.json\"]}]
images: [{name: absent, newTag: v2}]
-- copies/github.com/example/shop@v1/base/kustomization.yaml --
resources: [web.yaml]
-- copies/github.com/example/shop@v1/base/web.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: copied}
-- copies/example.com/a.json --
{}
-- chart/kustomization.yaml --
helmCharts: [{name: redis, releaseName: cache, repo: \"https://example.com/charts\", version: 1.0.0}]
-- charts/cache.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: charted}
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    cases(CASE)[0].write(folder.path());
    folder
}

fn tool(folder: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
    run(command.current_dir(folder).args(arguments))
}

#[test]
fn a_file_outside_the_root_is_read_when_that_is_allowed() {
    let folder = folder();
    let refused = tool(folder.path(), &["build", "restricted"]).expect(2);
    assert!(refused.stderr.contains("outside.yaml"), "{}", refused.stderr);
    let none = ["build", "--load-restrictor", "LoadRestrictionsNone", "restricted"];
    assert!(tool(folder.path(), &none).expect(0).stdout.contains("name: outside"));
}

#[test]
fn a_remote_base_is_taken_from_its_copy() {
    let folder = folder();
    let unknown = tool(folder.path(), &["remote"]).expect(3);
    assert!(unknown.stderr.contains("remote/kustomization.yaml"), "{}", unknown.stderr);
    let copied = tool(folder.path(), &["build", "--remote-from", "copies", "remote"]).expect(0);
    assert!(copied.stdout.contains("name: copied"), "{}", copied.stdout);
    assert!(copied.stdout.contains("a.json:"), "{}", copied.stdout);
}

#[test]
fn a_chart_is_taken_as_it_was_rendered() {
    let folder = folder();
    tool(folder.path(), &["chart"]).expect(3);
    let charted = tool(folder.path(), &["build", "--rendered-chart", "charts", "chart"]).expect(0);
    assert!(charted.stdout.contains("name: charted"), "{}", charted.stdout);
}

#[test]
fn json_names_the_rules_that_cannot_tell() {
    let folder = folder();
    let found = tool(
        folder.path(),
        &["--format", "json", "--select", "KR,KB", "remote", "restricted"],
    );
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    let uncertain = found["cannot_tell"].as_array().unwrap();
    let of = |name: &str| uncertain.iter().find(|one| one["overlay"] == name);
    let rules = of("remote").unwrap()["rules"].as_array().unwrap();
    for asks in ["KR007", "KR013", "KB008"] {
        assert!(rules.contains(&asks.into()), "{asks}: {found}");
    }
    // The rules after those of several overlays, which never ask what is absent.
    for other in ["KB009", "KB010", "KB011"] {
        assert!(!rules.contains(&other.into()), "{other}: {found}");
    }
    assert_eq!(found["complete"], false);
    let complete = tool(folder.path(), &["--format", "json", "--remote-from", "copies", "--select", "KR", "remote"]);
    let complete: Value = serde_json::from_str(&complete.stdout).unwrap();
    assert_eq!(complete["cannot_tell"], Value::Array(Vec::new()));
}
