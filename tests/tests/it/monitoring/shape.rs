//! What the generated files say of the logs.

use std::fs;

use rideshare_tests::root;
use rideshare_tests::yaml::documents;
use serde_json::Value;

/// The generated Compose file.
pub(super) fn compose() -> Value {
    let file = root().join("infrastructure/docker/compose.yaml");
    documents(&fs::read_to_string(file).unwrap()).remove(0)
}

/// log-collector finds the service's name there.
#[test]
fn each_container_writes_its_service_into_its_log() {
    for (name, service) in compose()["services"].as_object().unwrap() {
        let logging = &service["logging"];
        assert_eq!(logging["driver"], "json-file", "{name}");
        assert_eq!(logging["options"]["labels"], "com.docker.compose.service", "{name}");
        // Without a limit the machine's disk is one.
        assert!(logging["options"]["max-size"].is_string(), "{name}");
    }
}

#[test]
fn logs_are_read_only_in_compose() {
    let volumes = compose()["services"]["log-collector"]["volumes"].clone();
    let mount = "/var/lib/docker/containers:/var/log/node:ro";
    assert!(volumes.as_array().unwrap().iter().any(|own| own == mount), "{volumes}");
}

#[test]
fn logs_are_read_only_on_each_node_and_without_the_api() {
    let base = root().join("infrastructure/kubernetes/base/monitoring");
    let read = |file: &str| documents(&fs::read_to_string(base.join(file)).unwrap()).remove(0);
    let object = read("log-collector.yaml");
    assert_eq!(object["kind"], "DaemonSet");
    let pod = &object["spec"]["template"]["spec"];
    assert_eq!(pod["automountServiceAccountToken"], false);
    let mounts = pod["containers"][0]["volumeMounts"].as_array().unwrap();
    let mount = mounts.iter().find(|own| own["mountPath"] == "/var/log/node").unwrap();
    assert_eq!(mount["readOnly"], true);
    let patch = read("patches/log-collector.yaml");
    let volumes = patch["spec"]["template"]["spec"]["volumes"].as_array().unwrap();
    let volume = volumes.iter().find(|own| own["name"] == mount["name"]).unwrap();
    assert_eq!(volume["hostPath"]["path"], "/var/log/pods");
}
