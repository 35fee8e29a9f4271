//! `load`: only what the nodes lack, onto workers only, from a file.

use rideshare_tests::run::run;
use serde_json::json;

use crate::support::{Machine, overlay, workload};

fn two_images(machine: &Machine) -> String {
    let mut local = workload("Deployment", "own");
    local["spec"]["template"]["spec"]["containers"][0]["image"] = json!("rideshare/own");
    overlay(machine, "small", &[local]).display().to_string()
}

#[test]
fn what_the_nodes_lack_is_loaded_and_what_they_have_is_not() {
    let Some(machine) = Machine::with_cluster() else { return };
    let folder = two_images(&machine);
    machine.have_images(&["docker.io/library/busybox:1".into()]);
    machine.write("fake/engine-images", "rideshare/own\nbusybox:1\n");
    let plan = run(&mut machine.tool(&["load", "--overlay", &folder, "--dry-run"])).expect(0);
    insta::assert_snapshot!(plan.stdout);
    assert!(!machine.calls().iter().any(|call| call.contains("load")));
    let loaded = run(&mut machine.tool(&["load", "--overlay", &folder])).expect(0);
    assert!(
        loaded.stdout.contains("loaded onto rideshare-local-worker, rideshare-local-worker2"),
        "{}",
        loaded.stdout
    );
    let calls = machine.calls();
    let saved: Vec<&String> = calls.iter().filter(|call| call.starts_with("docker save")).collect();
    assert_eq!(saved.len(), 1, "{calls:?}");
    assert!(
        saved[0].contains("--platform linux/") && saved[0].ends_with(" rideshare/own"),
        "{saved:?}"
    );
    let load: Vec<&String> =
        calls.iter().filter(|call| call.starts_with("kind load image-archive")).collect();
    assert!(
        load[0].ends_with(
            "--name rideshare-local --nodes rideshare-local-worker,rideshare-local-worker2"
        ),
        "{load:?}"
    );
}

#[test]
fn an_image_that_is_nowhere_is_missing_and_one_of_a_registry_is_pulled() {
    let Some(machine) = Machine::with_cluster() else { return };
    let folder = two_images(&machine);
    let run =
        run(machine.tool(&["load", "--overlay", &folder]).env("FAKE_ENGINE", "20.10.24")).expect(1);
    assert!(run.stdout.contains("rideshare/own[image-missing]"), "{}", run.stdout);
    assert!(run.stdout.contains("to be pulled by rideshare-local-worker"), "{}", run.stdout);
}

#[test]
fn a_stopped_engine_is_no_missing_image() {
    let Some(machine) = Machine::with_cluster() else { return };
    let folder = two_images(&machine);
    machine.fail(
        "docker-image",
        "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?\n",
    );
    let run = run(&mut machine.tool(&["load", "--overlay", &folder])).expect(3);
    assert!(run.stderr.contains("error[docker-stopped]"), "{}", run.stderr);
}

/// The images of the nodes: one that is built here, by its id, and one of a registry.
fn nodes_have(machine: &Machine, id: &str, digests: &[&str]) {
    let images = json!({"images": [
        {"id": format!("sha256:{id}"), "repoTags": ["docker.io/rideshare/own:latest"], "repoDigests": digests},
        {"id": "sha256:b", "repoTags": ["docker.io/library/busybox:1"]}]});
    machine.write("fake/node-images.json", &images.to_string());
}

#[test]
fn an_image_that_was_built_again_is_loaded_again_and_a_deployment_refuses_the_old_one() {
    let Some(machine) = Machine::with_cluster() else { return };
    let folder = two_images(&machine);
    nodes_have(&machine, "old", &[]);
    // Of what a registry has, the node's own is as good.
    machine.write("fake/engine-images", "rideshare/own new\nbusybox:1 other\n");
    let refused = run(&mut machine.tool(&["deploy", "--overlay", &folder])).expect(1);
    assert!(
        refused.stderr.contains("error[image-stale]: the image rideshare/own on"),
        "{}",
        refused.stderr
    );
    let loaded = run(&mut machine.tool(&["load", "--overlay", &folder])).expect(0);
    for said in [
        "loaded onto rideshare-local-worker, rideshare-local-worker2, where another one has its name",
        "rollout restart",
        "on every node that runs pods",
    ] {
        assert!(loaded.stdout.contains(said), "{said}: {}", loaded.stdout);
    }
    assert_eq!(machine.calls().iter().filter(|call| call.starts_with("kind load")).count(), 1);
    nodes_have(&machine, "new", &[]);
    run(&mut machine.tool(&["load", "--overlay", &folder])).expect(0);
    assert_eq!(machine.calls().iter().filter(|call| call.starts_with("kind load")).count(), 1);
    run(&mut machine.tool(&["deploy", "--overlay", &folder])).expect(0);
}

#[test]
fn under_the_containerd_store_manifests_are_compared_or_the_image_is_loaded_again() {
    let Some(machine) = Machine::with_cluster() else { return };
    let folder = two_images(&machine);
    machine.write("fake/engine-images", "rideshare/own manifest\n");
    nodes_have(&machine, "old", &["docker.io/library/import-2026@sha256:manifest"]);
    let same = run(&mut machine.tool(&["load", "--overlay", &folder])).expect(0);
    assert!(!same.stdout.contains("loaded"), "{}", same.stdout);
    nodes_have(&machine, "old", &[]);
    let again = run(&mut machine.tool(&["load", "--overlay", &folder])).expect(0);
    assert!(again.stdout.contains("cannot be told"), "{}", again.stdout);
    assert!(machine.calls().iter().any(|call| call.starts_with("kind load")));
}
