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
    assert!(again.stdout.contains("cannot be compared"), "{}", again.stdout);
    assert!(machine.calls().iter().any(|call| call.starts_with("kind load")));
}

#[test]
fn under_the_containerd_store_the_archive_tells_whether_an_image_has_changed() {
    let Some(machine) = Machine::with_cluster() else { return };
    let folder = two_images(&machine);
    let id = "c".repeat(64);
    machine.write("fake/engine-images", "rideshare/own manifest\n");
    machine.write("fake/configuration", &id);
    nodes_have(&machine, &id, &[]);
    let same = run(&mut machine.tool(&["load", "--overlay", &folder])).expect(0);
    assert!(same.stdout.contains("the same image as the engine's"), "{}", same.stdout);
    assert!(!machine.calls().iter().any(|call| call.starts_with("kind load")));
    // One node has another one: that node alone gets it.
    nodes_have(&machine, "old", &[]);
    machine.write("fake/loaded/rideshare-local-worker", &format!("rideshare/own {id}\n"));
    let changed = run(&mut machine.tool(&["load", "--overlay", &folder])).expect(0);
    assert!(changed.stdout.contains("onto rideshare-local-worker2"), "{}", changed.stdout);
    let calls = machine.calls();
    let load = calls.iter().find(|call| call.starts_with("kind load")).unwrap();
    assert!(load.ends_with("--nodes rideshare-local-worker2"), "{load}");
}

/// Two images that the nodes lack, one of which does not arrive everywhere.
fn two_missing(machine: &Machine) -> String {
    let images = ["rideshare/first", "rideshare/second"].map(|image| {
        let mut one = workload("Deployment", image.rsplit('/').next().unwrap());
        one["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
        one
    });
    machine.have_images(&["docker.io/library/busybox:1".into()]);
    let ids = ["1".repeat(64), "2".repeat(64)];
    machine.write(
        "fake/engine-images",
        &format!("rideshare/first {}\nrideshare/second {}\nbusybox:1 x\n", ids[0], ids[1]),
    );
    overlay(machine, "small", &images).display().to_string()
}

#[test]
fn an_image_that_does_not_arrive_on_every_node_is_said_and_the_next_run_loads_the_rest() {
    let Some(machine) = Machine::with_cluster() else { return };
    let folder = two_missing(&machine);
    machine.write("fake/lose/rideshare-local-worker2", "");
    let lost = run(&mut machine.tool(&["load", "--overlay", &folder])).expect(3);
    assert_eq!(lost.stdout.matches("[load-failed]").count(), 2, "{}", lost.stdout);
    assert!(lost.stdout.contains("rideshare-local-worker2: it is not there"), "{}", lost.stdout);
    assert!(!lost.stdout.contains("rideshare-local-worker: "), "{}", lost.stdout);
    std::fs::remove_file(machine.path("fake/lose/rideshare-local-worker2")).unwrap();
    machine.write("fake/calls", "");
    run(&mut machine.tool(&["load", "--overlay", &folder])).expect(0);
    let calls = machine.calls();
    let loads: Vec<&String> = calls.iter().filter(|call| call.starts_with("kind load")).collect();
    assert_eq!(loads.len(), 2, "{loads:?}");
    assert!(
        loads.iter().all(|load| load.ends_with("--nodes rideshare-local-worker2")),
        "{loads:?}"
    );
    let again = run(&mut machine.tool(&["load", "--overlay", &folder])).expect(0);
    assert!(again.stdout.contains("on every node that runs pods"), "{}", again.stdout);
}

#[test]
fn a_load_that_fails_does_not_hold_up_the_other_images() {
    let Some(machine) = Machine::with_cluster() else { return };
    let folder = two_missing(&machine);
    let fake = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fakes/kind");
    machine.program(
        "bin/kind",
        &format!(
            "#!/bin/sh\n[ \"$1\" != load ] || ! tar xOf \"$3\" manifest.json | grep -q first || {{ echo 'no space left on device' >&2; exit 1; }}\nexec {fake} \"$@\"\n"
        ),
    );
    let failed = run(&mut machine.tool(&["load", "--overlay", &folder])).expect(3);
    assert!(
        failed.stdout.contains("rideshare/first[load-failed]: no space left"),
        "{}",
        failed.stdout
    );
    assert!(!failed.stdout.contains("rideshare/second["), "{}", failed.stdout);
    assert!(machine.read("fake/loaded/rideshare-local-worker").contains("rideshare/second"));
    assert!(failed.stderr.contains("loading rideshare/second (2 of 2)"), "{}", failed.stderr);
}

#[test]
fn an_image_that_cannot_be_saved_does_not_hold_up_the_other_images() {
    let Some(machine) = Machine::with_cluster() else { return };
    let folder = two_missing(&machine);
    let fake = std::fs::read_link(machine.path("bin/docker")).unwrap().display().to_string();
    std::fs::remove_file(machine.path("bin/docker")).unwrap();
    machine.program(
        "bin/docker",
        &format!(
            "#!/bin/sh\ncase \"$*\" in save*first) echo 'unable to create manifests file' >&2; exit 1 ;; esac\nexec {fake} \"$@\"\n"
        ),
    );
    let failed = run(&mut machine.tool(&["load", "--overlay", &folder])).expect(3);
    for said in [
        "rideshare/first[load-failed]: unable to create manifests file",
        "rideshare-local-worker2: it was not loaded",
    ] {
        assert!(failed.stdout.contains(said), "{said}: {}", failed.stdout);
    }
    assert!(!failed.stdout.contains("rideshare/second["), "{}", failed.stdout);
    assert!(machine.read("fake/loaded/rideshare-local-worker").contains("rideshare/second"));
}

#[test]
fn nodes_that_are_stopped_are_no_missing_cluster() {
    let Some(machine) = Machine::with_cluster() else { return };
    let folder = two_images(&machine);
    run(&mut machine.tool(&["stop"])).expect(0);
    let stopped = run(&mut machine.tool(&["load", "--overlay", &folder])).expect(2);
    assert!(stopped.stderr.contains("error[cluster-stopped]"), "{}", stopped.stderr);
}
