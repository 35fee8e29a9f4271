//! The generated files' settings for logs.

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
    assert!(volumes.as_array().unwrap().iter().any(|volume| volume == mount), "{volumes}");
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
    let mount = mounts.iter().find(|mount| mount["mountPath"] == "/var/log/node").unwrap();
    assert_eq!(mount["readOnly"], true);
    let patch = read("patches/log-collector.yaml");
    let volumes = patch["spec"]["template"]["spec"]["volumes"].as_array().unwrap();
    let volume = volumes.iter().find(|volume| volume["name"] == mount["name"]).unwrap();
    assert_eq!(volume["hostPath"]["path"], "/var/log/pods");
}

/// A target that nobody is makes an alert that nobody can mend; a name that DNS does not have, silence.
#[test]
fn each_target_of_prometheus_is_a_service_with_that_port() {
    let text = fs::read_to_string(root().join("infrastructure/config/prometheus/prometheus.yaml"));
    let config = documents(&text.unwrap()).remove(0);
    let services = compose()["services"].clone();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for job in list(&config["scrape_configs"]) {
        let mut targets = Vec::new();
        for target in list(&job["static_configs"]).iter().flat_map(|entry| list(&entry["targets"]))
        {
            targets.push(target.as_str().unwrap().replace("localhost", "prometheus"));
        }
        for discovery in list(&job["dns_sd_configs"]) {
            targets.push(format!(
                "{}:{}",
                discovery["names"][0].as_str().unwrap(),
                discovery["port"]
            ));
        }
        assert!(!targets.is_empty(), "{job}");
        for target in targets.iter().filter(|target| !target.starts_with("kube-state-metrics.")) {
            let (name, port) = target.split_once(':').unwrap();
            let service = &services[name];
            let ports = [list(&service["ports"]), list(&service["expose"])].concat();
            let open = |mapping: &Value| mapping.as_str().unwrap().rsplit(':').next() == Some(port);
            assert!(ports.iter().any(open), "{target}: {ports:?}");
        }
    }
}

/// A service of the base runs in every environment: in production the exporters ask RDS.
#[test]
fn the_exporters_run_in_every_environment() {
    let base = root().join("infrastructure/kubernetes/base");
    for exporter in [
        "core/kafka-exporter.yaml",
        "core/redis-exporter.yaml",
        "data-pipeline/postgres-airflow-exporter.yaml",
        "data-pipeline/postgres-metastore-exporter.yaml",
    ] {
        assert!(base.join(exporter).exists(), "{exporter}");
    }
}

/// Tempo 3 refuses two keys that version 2 wants.
#[test]
fn tempos_configuration_is_of_its_images_version() {
    let read = |file: &str| fs::read_to_string(root().join("infrastructure").join(file)).unwrap();
    let config = documents(&read("config/tempo/tempo.yaml")).remove(0);
    let of_version_2 = ["ingester", "compactor"].map(|key| config.get(key).is_some());
    let image = read("docker/dockerfiles/tempo/Dockerfile");
    let is_version_2 = image.contains("FROM grafana/tempo:2.");
    assert_eq!(of_version_2, [is_version_2; 2]);
}
