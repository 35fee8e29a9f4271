//! Values of the wrong kind everywhere: a finding or nothing, and never a panic.

use std::process::Command;

use rideshare_tests::run::run;

/// Something else than what belongs there.
const WRONG: [&str; 7] = ["null", "12", "true", "text", "[]", "[[x], 1, null]", "{a: {b: [c]}}"];

fn lint(kustomization: &str, objects: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kustomization.yaml"), kustomization).unwrap();
    std::fs::write(folder.path().join("objects.yaml"), objects).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
    let done = run(command.current_dir(folder.path()));
    (done.status, done.transcript(&[]))
}

#[test]
fn no_field_of_a_kustomization_makes_a_rule_panic() {
    for field in [
        "resources",
        "bases",
        "components",
        "configMapGenerator",
        "secretGenerator",
        "patches",
        "patchesStrategicMerge",
        "patchesJson6902",
        "labels",
        "commonLabels",
        "images",
        "imageTags",
        "replacements",
        "vars",
        "replicas",
        "namespace",
        "namePrefix",
        "helmCharts",
    ] {
        for value in WRONG {
            let other = if field == "resources" { "" } else { "resources: [objects.yaml]\n" };
            let text = format!("{other}{field}: {value}\n");
            let (status, shown) =
                lint(&text, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n");
            assert!(matches!(status, 0 | 1 | 3), "{text}{shown}");
        }
    }
}

#[test]
fn no_field_of_an_object_makes_a_rule_panic() {
    for field in [
        "metadata: {name: a, labels: X, annotations: X}",
        "metadata: {name: a}\nspec: X",
        "metadata: {name: a}\ndata: X\nstringData: X",
        "metadata: {name: a}\nspec: {template: X, selector: X, rules: X}",
        "metadata: {name: a}\nspec: {template: {spec: X, metadata: X}}",
        "metadata: {name: a}\nspec: {template: {spec: {containers: X, initContainers: X}}}",
        "metadata: {name: a}\nspec: {template: {spec: {containers: [{name: X, image: X, env: X}]}}}",
        "metadata: X",
    ] {
        for kind in ["apps/v1\nkind: Deployment", "v1\nkind: Secret", "example.com/v1\nkind: Thing"]
        {
            for value in WRONG {
                let object = format!("apiVersion: {kind}\n{}\n", field.replace('X', value));
                let kustomization = "resources: [objects.yaml]\n\
                    commonLabels: {a: b}\n\
                    images: [{name: text, newTag: '1', digest: d}]\n\
                    patches:\n\
                    - target: {name: 'a*'}\n  \
                      patch: '[{\"op\": \"replace\", \"path\": \"/spec/x\", \"value\": 1}]'\n\
                    - target: {}\n  \
                      patch: '{kind: K, metadata: {name: a}, spec: {rules: [], template: {spec: {containers: [{name: b}]}}}}'\n";
                let (status, shown) = lint(kustomization, &object);
                assert_eq!(status, 1, "{object}{shown}");
            }
        }
    }
}
