//! A cluster that does not answer is not gone: it may be stopped, in another engine or on another machine, and its
//! context has to stay.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use rideshare_tests::run::{Run, run};
use rustix::process::Signal;

use crate::create::{create, nodes_join};
use crate::support::{Machine, signal, start, until};

const PROVIDER: &str = "KIND_EXPERIMENTAL_PROVIDER";
pub(crate) const DISCARD: [&str; 2] = ["teardown", "--discard-data"];

/// Stops the cluster's API server.
pub(crate) fn silence(machine: &Machine) {
    let config = machine.read("home/config");
    let server = format!("https://127.0.0.1:{}", machine.server.port());
    assert!(config.contains(&server));
    machine.write("home/config", &config.replace(&server, "https://127.0.0.1:1"));
}

#[track_caller]
fn refuses(machine: &Machine, run: &Run, code: &str, before: &str) {
    assert_eq!(run.status, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains(&format!("error[{code}]")), "{}", run.stderr);
    assert_eq!(machine.read("home/config"), before);
    assert!(
        !machine
            .calls()
            .iter()
            .any(|call| call.starts_with("kind create") || call.starts_with("kind delete"))
    );
}

#[test]
fn an_api_server_that_answers_is_another_engines() {
    let Some(machine) = Machine::new() else { return };
    let before = machine.read("home/config");
    refuses(&machine, &run(&mut machine.tool(&DISCARD)), "other-engine", &before);
    other_commands_refuse(&machine, "other-engine");
}

/// Every command that looks for the nodes refuses when they are not there.
#[track_caller]
fn other_commands_refuse(machine: &Machine, code: &str) {
    let before = machine.read("home/config");
    for command in ["stop", "start", "load"] {
        refuses(machine, &run(&mut machine.tool(&[command])), code, &before);
    }
    let doctor = run(&mut machine.tool(&["doctor"])).expect(1);
    assert!(doctor.stdout.contains(&format!("[{code}]")), "{}", doctor.stdout);
    for more in [&[][..], &["--dry-run"]] {
        let Some(mut made) = create(machine, more) else { return };
        refuses(machine, &run(&mut made), code, &before);
    }
}

#[test]
fn a_silent_context_stays_where_nobody_knows_whose_it_is() {
    let Some(machine) = Machine::new() else { return };
    silence(&machine);
    let before = machine.read("home/config");
    for more in [&[][..], &["--dry-run"]] {
        let arguments = [&DISCARD[..], more].concat();
        refuses(&machine, &run(&mut machine.tool(&arguments)), "cluster-unknown", &before);
    }
    other_commands_refuse(&machine, "cluster-unknown");
}

#[test]
fn a_stopped_cluster_of_another_engine_is_found_and_left_alone() {
    for engine in ["podman", "nerdctl", "finch"] {
        let Some(machine) = Machine::new() else { return };
        machine.install(engine);
        machine.containers(&format!("{engine}-nodes"));
        silence(&machine);
        let before = machine.read("home/config");
        for command in [&DISCARD[..], &["teardown", "--dry-run"], &["stop"], &["start"], &["load"]]
        {
            let refused = run(&mut machine.tool(command));
            refuses(&machine, &refused, "other-engine", &before);
            assert!(refused.stderr.contains(engine), "{}", refused.stderr);
        }
        let Some(mut made) = create(&machine, &[]) else { return };
        refuses(&machine, &run(&mut made), "other-engine", &before);
        let doctor = run(&mut machine.tool(&["doctor"])).expect(1);
        assert!(doctor.stdout.contains("[other-engine]"), "{}", doctor.stdout);
    }
}

#[test]
fn a_cluster_of_docker_is_not_podmans() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.install("podman");
    silence(&machine);
    let before = machine.read("home/config");
    let refused = run(machine.tool(&DISCARD).env(PROVIDER, "podman"));
    refuses(&machine, &refused, "other-engine", &before);
}

