//! `include`, and configs that stand in the specification itself.

use serde_json::json;

use crate::support::Bench;

#[test]
fn included_files_belong_to_the_specification_with_paths_of_their_own() {
    let bench = Bench::new("");
    bench.write("compose.yml", "name: shop\ninclude: [db/compose.yml, {path: db/../cache.yml}]\nservices:\n  web: {image: web}\n");
    bench.write("cache.yml", "services:\n  cache: {image: cache}\n");
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

/// Generates from `compose.yml` and returns the services of the Compose file.
fn generated(files: &[(&str, &str)]) -> serde_json::Value {
    let bench = Bench::new("");
    files.iter().for_each(|(name, text)| bench.write(name, text));
    bench.run(&["--spec", "compose.yml", "--out", "out"]).expect(0);
    bench.documents("out/docker/compose.yaml")[0]["services"].clone()
}

#[test]
fn files_that_include_each_other_are_refused() {
    let bench = Bench::new("");
    bench.write("compose.yml", "include: [cache.yml]\nservices:\n  web: {image: web}\n");
    bench.write("cache.yml", "include: [compose.yml]\nservices:\n  cache: {image: cache}\n");
    let run = bench.run(&["--spec", "compose.yml", "--out", "out"]).expect(2);
    assert!(run.stderr.contains("compose.yml → cache.yml → compose.yml"), "{}", run.stderr);
}

#[test]
fn a_list_of_paths_is_one_file_over_another() {
    let services = generated(&[
        (
            "compose.yml",
            "include:\n  - path: [a.yml, b.yml]\nservices:\n  web: {image: 'web:1', ports: ['8080']}\n",
        ),
        ("a.yml", "services:\n  db: {image: 'db:1', ports: ['5432']}\n"),
        ("b.yml", "services:\n  db: {environment: {X: '1'}}\n"),
    ]);
    assert_eq!(services["db"]["image"], "db:1");
    assert_eq!(services["db"]["environment"], json!({"X": "1"}));
}

#[test]
fn the_long_form_says_where_paths_and_variables_come_from() {
    let services = generated(&[
        (
            "compose.yml",
            "include: [{path: db/a.yml, project_directory: ., env_file: given.env}]\n\
             services:\n  web: {image: 'web:1'}\n",
        ),
        ("db/a.yml", "services:\n  db: {image: 'db:${TAG}', env_file: own.env}\n"),
        ("given.env", "TAG=7\n"),
        ("own.env", "A=1\n"),
    ]);
    assert_eq!(services["db"]["image"], "db:7");
    assert_eq!(services["db"]["environment"], json!({"A": "1"}));
}

#[test]
fn an_included_file_has_the_variables_beside_it() {
    let services = generated(&[
        ("compose.yml", "include: [db/a.yml]\nservices:\n  web: {image: 'web:${TAG}'}\n"),
        (".env", "TAG=outer\n"),
        ("db/a.yml", "services:\n  db: {image: 'db:${TAG}-${SIZE}'}\n"),
        ("db/.env", "TAG=inner\nSIZE=big\n"),
    ]);
    assert_eq!(services["db"]["image"], "db:${TAG:-outer}-big");
}

#[test]
fn a_service_takes_over_what_it_extends() {
    let services = generated(&[
        (
            "compose.yml",
            "services:\n  web: {extends: {file: shared/base.yml, service: base}, command: [b]}\n  \
             common: {image: common, environment: {A: '1'}}\n",
        ),
        (
            "shared/base.yml",
            "services:\n  base: {extends: {file: ../compose.yml, service: common}, command: [a], env_file: b.env}\n",
        ),
        ("shared/b.env", "B=2\n"),
    ]);
    assert_eq!(services["web"]["image"], "common");
    assert_eq!(services["web"]["command"], json!(["b"]));
    assert_eq!(services["web"]["environment"], json!({"A": "1", "B": "2"}));
}

#[test]
fn merge_tags_are_followed_and_their_words_are_not() {
    let services = generated(&[(
        "compose.yml",
        "services:
  base: {image: base, ports: ['80:80'], environment: {A: '1'}}
  web: {extends: base, ports: !reset [], environment: !override {HELP: use !reset}}
",
    )]);
    assert_eq!(services["web"]["environment"], json!({"HELP": "use !reset"}));
    assert!(services["web"].get("ports").is_none());
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

#[test]
fn a_mistake_behind_a_chain_of_extends_has_a_path_without_detours() {
    let bench = Bench::new("");
    bench.write("compose.yml", "services: {a: {extends: {file: sub/two.yml, service: a}}}\n");
    bench.write("sub/two.yml", "services: {a: {extends: {file: ../three.yml, service: a}}}\n");
    bench.write("three.yml", "services:\n  a:\n    image: a:1\n    ports: 80\n");
    let run = bench.run(&["--spec", "compose.yml", "--out", "out"]).expect(2);
    assert!(run.stderr.contains("> three.yml:4:5"), "{}", run.stderr);
}

#[test]
fn a_mistake_in_a_file_included_through_another_folder_has_a_path_without_detours() {
    let bench = Bench::new("");
    bench.write("compose.yml", "include: [sub/two.yml]\nservices: {}\n");
    bench.write("sub/two.yml", "include: [../three.yml]\nservices: {}\n");
    bench.write("three.yml", "services:\n  a: {imag: a}\n");
    let run = bench.run(&["--spec", "compose.yml", "--out", "out"]).expect(2);
    assert!(run.stderr.contains("> three.yml:2:7"), "{}", run.stderr);
}

#[test]
fn a_missing_file_of_an_extends_has_a_path_without_detours() {
    let bench = Bench::new("");
    bench.write("compose.yml", "services: {a: {extends: {file: sub/../gone.yml, service: a}}}\n");
    let run = bench.run(&["--spec", "compose.yml", "--out", "out"]).expect(2);
    assert!(run.stderr.contains(" gone.yml"), "{}", run.stderr);
    assert!(!run.stderr.contains("sub/../gone.yml:"), "{}", run.stderr);
}
