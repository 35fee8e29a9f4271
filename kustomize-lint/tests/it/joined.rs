//! One defect is one finding; suppressions take out what they name, and nothing else.

use std::path::Path;
use std::process::Command;

use rideshare_tests::run::{Run, run};
use serde_json::Value;

use rideshare_tests::archive::cases;

const SHARED: &str = "## case
-- base/kustomization.yaml --
resources: [web.yaml]
-- base/web.yaml --
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: nginx:1.27
      envFrom:
        - configMapRef: {name: one}
        - configMapRef: {name: two}
-- overlays/a/kustomization.yaml --
namespace: a
resources: [../../base]
-- overlays/b/kustomization.yaml --
namePrefix: b-
resources: [../../base]
-- overlays/c/kustomization.yaml --
resources: [../../base]
configMapGenerator: [{name: two, literals: [a=b]}]
";

fn linted(text: &str, arguments: &[&str]) -> (Run, Vec<Value>) {
    let folder = tempfile::tempdir().unwrap();
    cases(text)[0].write(folder.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
    let done = run(command.current_dir(folder.path()).args(["--format", "json"]).args(arguments));
    let document: Value = serde_json::from_str(&done.stdout).unwrap_or(Value::Null);
    let findings = document["findings"].as_array().cloned().unwrap_or_default();
    (done, findings)
}

fn overlays(finding: &Value) -> Vec<&str> {
    finding["overlays"].as_array().unwrap().iter().filter_map(Value::as_str).collect()
}

#[test]
fn a_defect_of_a_base_that_three_overlays_share_is_one_finding() {
    let (_, findings) = linted(SHARED, &["--select", "KR001"]);
    assert_eq!(findings.len(), 2, "{findings:#?}");
    assert_eq!(overlays(&findings[0]), ["overlays/a", "overlays/b", "overlays/c"]);
    // The third overlay has this one.
    assert_eq!(overlays(&findings[1]), ["overlays/a", "overlays/b"]);
}

#[test]
fn comments_suppress_their_line_the_next_line_or_the_file() {
    let select = ["--select", "KR001,KH005"];
    let count = |text: &str| linted(text, &select).1.len();
    let line = SHARED.replace("{name: one}", "{name: one} # kustomize-lint: ignore[KR001] by hand");
    assert_eq!(count(&line), 1);
    let above = SHARED.replace(
        "        - configMapRef: {name: one}",
        "        # kustomize-lint: ignore[configmap-missing] by hand\n        # more to say\n        \
         - configMapRef: {name: one}",
    );
    assert_eq!(count(&above), 1);
    let file = SHARED.replacen(
        "apiVersion: v1\n",
        "# kustomize-lint: ignore-file[KR] by hand\napiVersion: v1\n",
        1,
    );
    assert_eq!(count(&file), 0);
    // Another rule's comment suppresses nothing, and is a finding where that rule is asked.
    let other =
        SHARED.replace("{name: one}", "{name: one} # kustomize-lint: ignore[KR002] by hand");
    assert_eq!(count(&other), 2);
    assert_eq!(linted(&other, &["--select", "KR001,KR002,KH005"]).1.len(), 3);
    // A word in a text is no comment about it, and a rule that there is not is said.
    let typo = SHARED.replace("{name: one}", "{name: one} # kustomize-lint: ignore[KR0O1] by hand");
    let messages: Vec<Value> =
        linted(&typo, &select).1.iter().map(|finding| finding["message"].clone()).collect();
    assert!(
        messages.iter().any(|m| m.as_str().unwrap().contains("did you mean `KR001`?")),
        "{messages:?}"
    );
    // Without a reason it counts, and is said.
    let mute = SHARED.replace("{name: one}", "{name: one} # kustomize-lint: ignore[KR001]");
    let rules: Vec<Value> = linted(&mute, &select).1.iter().map(|f| f["rule"].clone()).collect();
    assert_eq!(rules, ["KH005", "KR001"]);
}

#[test]
fn the_configuration_suppresses_by_rule_path_and_object() {
    let with = |ignore: &str| {
        let text = format!(
            "{SHARED}-- .kustomize-lint.toml --\nselect = [\"KR001\", \"KH005\"]\n{ignore}"
        );
        linted(&text, &[])
    };
    let ignore =
        |more: &str| format!("[[ignore]]\nrules = [\"KR001\"]\nreason = \"by hand\"\n{more}\n");
    assert_eq!(with(&ignore("")).1.len(), 0);
    assert_eq!(with(&ignore("path = \"base/*.yaml\"")).1.len(), 0);
    assert_eq!(with(&ignore("object = \"Pod web\"")).1.len(), 0);
    assert_eq!(with(&ignore("path = \"overlays/**\"")).1.len(), 3, "and the unused one");
    assert_eq!(with(&ignore("object = \"Pod other\"")).1.len(), 2);
    let reasonless = with("[[ignore]]\nrules = [\"KR001\"]\n").0;
    assert!(
        reasonless.status == 2 && reasonless.stderr.contains("reason"),
        "{}",
        reasonless.stderr
    );
    let severity = with("[severity]\nKR001 = \"info\"\n");
    assert_eq!((severity.0.status, severity.1.len()), (0, 0));
}

#[test]
fn what_somebody_else_provides_is_declared() {
    let with = |externals: &str| {
        linted(&format!("{SHARED}-- .kustomize-lint.toml --\nselect = [\"KR001\"]\nexternals = [{externals}]\n"), &[]).1
    };
    assert_eq!(with("\"ConfigMap/one\", \"ConfigMap/two\"").len(), 0);
    assert_eq!(with("\"ConfigMap/*\"").len(), 0);
    let one = with("\"ConfigMap/a/one\"");
    assert_eq!(overlays(&one[0]), ["overlays/b", "overlays/c"]);
}

#[test]
fn thresholds_decide_what_counts() {
    let folder: &Path = &rideshare_tests::root().join("kustomize-lint/examples/shop");
    for (severity, status) in [("error", 1), ("warning", 1), ("info", 1)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
        run(command.current_dir(folder).args([".", "--severity", severity])).expect(status);
    }
    let warning = SHARED.replace("nginx:1.27", "nginx:latest");
    let select = ["--select", "KS004"];
    assert_eq!(linted(&warning, &[&select[..], &["--severity", "error"]].concat()).0.status, 0);
    assert_eq!(linted(&warning, &[&select[..], &["--severity", "warning"]].concat()).0.status, 1);
}
