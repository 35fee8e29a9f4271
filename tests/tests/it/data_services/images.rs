//! The images that are built here have what the tests ran with.

use std::fs;

use rideshare_tests::root;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn dockerfile(name: &str) -> String {
    read(&format!("infrastructure/docker/dockerfiles/{name}/Dockerfile"))
}

/// The version of a Python package in a file of requirements.
fn required(path: &str, package: &str) -> String {
    let text = read(path);
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{package}==")));
    line.unwrap_or_else(|| panic!("{path} pins no {package}")).to_owned()
}

/// The versions of the jars whose names begin so.
fn jars(path: &str, artifact: &str) -> Vec<String> {
    let text = read(path);
    let versions = text.lines().filter_map(|line| {
        let name = line.rsplit_once('/')?.1;
        let version = name.strip_prefix(artifact)?.strip_prefix('-')?;
        version
            .starts_with(|c: char| c.is_ascii_digit())
            .then(|| version.trim_end_matches(".jar").trim_end_matches("-bin.tar.gz").to_owned())
    });
    versions.collect()
}

#[test]
fn spark_is_the_tested_one_and_delta_is_for_it() {
    let version = required("scripts/requirements/spark.txt", "pyspark");
    assert!(dockerfile("spark").contains(&format!("FROM apache/spark:{version}-python3\n")));
    let (minor, _) = version.rsplit_once('.').unwrap();
    let list = "infrastructure/docker/dockerfiles/spark/jars.txt";
    assert_eq!(jars(list, &format!("delta-spark_{minor}_2.13")).len(), 1);
}

#[test]
fn hive_is_the_tested_one_with_the_s3_client_of_its_hadoop() {
    let tested = jars("scripts/requirements/hive.jars", "hive-standalone-metastore-server");
    assert!(dockerfile("hive-metastore").contains(&format!("FROM apache/hive:{}\n", tested[0])));
    let list = "infrastructure/docker/dockerfiles/hive-metastore/jars.txt";
    assert_eq!(
        jars(list, "hadoop-aws"),
        jars("scripts/requirements/hive.jars", "hadoop-client-api")
    );
    assert_eq!(jars(list, "postgresql").len(), 1);
    // The first version 1 of the SDK that takes a pod's role on EKS.
    let sdk = jars(list, "aws-java-sdk-bundle").remove(0);
    let patch: u32 = sdk.strip_prefix("1.12.").unwrap().parse().unwrap();
    assert!(patch >= 746, "{sdk}");
}

#[test]
fn airflow_is_the_tested_one() {
    let version = required("scripts/requirements/airflow.txt", "apache-airflow");
    assert!(dockerfile("airflow").contains(&format!("ARG AIRFLOW={version}-python3.12\n")));
    // dbt stays out of Airflow's own environment.
    assert!(dockerfile("airflow").contains("/opt/rideshare/dbt-environment/bin/pip install"));
}

#[test]
fn kafka_is_the_tested_one() {
    // Confluent Platform 7.MINOR is Kafka 3.MINOR.
    let tested = jars("scripts/requirements/kafka.jars", "kafka_2.13").remove(0);
    let compose = read("infrastructure/docker/compose.yaml");
    let image = compose.split("confluentinc/cp-kafka:7.").nth(1).unwrap();
    assert_eq!(image.split('.').next(), tested.split('.').nth(1));
}

#[test]
fn every_base_image_and_every_jar_is_pinned() {
    for name in ["airflow", "hive-metastore", "spark"] {
        for line in dockerfile(name).lines().filter(|line| line.starts_with("FROM ")) {
            let image = line.split(' ').nth(1).unwrap();
            let pinned = image.split_once(':').is_some_and(|(_, tag)| tag != "latest");
            assert!(pinned, "{name}: {line}");
        }
    }
    for name in ["hive-metastore", "spark"] {
        let text = read(&format!("infrastructure/docker/dockerfiles/{name}/jars.txt"));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (sum, path) = line.split_once("  ").unwrap();
            assert!(sum.len() == 64 && path.ends_with(".jar"), "{name}: {line}");
        }
    }
}
