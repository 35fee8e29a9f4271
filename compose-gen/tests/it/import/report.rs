//! The report itself: every key has a row, and the words people read.

use common::yaml::plain;
use std::collections::BTreeSet;

use insta::assert_snapshot;
use rideshare_tests::run::run;
use serde_json::Value;

use super::Imported;
use crate::support::{Bench, tool};

const PROJECT: &str = "# Not above a service.
version: '3.9'
services:
  web:
    build: .
    container_name: shop
    env_file: [a.env]
    environment: {LEVEL: '${LEVEL:-info}', DEBUG: , RATIO: 1.50}
    ports:
      - {target: 80, published: 8080, mode: ingress}
    deploy:
      replicas: 2
      restart_policy: {condition: any}
      update_config: {parallelism: 1}
    healthcheck: {test: [CMD, 'true'], start_interval: 1s}
    volumes: ['shop_data:/data', /etc/localtime:/etc/localtime:ro]
    secrets: [key]
volumes:
  shop_data:
secrets:
  key: {file: key.txt}
";

#[test]
fn people_read_a_table_and_what_is_left() {
    let bench = Bench::new("services: {}\n");
    bench.write("old/compose.yml", PROJECT);
    bench.write("old/a.env", "A=1\n");
    bench.write("old/compose.override.yml", "services: {}\n");
    let import = run(tool()
        .args(["import", "old/compose.yml", "--out", "new/platform"])
        .current_dir(bench.path()));
    let import = import.expect(0);
    assert_snapshot!(import.stdout);
    assert_snapshot!(import.stderr);
}

#[test]
fn each_override_file_that_is_not_read_is_named() {
    let bench = Bench::new("services: {}\n");
    bench.write("old/compose.yml", "services: {web: {image: w}}\n");
    let names = ["compose.override", "docker-compose.override"];
    let names = names.iter().flat_map(|name| [format!("{name}.yml"), format!("{name}.yaml")]);
    let names: Vec<String> = names.collect();
    for name in &names {
        bench.write(&format!("old/{name}"), "services: {}\n");
    }
    let import = bench.run(&["import", "old/compose.yml", "--out", "new"]).expect(0);
    for name in &names {
        assert!(import.stdout.contains(&format!("\n{name} is a file")), "{}", import.stdout);
    }
}

#[test]
fn every_key_at_every_level_has_a_row() {
    let imported = Imported::new(&[("compose.yml", PROJECT), ("a.env", "A=1\n")]);
    let rows: BTreeSet<&str> = imported.report["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["key"].as_str().unwrap())
        .collect();
    let project: Value = plain::from_str(PROJECT).unwrap();
    let mut keys = Vec::new();
    collect(&project, "", &mut keys);
    for key in keys {
        assert!(rows.contains(key.as_str()), "{key} has no row in {rows:#?}");
    }
}

fn collect(value: &Value, path: &str, keys: &mut Vec<String>) {
    let step = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                keys.push(step(key));
                collect(value, &step(key), keys);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &step(&index.to_string()), keys);
            }
        }
        _ => {}
    }
}

#[test]
fn the_same_project_makes_the_same_folder_from_anywhere() {
    let one = Imported::new(&[("compose.yml", PROJECT), ("a.env", "A=1\n")]);
    let two = Imported::new(&[("compose.yml", PROJECT), ("a.env", "A=1\n")]);
    assert_eq!(one.run.stdout, two.run.stdout);
    for name in ["services.yaml", "shared.yaml"] {
        let name = format!("new/platform/{name}");
        assert_eq!(one.bench.read(&name), two.bench.read(&name));
    }
    let names: Vec<String> = std::fs::read_dir(one.bench.path().join("new"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, ["platform"], "nothing else is left behind");
}
