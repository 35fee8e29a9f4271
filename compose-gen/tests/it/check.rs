//! `--check` tells what happened to each file, and writing never takes what is not ours.

use std::fs;

use insta::assert_snapshot;

use crate::support::Bench;

const SPEC: &str = "name: shop\nservices:\n  web: {image: \"web:1\", ports: [\"8080:80\"]}\n  \
                    db: {image: \"db:1\", volumes: [\"db-data:/data\", \"./conf:/conf:ro\"]}\n\
                    volumes: {db-data: {}}\n";

fn bench() -> Bench {
    let bench = Bench::new(SPEC);
    bench.write("platform/conf/a.json", "{}\n");
    bench
}

#[test]
fn what_was_generated_is_up_to_date() {
    let bench = bench();
    assert_snapshot!(bench.generate().stdout);
    bench.run(&["--check"]).expect(0);
    let before = bench.files();
    bench.generate();
    assert_eq!(bench.files(), before);
}

#[test]
fn each_state_has_its_name_and_its_difference() {
    let bench = bench();
    bench.generate();
    // Another specification makes the rest stale, and one file an orphan.
    let spec = SPEC.replace("web:1", "web:2").replace(", \"./conf:/conf:ro\"", "");
    bench.write("platform/services.yaml", &spec);
    fs::remove_file(bench.path().join("kubernetes/base/default/db.yaml")).unwrap();
    let edited = bench.read("docker/compose.yaml").replace("8080:80", "9090:80");
    bench.write("docker/compose.yaml", &edited);
    let result = bench.run(&["--check"]).expect(1);
    assert_snapshot!(result.stdout);
    assert_eq!(bench.read("docker/compose.yaml"), edited, "--check wrote something");
    let json = bench.run(&["--check", "--format", "json"]).expect(1);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let states: Vec<String> = json["changed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| format!("{} {}", c["state"].as_str().unwrap(), c["path"].as_str().unwrap()))
        .collect();
    assert!(states.contains(&"hand-edited docker/compose.yaml".into()), "{states:?}");
    assert!(states.contains(&"missing kubernetes/base/default/db.yaml".into()), "{states:?}");
    assert!(states.contains(&"stale kubernetes/base/default/web.yaml".into()), "{states:?}");
    assert!(
        states.contains(&"orphaned kubernetes/base/default/config/db-conf/a.json".into()),
        "{states:?}"
    );
    // A hand-edited file stops the writing; without it everything is put right.
    let refused = bench.run(&[]).expect(1);
    assert_snapshot!(refused.stderr);
    fs::remove_file(bench.path().join("docker/compose.yaml")).unwrap();
    bench.generate();
    assert!(!bench.path().join("kubernetes/base/default/config").exists());
    bench.run(&["--check"]).expect(0);
}

#[test]
fn a_file_without_the_header_is_neither_overwritten_nor_deleted() {
    let bench = bench();
    bench.write("docker/compose.yaml", "services: {}\n");
    bench.write("kubernetes/base/default/notes.yaml", "mine: true\n");
    let refused = bench.run(&[]).expect(1);
    assert_snapshot!(refused.stderr);
    assert_eq!(bench.read("docker/compose.yaml"), "services: {}\n");
    assert_eq!(bench.files().len(), 2, "nothing is written beside it");
    fs::remove_file(bench.path().join("docker/compose.yaml")).unwrap();
    bench.generate();
    assert_eq!(bench.read("kubernetes/base/default/notes.yaml"), "mine: true\n");
}

#[test]
fn only_the_named_parts_are_touched() {
    let bench = bench();
    bench.run(&["--only", "compose"]).expect(0);
    let files: Vec<String> =
        bench.files().iter().map(|(path, _)| path.display().to_string()).collect();
    assert_eq!(files, ["docker/compose.yaml"]);
}