#[test]
fn a_cluster_of_another_context_is_found() {
    for (engine, provider) in [("docker", ""), ("podman", "podman")] {
        let Some(machine) = Machine::new() else { return };
        if engine == "podman" {
            machine.install(engine);
        }
        machine.write(&format!("fake/{engine}-contexts"), "default\nfar\nsilent\n");
        fs::create_dir_all(machine.path("fake/contexts/default")).unwrap();
        machine.write("fake/contexts/far/rideshare-local-control-plane", "");
        silence(&machine);
        let before = machine.read("home/config");
        let refused = run(machine.tool(&DISCARD).env(PROVIDER, provider));
        refuses(&machine, &refused, "other-engine", &before);
        assert!(refused.stderr.contains("context far"), "{}", refused.stderr);
        fs::remove_file(machine.path("fake/contexts/far/rideshare-local-control-plane")).unwrap();
        let refused = run(machine.tool(&DISCARD).env(PROVIDER, provider));
        refuses(&machine, &refused, "cluster-unknown", &before);
        assert!(refused.stderr.contains("context silent"), "{}", refused.stderr);
    }
}

/// Contexts of docker: one that leads to the chosen engine, and one of an engine without nodes.
fn contexts_to_the_same_engine(machine: &Machine) {
    machine.write("fake/docker-contexts", "default\nfar\n");
    fs::create_dir_all(machine.path("fake/contexts/far")).unwrap();
    symlink_default(machine);
}

/// The context `default` leads to the chosen engine.
fn symlink_default(machine: &Machine) {
    fs::create_dir_all(machine.path("fake/contexts")).unwrap();
    symlink("../nodes", machine.path("fake/contexts/default")).unwrap();
}

#[test]
fn a_context_that_leads_to_the_chosen_engine_is_no_other_engine_to_a_creation() {
    let Some(machine) = Machine::with_cluster() else { return };
    contexts_to_the_same_engine(&machine);
    machine.write("home/config", &machine.hostile.kubeconfig("kind-rideshare-local"));
    run(&mut machine.tool(&["create", "--no-components"])).expect(0);
}

#[test]
fn a_context_that_leads_to_the_chosen_engine_is_no_other_engine_to_a_teardown() {
    let Some(machine) = Machine::with_cluster() else { return };
    contexts_to_the_same_engine(&machine);
    machine.fail("kind-get", "no node runs\n");
    run(&mut machine.tool(&DISCARD)).expect(0);
    assert!(!machine.read("home/config").contains("kind-rideshare-local"));
}

#[test]
fn a_context_that_a_silent_engine_may_have_survives_the_deletion_of_stopped_nodes() {
    let Some(machine) = Machine::with_cluster() else { return };
    symlink_default(&machine);
    machine.write("fake/docker-contexts", "default\nsilent\n");
    machine.fail("kind-get", "no node runs\n");
    let before = machine.read("home/config");
    let done = run(&mut machine.tool(&DISCARD)).expect(0);
    assert!(done.stderr.contains("stays"), "{}", done.stderr);
    assert_eq!(machine.read("home/config"), before);
}

#[test]
fn the_record_stays_as_long_as_its_context() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    let Some(mut made) = create(&machine, &[]) else { return };
    run(&mut made).expect(0);
    lose(&machine, "fake/nodes");
    machine.write("home/other", &machine.hostile.kubeconfig("production"));
    run(machine.tool(&DISCARD).env("KUBECONFIG", machine.path("home/other"))).expect(0);
    run(&mut machine.tool(&DISCARD)).expect(0);
    assert!(!machine.read("home/config").contains("kind-rideshare-local"));
}

/// Takes the nodes and the API server away.
fn lose(machine: &Machine, nodes: &str) {
    for node in fs::read_dir(machine.path(nodes)).unwrap() {
        fs::remove_file(node.unwrap().path()).unwrap();
    }
    machine.write("fake/calls", "");
    silence(machine);
}

/// Creates a cluster where the client leads to first, and looks for it where the client leads to second.
fn is_remembered(
    machine: &Machine,
    nodes: &str,
    first: &dyn Fn(&mut Command),
    second: &dyn Fn(&mut Command),
) {
    nodes_join(machine);
    let create = || create(machine, &["--ignore", "remote-engine"]);
    let led = |mut command: Command, to: &dyn Fn(&mut Command)| {
        to(&mut command);
        run(&mut command)
    };
    let Some(made) = create() else { return };
    led(made, first).expect(0);
    lose(machine, nodes);
    let before = machine.read("home/config");
    for command in [machine.tool(&DISCARD), create().unwrap()] {
        refuses(machine, &led(command, second), "other-engine", &before);
    }
    // Where it was made, its absence is a proof.
    led(machine.tool(&DISCARD), first).expect(0);
    assert!(!machine.read("home/config").contains("kind-rideshare-local"));
}

