//! Decisions that need a person: exit status 1, and each thing at its place in the project.

use std::path::Path;

use rideshare_tests::run::run;

use super::Imported;
use crate::support::{Bench, tool};

#[test]
fn a_gpu_is_a_limit_of_its_device_plugin() {
    let imported = Imported::new(&[(
        "compose.yml",
        "services:
  model:
    image: ollama/ollama
    runtime: nvidia
    deploy:
      restart_policy: {condition: on-failure, max_attempts: 3}
      resources:
        limits: {memory: 8g}
        reservations:
          devices:
            - {driver: nvidia, count: 1, capabilities: [gpu]}
    gpus: all
    ports: ['11434:11434']
    volumes: [ollama:/models]
volumes: {ollama: {}}
",
    )]);
    imported.run.clone().expect(0);
    imported.says("services.model.deploy.restart_policy", "changed", "restart: unless-stopped");
    imported.says("services.model.deploy.restart_policy.condition", "changed", "with services.");
    let gpu = "nvidia.com/gpu";
    imported.says("services.model.deploy.resources.reservations.devices", "changed", gpu);
    imported.says("services.model.gpus", "changed", gpu);
    imported.says("services.model.runtime", "not-carried", "RuntimeClass");
    imported.generate().expect(0);
}

#[test]
fn what_compose_gen_refuses_is_said_at_the_projects_own_places() {
    let imported = Imported::new(&[(
        "compose.yml",
        "x-base: &base
  healthcheck: {interval: soon, test: x}
services:
  my_app:
    image: app:${TAG:?which one}
    volumes: ['./gone.conf:/etc/a.conf:ro']
    env_file: gone.env
    ports: ['8000-8010:80-82']
  waits:
    <<: *base
    image: waits
    depends_on:
      never: {condition: service_completed_successfully}
      sick: {condition: service_healthy}
  never: {image: n, restart: always}
  sick: {image: s}
",
    )]);
    imported.run.clone().expect(1);
    assert_eq!(
        imported.left(),
        [
            "old/compose.yml:2:17 bad-duration",
            "old/compose.yml:5:5 unknown-variable",
            "old/compose.yml:6:15 no-file",
            "old/compose.yml:7:5 no-file",
            "old/compose.yml:8:13 bad-port",
            "old/compose.yml:13:7 not-a-job",
        ]
    );
    imported.says("services.waits.healthcheck.interval", "to-do", "not a duration");
    imported.says("services.my_app", "changed", "my-app now");
    imported.says("services.waits.depends_on.sick", "changed", "answers");
}

#[test]
fn the_projects_folder_is_mounted_without_what_is_private() {
    let bench = Bench::new("services: {}\n");
    bench.write(
        "old/compose.yml",
        "services: {app: {build: ., volumes: ['.:/app', '/app/node_modules']}}\n",
    );
    bench.write("old/.env", "TOKEN=hunter2\n");
    bench.write("old/src/main.js", "1\n");
    bench.write("old/src/.env", "TOKEN=hunter2\n");
    let folder = bench.path().join("old");
    run(tool().args(["import", "compose.yml"]).current_dir(&folder)).expect(0);
    let generate = || run(tool().args(["--spec", "platform"]).current_dir(&folder)).expect(0);
    generate();
    // Neither the specification nor the generated files are configuration.
    assert!(generate().stdout.contains("up to date"));
    let base = folder.join("kubernetes/base/default/config/app-old");
    let names = |folder: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&base), ["compose.yml", "src__main.js"]);
}
