//! Registries: caches that outlive the cluster, and authorities that its nodes trust.

use std::fs;

use rideshare_tests::run::run;

use crate::create::{create, nodes_join};
use crate::support::Machine;

const CACHE: &str = "kind-cluster-cache-docker-io";
/// A sequence in DER, which is all that is looked at.
pub(crate) const CERTIFICATE: &str =
    "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
const NODES: [&str; 3] =
    ["rideshare-local-control-plane", "rideshare-local-worker", "rideshare-local-worker2"];

#[test]
fn a_cache_is_made_once_and_outlives_the_cluster() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    let cached = ["--registry-cache", "docker.io"];
    let Some(mut made) = create(&machine, &cached) else { return };
    let made = run(&mut made).expect(0);
    assert!(made.stdout.contains(&format!("{CACHE} made")), "{}", made.stdout);
    for node in NODES {
        let hosts = machine.read(&format!("fake/hosts/{node}/docker.io"));
        assert!(hosts.contains(&format!("http://{CACHE}:5000")), "{node}: {hosts}");
    }
    let calls = machine.calls();
    let call = calls.iter().find(|call| call.starts_with("docker create")).unwrap();
    for part in [
        "--network kind",
        &format!("--volume {CACHE}:/var/lib/registry"),
        "registry-1.docker.io",
        "unless-stopped",
    ] {
        assert!(call.contains(part), "{part}: {call}");
    }
    run(&mut machine.tool(&["teardown", "--discard-data"])).expect(0);
    assert!(machine.path(&format!("fake/caches/{CACHE}")).exists());
    let again = run(&mut create(&machine, &cached).unwrap()).expect(0);
    assert!(again.stdout.contains(&format!("{CACHE} runs")), "{}", again.stdout);
    // A restart of the engine's machine may have left it stopped.
    machine.write(&format!("fake/caches/{CACHE}"), "Exited (0) 1 hour ago\n");
    let started = run(&mut create(&machine, &cached).unwrap()).expect(0);
    assert!(started.stdout.contains(&format!("{CACHE} started")), "{}", started.stdout);
    let made = machine.calls().iter().filter(|call| call.starts_with("docker create")).count();
    assert_eq!(made, 1);
}

#[test]
fn every_node_and_every_cache_trusts_the_authority() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
    machine.write("ca.pem", &format!("{key}{CERTIFICATE}"));
    let file = machine.path("ca.pem").display().to_string();
    let more = ["--ca-file", &file, "--registry-cache", "docker.io"];
    let Some(mut made) = create(&machine, &more) else { return };
    let made = run(&mut made).expect(0);
    assert!(
        made.stdout.contains("now trusted by rideshare-local-control-plane"),
        "{}",
        made.stdout
    );
    for node in NODES {
        let folder = machine.path(&format!("fake/trust/{node}"));
        let trusted = fs::read_dir(folder).unwrap().next().unwrap().unwrap();
        assert_eq!(fs::read_to_string(trusted.path()).unwrap(), CERTIFICATE, "{node}");
    }
    assert_eq!(machine.read("fake/copied"), CERTIFICATE);
    let again = run(&mut create(&machine, &more).unwrap()).expect(0);
    assert!(again.stdout.contains("trusted by every node"), "{}", again.stdout);
}

/// A registry reads certificates only when it starts.
#[test]
fn a_cache_that_runs_starts_again_with_a_new_authority() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    let cached = ["--registry-cache", "docker.io"];
    let Some(mut made) = create(&machine, &cached) else { return };
    run(&mut made).expect(0);
    machine.write("ca.pem", CERTIFICATE);
    let file = machine.path("ca.pem").display().to_string();
    let more = ["--registry-cache", "docker.io", "--ca-file", &file];
    let before = machine.calls().len();
    let started = run(&mut create(&machine, &more).unwrap()).expect(0);
    assert!(started.stdout.contains(&format!("{CACHE} started")), "{}", started.stdout);
    let calls = machine.calls()[before..].to_vec();
    let at = |word: &str| calls.iter().position(|call| call.contains(word)).unwrap();
    let to = format!("{CACHE}:/etc/ssl/certs/kind-cluster-");
    let copied =
        calls.iter().position(|call| call.starts_with("docker cp /") && call.contains(&to));
    assert!(
        at("docker stop") < copied.unwrap() && copied.unwrap() < at("docker start"),
        "{calls:?}"
    );
    let again = run(&mut create(&machine, &more).unwrap()).expect(0);
    assert!(again.stdout.contains(&format!("{CACHE} runs")), "{}", again.stdout);
}

#[test]
fn a_cache_that_does_not_answer_is_named_with_its_last_words() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    machine.write(
        "fake/silent-cache",
        "level=info msg=\"starting\"\npanic: x509: unknown\n\ngoroutine 1\n",
    );
    let cached = ["--registry-cache", "docker.io"];
    let Some(mut made) = create(&machine, &cached) else { return };
    let made = run(&mut made).expect(0);
    for said in ["[cache-silent]", "made, and does not answer", "panic: x509: unknown"] {
        assert!(made.stdout.contains(said), "{said}: {}", made.stdout);
    }
    fs::remove_file(machine.path("fake/silent-cache")).unwrap();
    let again = run(&mut create(&machine, &cached).unwrap()).expect(0);
    assert!(again.stdout.contains(&format!("{CACHE} started; every node")), "{}", again.stdout);
}

#[test]
fn a_node_that_cannot_ask_the_cache_is_named() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    machine.write("fake/mirrors", "");
    let Some(mut made) = create(&machine, &["--registry-cache", "docker.io"]) else { return };
    let made = run(&mut made).expect(0);
    assert!(made.stdout.contains("[cache-unused]"), "{}", made.stdout);
    for node in NODES {
        assert!(made.stdout.contains(node), "{}", made.stdout);
    }
}

#[test]
fn a_dry_run_names_authorities_and_caches_and_makes_none() {
    let Some(machine) = Machine::new() else { return };
    nodes_join(&machine);
    machine.write("ca.pem", CERTIFICATE);
    let file = machine.path("ca.pem").display().to_string();
    let more = ["--dry-run", "--ca-file", &file, "--registry-cache", "docker.io,quay.io"];
    let Some(mut planned) = create(&machine, &more) else { return };
    let planned = run(&mut planned).expect(0);
    for said in
        [&file, "to be trusted by every node", CACHE, "kind-cluster-cache-quay-io is to run"]
    {
        assert!(planned.stdout.contains(said), "{said}: {}", planned.stdout);
    }
    let calls = machine.calls();
    let changes = |call: &&String| {
        ["create", "start", "cp", "exec"].iter().any(|word| call.split(' ').nth(1) == Some(*word))
    };
    assert_eq!(calls.iter().filter(changes).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn files_without_a_certificate_are_all_refused_before_anything_is_made() {
    let Some(machine) = Machine::new() else { return };
    machine.write("empty.pem", "");
    let files = ["empty.pem", "nowhere.pem"].map(|name| machine.path(name).display().to_string());
    let Some(mut command) = create(&machine, &["--ca-file", &files.join(",")]) else { return };
    let refused = run(&mut command).expect(2);
    assert_eq!(refused.stderr.matches("error[bad-ca-file]").count(), 2, "{}", refused.stderr);
    assert_eq!(machine.calls(), [""; 0]);
    let named =
        run(&mut machine.tool(&["create", "--registry-cache", "https://docker.io"])).expect(2);
    assert!(named.stderr.contains("a registry is a host"), "{}", named.stderr);
}
