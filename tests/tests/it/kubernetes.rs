//! The generated Kubernetes files as the real tools see them: both overlays build, and every
//! object has exactly the fields that Kubernetes 1.35 knows, which Kind and EKS have.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::{peers, root};
use serde_json::Value;

/// Prints a line for each object that the strict schema refuses.
const VALIDATE: &str = "
import sys, yaml, kubernetes_validate as kv
for o in yaml.safe_load_all(sys.stdin.read() if len(sys.argv) < 2 else open(sys.argv[1])):
    name = o['kind'] + ' ' + o['metadata']['name']
    if o['apiVersion'].split('/')[0] in ('external-secrets.io', 'gateway.networking.k8s.io', 'argoproj.io'):
        continue
    try:
        kv.validate(o, '1.35', strict=True)
        print('valid', name)
    except Exception as e:
        print('INVALID', name, str(e).splitlines()[0])
";

fn build(folder: &Path) -> Option<String> {
    let kubectl = peers::find("PEER_KUBECTL")?;
    Some(run(Command::new(kubectl).arg("kustomize").arg(folder)).expect(0).stdout)
}

#[test]
fn every_object_of_both_overlays_passes_strict_validation() {
    let Some(python) = peers::find("PEER_KUBERNETES_VALIDATE_PYTHON") else { return };
    for overlay in ["local", "production"] {
        let folder = root().join("infrastructure/kubernetes/overlays").join(overlay);
        let Some(text) = build(&folder) else { return };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("all.yaml");
        std::fs::write(&file, &text).unwrap();
        let done = run(Command::new(&python).args(["-c", VALIDATE]).arg(&file)).expect(0);
        let invalid: Vec<&str> =
            done.stdout.lines().filter(|line| line.starts_with("INVALID")).collect();
        assert!(invalid.is_empty(), "{overlay}:\n{}", invalid.join("\n"));
        assert!(done.stdout.lines().count() > 50);
    }
}

#[test]
fn the_builds_have_what_each_environment_promises() {
    let Some(local) = build(&root().join("infrastructure/kubernetes/overlays/local")) else {
        return;
    };
    let Some(production) = build(&root().join("infrastructure/kubernetes/overlays/production"))
    else {
        return;
    };
    let kinds = |text: &str| -> BTreeSet<String> {
        let all = rideshare_tests::yaml::documents(text);
        all.iter().map(|o| o["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert!(kinds(&local).contains("HTTPRoute") && !kinds(&local).contains("Ingress"));
    assert!(kinds(&production).contains("Ingress") && !kinds(&production).contains("HTTPRoute"));
    assert!(kinds(&production).contains("StorageClass"));
    for word in ["minio", "localstack", "postgres-airflow", "postgres-metastore"] {
        let name = format!("\n  name: {word}\n");
        assert!(local.contains(&name), "local has no {word}");
        assert!(!production.contains(&name), "production has {word}");
    }
    // The variables of the specification are replaced; those of a shell or a program stay.
    for name in specification_variables() {
        assert!(!production.contains(&format!("${{{name}}}")), "${{{name}}} is not replaced");
    }
    assert!(!production.contains("stringData"), "a static key in production");
    for (text, namespace) in [(&local, "rideshare"), (&production, "rideshare-prod")] {
        for object in rideshare_tests::yaml::documents(text) {
            let kind = object["kind"].as_str().unwrap();
            if !matches!(kind, "Namespace" | "StorageClass") {
                assert_eq!(object["metadata"]["namespace"], namespace, "{kind}");
            }
        }
    }
}

/// The names of `x-variables` and of production's values.
fn specification_variables() -> BTreeSet<String> {
    let read = |file: &str| {
        let text = std::fs::read_to_string(root().join("infrastructure").join(file)).unwrap();
        rideshare_tests::yaml::documents(&text).remove(0)
    };
    let environments = read("platform/environments.yaml");
    let values = read("config/values/production.yaml");
    let names = [&environments["x-variables"], &values].into_iter();
    names.flat_map(|map| map.as_object().unwrap().keys().cloned()).collect()
}

/// Every name that an object mentions is there.
#[test]
fn references_lead_to_objects_of_the_same_build() {
    for overlay in ["local", "production"] {
        let folder = root().join("infrastructure/kubernetes/overlays").join(overlay);
        let Some(text) = build(&folder) else { return };
        let objects = rideshare_tests::yaml::documents(&text);
        let named = |kind: &str, name: &str| {
            let wanted = |o: &&Value| o["kind"] == kind && o["metadata"]["name"] == name;
            objects.iter().any(|o| wanted(&o))
        };
        for object in &objects {
            let pod = object.pointer("/spec/template/spec").cloned().unwrap_or_default();
            for volume in pod["volumes"].as_array().into_iter().flatten() {
                if let Some(name) = volume["configMap"]["name"].as_str() {
                    assert!(named("ConfigMap", name), "{overlay}: {name}");
                    // The script of the waits is the same for all, and belongs to the cluster.
                    assert!(name == "wait-for" || name.len() > 11, "{name} has no hash");
                }
                if let Some(name) = volume["persistentVolumeClaim"]["claimName"].as_str() {
                    assert!(named("PersistentVolumeClaim", name), "{overlay}: {name}");
                }
            }
            if let Some(account) = pod["serviceAccountName"].as_str() {
                assert!(named("ServiceAccount", account), "{overlay}: {account}");
            }
            for container in pod["containers"].as_array().into_iter().flatten() {
                for variable in container["env"].as_array().into_iter().flatten() {
                    if let Some(name) = variable["valueFrom"]["secretKeyRef"]["name"].as_str() {
                        assert!(named("ExternalSecret", name), "{overlay}: {name}");
                    }
                }
            }
            for rule in object["spec"]["rules"].as_array().into_iter().flatten() {
                for backend in rule["backendRefs"].as_array().into_iter().flatten() {
                    let name = backend["name"].as_str().unwrap();
                    assert!(named("Service", name), "{overlay}: {name}");
                }
            }
        }
    }
}