#[test]
fn a_cluster_that_was_made_on_another_machine_is_remembered() {
    let Some(machine) = Machine::new() else { return };
    let led = |socket: &'static str| {
        let file = machine.path("fake/endpoint");
        move |_: &mut Command| fs::write(&file, format!("unix://{socket}\n")).unwrap()
    };
    let (first, second) = (led("/var/run/docker.sock"), led("/run/user/1000/docker.sock"));
    is_remembered(&machine, "fake/nodes", &first, &second);
}

#[test]
fn a_cluster_of_another_default_connection_of_podman_is_remembered() {
    let Some(machine) = Machine::new() else { return };
    machine.install("podman");
    let led = |port: u16| {
        let file = machine.path("fake/podman-endpoint");
        move |command: &mut Command| {
            let uri = format!("ssh://core@127.0.0.1:{port}/run/podman/podman.sock");
            // Connections that are not the default one leave an empty line.
            fs::write(&file, format!("\n{uri}\n")).unwrap();
            command.env(PROVIDER, "podman");
        }
    };
    is_remembered(&machine, "fake/podman-nodes", &led(1001), &led(1002));
}

#[test]
fn a_cluster_of_another_user_of_the_same_host_is_remembered() {
    let Some(machine) = Machine::new() else { return };
    let led = |host: &'static str| {
        move |command: &mut Command| {
            command.env("DOCKER_HOST", host);
        }
    };
    is_remembered(
        &machine,
        "fake/nodes",
        &led("ssh://a@build.example"),
        &led("ssh://b@build.example"),
    );
}

#[test]
fn a_client_without_an_address_proves_nothing_while_a_connection_is_silent() {
    let Some(machine) = Machine::new() else { return };
    machine.install("podman");
    nodes_join(&machine);
    let Some(mut made) = create(&machine, &[]) else { return };
    run(made.env(PROVIDER, "podman")).expect(0);
    lose(&machine, "fake/podman-nodes");
    machine.write("fake/podman-contexts", "silent\n");
    let before = machine.read("home/config");
    let teardown = || run(machine.tool(&DISCARD).env(PROVIDER, "podman"));
    refuses(&machine, &teardown(), "cluster-unknown", &before);
    machine.write("fake/podman-contexts", "");
    teardown().expect(0);
    assert!(!machine.read("home/config").contains("kind-rideshare-local"));
}

#[test]
fn kill_9_between_the_deletions_is_finished_by_the_next_run() {
    let Some(machine) = Machine::with_cluster() else { return };
    let fake = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fakes/kind");
    machine.program(
        "bin/kind",
        &format!("#!/bin/sh\n{fake} \"$@\" || exit\n[ \"$1\" != delete ] || sleep 30\n"),
    );
    let child = start(&mut machine.tool(&DISCARD));
    until("the nodes are gone", || fs::read_dir(machine.path("fake/nodes")).unwrap().count() == 0);
    signal(child, Signal::KILL).expect(137);
    silence(&machine);
    assert!(machine.read("home/config").contains("kind-rideshare-local"));
    run(&mut machine.tool(&DISCARD)).expect(0);
    assert!(!machine.read("home/config").contains("kind-rideshare-local"));
    machine.expect_hostile_untouched();
}

#[test]
fn a_context_of_the_other_of_two_clusters_of_one_name_stays() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.install("podman");
    machine.containers("podman-nodes");
    // The kubeconfig has podman's cluster; docker's has another authority.
    machine.write("fake/kinds-kubeconfig", &machine.hostile.kubeconfig("kind-rideshare-local"));
    let before = machine.read("home/config");
    run(&mut machine.tool(&DISCARD)).expect(0);
    assert_eq!(machine.read("home/config"), before);
}
