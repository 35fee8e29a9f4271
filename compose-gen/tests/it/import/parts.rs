//! Keys that people miss in Kubernetes: hooks, volumes from images, providers, and `develop`.

use serde_json::{Value, json};

use super::Imported;

fn imported(text: &str) -> Imported {
    let project = Imported::new(&[("compose.yml", text)]);
    project.run.clone().expect(0);
    project.generate().expect(0);
    project
}

/// The Pod of the workload in a service's file.
fn pod(project: &Imported, service: &str) -> Value {
    let path = format!("new/kubernetes/base/default/{service}.yaml");
    project.bench.documents(&path)[0]["spec"]["template"]["spec"].clone()
}

#[test]
fn one_hook_is_a_hook_of_the_container() {
    let project = imported(
        "services:
  a:
    image: 'a:1'
    post_start: [{command: ./warm up}]
    pre_stop: [{command: [./drain, 'a b']}]
",
    );
    let lifecycle = pod(&project, "a")["containers"][0]["lifecycle"].clone();
    assert_eq!(lifecycle["postStart"]["exec"]["command"], json!(["./warm", "up"]));
    assert_eq!(lifecycle["preStop"]["exec"]["command"], json!(["./drain", "a b"]));
    project.says("services.a.post_start", "carried", "");
    project.says("services.a.pre_stop", "carried", "");
}

#[test]
fn several_hooks_run_one_after_the_other() {
    let project = imported(
        "services:\n  a: {image: 'a:1', post_start: [{command: [x, \"it's\"]}, {command: z}]}\n",
    );
    let command = &pod(&project, "a")["containers"][0]["lifecycle"]["postStart"]["exec"]["command"];
    assert_eq!((&command[0], &command[1]), (&json!("/bin/sh"), &json!("-c")));
    let script = command[2].as_str().unwrap();
    assert_eq!(script, r"'x' 'it'\''s' && 'z'");
}

#[test]
fn a_hook_of_another_user_says_that_it_has_the_containers() {
    let project = imported(
        "services:
  a: {image: 'a:1', pre_stop: [{command: x, user: root, environment: {A: '1'}, working_dir: /w}]}
",
    );
    let why = "without user, working_dir, environment: the container's own counts";
    project.says("services.a.pre_stop", "changed", why);
}

#[test]
fn a_volume_of_an_image_is_one_in_kubernetes() {
    let project = imported(
        "services:
  a:
    image: 'a:1'
    volumes: [{type: image, source: 'models:2', target: /models, image: {subpath: small}}]
",
    );
    let pod = pod(&project, "a");
    assert_eq!(pod["volumes"][0]["image"]["reference"], "models:2");
    let mount = &pod["containers"][0]["volumeMounts"][0];
    assert_eq!((&mount["mountPath"], &mount["subPath"]), (&json!("/models"), &json!("small")));
}

#[test]
fn a_service_of_a_provider_is_left_out_with_the_waits_for_it() {
    let project = imported(
        "services:
  web: {image: 'w:1', depends_on: [db]}
  api: {image: 'a:1', depends_on: {db: {condition: service_healthy}}}
  db: {provider: {type: aws-rds, options: {size: small}}}
",
    );
    project.says("services.db", "not-carried", "the provider aws-rds makes it");
    project.says("services.web.depends_on.0", "not-carried", "nothing here is waited for");
    project.says("services.api.depends_on.db", "not-carried", "nothing here is waited for");
    let base = project.bench.path().join("new/kubernetes/base/default");
    assert!(base.join("web.yaml").is_file() && !base.join("db.yaml").exists());
    assert_eq!(pod(&project, "api").get("initContainers"), None);
}

#[test]
fn develop_stays_in_the_compose_file() {
    let project = imported(
        "services:
  a: {image: 'a:1', build: ., develop: {watch: [{path: ./src, action: rebuild}]}}
",
    );
    project.says("services.a.develop", "not-carried", "it concerns docker compose watch only");
    let compose = project.bench.read("new/docker/compose.yaml");
    assert!(compose.contains("develop:"), "{compose}");
}
