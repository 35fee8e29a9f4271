//! Settings whose absence only a first start of the whole platform would show.

use std::collections::BTreeMap;
use std::fs;

use rideshare_tests::{root, yaml};
use serde_json::Value;

use rideshare_tests::services::generated::Service;

fn file(path: &str) -> String {
    fs::read_to_string(root().join("infrastructure").join(path)).unwrap()
}

/// Key and value of each line of a properties file, or of one with blanks between them.
fn properties(path: &str) -> BTreeMap<String, String> {
    let text = file(path);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(['=', ' ']))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

fn services() -> serde_json::Map<String, Value> {
    let compose = yaml::documents(&file("docker/compose.yaml")).remove(0);
    compose["services"].as_object().unwrap().clone()
}

#[test]
fn the_simulations_database_is_on_its_volume() {
    let service = Service::named("simulation");
    let path = &service.environment()["SIM_DB_PATH"];
    let volumes = service.words("/volumes");
    let target = |volume: &String| volume.strip_prefix("simulation-db:").map(str::to_owned);
    let folder = volumes.iter().find_map(target).expect("the volume");
    assert!(path.starts_with(&format!("{folder}/")), "{path} is outside of {folder}");
}

#[test]
fn every_bucket_has_a_user() {
    let buckets = Service::named("minio-init").environment()["BUCKETS"].clone();
    let used: String = services()
        .iter()
        .filter(|(name, _)| *name != "minio-init")
        .map(|(_, service)| service["environment"].to_string())
        .collect();
    for bucket in buckets.split(' ') {
        assert!(used.contains(&format!("\"{bucket}\"")), "no service uses the bucket {bucket}");
    }
}

#[test]
fn an_endpoint_of_s3_is_not_that_of_every_aws_service() {
    for (name, service) in services() {
        let Some(url) = service["environment"]["AWS_ENDPOINT_URL"].as_str() else { continue };
        assert!(url.contains("localstack"), "{name}: {url} is an object store, and not all of AWS");
    }
    let rendered = file("kubernetes/overlays/production/data-pipeline/patches/trino.yaml");
    assert!(rendered.contains("name: AWS_ENDPOINT_URL_S3"), "{rendered}");
    for path in [
        "config/hive/hive-site.xml",
        "config/spark/hive-site.xml",
        "config/trino/catalog/delta.properties",
    ] {
        let text = file(path);
        assert!(
            text.contains("AWS_ENDPOINT_URL_S3}") && !text.contains("AWS_ENDPOINT_URL}"),
            "{path}"
        );
    }
}

#[test]
fn trino_waits_for_a_metastore_that_loads_its_s3_client() {
    let catalog = properties("config/trino/catalog/delta.properties");
    assert_eq!(catalog["hive.metastore.thrift.client.read-timeout"], "60s");
}

#[test]
fn trino_reads_statistics_of_timestamps() {
    let image = Service::named("trino").text("/image").to_owned();
    let version: u32 = image.strip_prefix("trinodb/trino:").unwrap().parse().unwrap();
    assert!(version >= 450, "{image}");
}

#[test]
fn spark_is_set_for_one_machine_and_fetches_nothing() {
    let settings = properties("config/spark/spark-defaults.conf");
    for (key, value) in [
        ("spark.databricks.delta.snapshotPartitions", "2"),
        ("spark.sql.shuffle.partitions", "4"),
        ("spark.sql.sources.parallelPartitionDiscovery.parallelism", "8"),
        ("spark.sql.session.timeZone", "UTC"),
    ] {
        assert_eq!(settings.get(key).map(String::as_str), Some(value), "{key}");
    }
    let fetched: Vec<&String> =
        settings.keys().filter(|key| key.starts_with("spark.jars")).collect();
    assert!(fetched.is_empty(), "{fetched:?} would go with the first session");
}

/// Seconds of a Compose duration.
fn seconds(text: &str) -> u64 {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap());
    number.parse::<u64>().unwrap() * if unit == "m" { 60 } else { 1 }
}

/// The seconds of each start that takes more than some, on a loaded machine. schema-registry's are an estimate: it cannot
/// be had here.
const MEASURED: [(&str, u64); 8] = [
    ("kafka", 11),
    ("localstack", 20),
    ("schema-registry", 30),
    ("airflow-webserver", 120),
    ("airflow-scheduler", 60),
    ("hive-metastore", 73),
    ("trino", 220),
    ("spark-thrift-server", 50),
];

/// A slow laptop takes twice as long as was measured, and two minutes for a part that starts in seconds.
#[test]
fn a_slow_start_is_within_the_limits() {
    let mut short = Vec::new();
    for (name, service) in services() {
        let check = &service["healthcheck"];
        if check.is_null() {
            continue;
        }
        let duration = |key: &str| check[key].as_str().map_or(0, seconds);
        let allowed =
            duration("start_period") + check["retries"].as_u64().unwrap() * duration("interval");
        let measured =
            MEASURED.iter().find(|(part, _)| *part == name).map_or(60, |(_, seconds)| *seconds);
        if allowed < 2 * measured {
            short.push(format!("{name}: {allowed} s, and a slow start takes {} s", 2 * measured));
        }
    }
    assert!(short.is_empty(), "{}", short.join("\n"));
    let services = services();
    assert!(MEASURED.iter().all(|(name, _)| services.contains_key(*name)));
}

#[test]
fn a_running_task_has_a_minute_to_end_in() {
    assert_eq!(Service::named("airflow-scheduler").text("/stop_grace_period"), "60s");
    let scheduler =
        &yaml::documents(&file("kubernetes/base/data-pipeline/airflow-scheduler.yaml"))[0];
    assert_eq!(scheduler["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], 60);
}

#[test]
fn the_logs_of_tasks_outlive_the_scheduler() {
    let volumes = Service::named("airflow-scheduler").words("/volumes");
    assert!(volumes.iter().any(|volume| volume == "airflow-logs:/opt/airflow/logs"), "{volumes:?}");
    let overlay = file("kubernetes/base/data-pipeline/airflow-scheduler.yaml");
    assert!(overlay.contains("mountPath: /opt/airflow/logs"), "{overlay}");
    // And the API server asks for them at a name that stays the same.
    let callable =
        &Service::named("airflow-webserver").environment()["AIRFLOW__CORE__HOSTNAME_CALLABLE"];
    assert_eq!(callable, "task_log_host.name");
    assert!(file("config/airflow/task_log_host.py").contains("return \"airflow-scheduler\""));
}
