//! `include`, and configs that stand in the specification itself.

use serde_json::json;

use crate::support::Bench;

#[test]
fn included_files_belong_to_the_specification_with_paths_of_their_own() {
    let bench = Bench::new("");
    bench.write("compose.yml", "name: shop\ninclude: [db/compose.yml, {path: db/../cache.yml}]\nservices:\n  web: {image: web}\n");
    bench.write("cache.yml", "include: [compose.yml]\nservices:\n  cache: {image: cache}\n");
    bench.write(
        "db/compose.yml",
        "services:\n  db: {image: db, volumes: ['./conf:/conf:ro'], env_file: db.env, ports: ['1:1']}\n",
    );
    bench.write("db/conf/a.conf", "a = 1\n");
    bench.write("db/db.env", "SIZE=3\n");
    bench.run(&["--spec", "compose.yml", "--out", "out"]).expect(0);
    let compose = &bench.documents("out/docker/compose.yaml")[0]["services"];
    assert_eq!(compose["db"]["volumes"], json!(["../../db/conf:/conf:ro"]));
    assert_eq!(compose["db"]["environment"], json!({"SIZE": "3"}));
    assert_eq!(compose["cache"]["image"], "cache");
    assert_eq!(bench.read("out/kubernetes/base/default/config/db-conf/a.conf"), "a = 1\n");
}

#[test]
fn a_mistake_in_an_included_file_has_its_place_there() {
    let bench = Bench::new("");
    bench.write("compose.yml", "include:\n  - db.yml\n  - gone.yml\nservices: {}\n");
    bench.write("db.yml", "services:\n  db: {imag: db}\n");
    let run = bench.run(&["--spec", "compose.yml", "--out", "out"]).expect(2);
    assert!(run.stderr.contains("compose.yml:3:5"), "{}", run.stderr);
    bench.write("gone.yml", "services: {}\n");
    let run = bench.run(&["--spec", "compose.yml", "--out", "out"]).expect(2);
    assert!(run.stderr.contains("db.yml:2:8"), "{}", run.stderr);
}

#[test]
fn a_config_may_stand_in_the_specification() {
    let bench = Bench::new(
        "services:\n  a: {image: a, configs: [{source: motd, target: /etc/motd}]}\n\
         configs:\n  motd: {content: \"costs 5 $$\\n\"}\n",
    );
    bench.generate();
    assert_eq!(bench.compose("a")["configs"], json!([{"source": "motd", "target": "/etc/motd"}]));
    let file = &bench.documents("docker/compose.yaml")[0];
    assert_eq!(file["configs"]["motd"]["content"], "costs 5 $$\n");
    assert_eq!(bench.read("kubernetes/base/default/config/a-motd/motd"), "costs 5 $\n");
}
