//! Any engine: chosen as kind chooses it, spoken to through its own client, and looked at before a cluster is
//! made.

use std::fs;
use std::process::Command;

use rideshare_tests::port;
use rideshare_tests::run::run;
use serde_json::{Value, json};

use crate::create::{create, nodes_join};
use crate::preflight::config;
use crate::support::{GIB, Machine, overlay, workload};

const PROVIDER: &str = "KIND_EXPERIMENTAL_PROVIDER";

/// The client that has been asked for the nodes.
fn asked(machine: &Machine, command: &mut Command) -> Vec<String> {
    let before = machine.calls().len();
    run(command);
    let asks = |call: &String| call.contains(" ps --all");
    let calls = machine.calls()[before..].to_vec();
    let programs = calls.iter().filter(|call| asks(call));
    programs.map(|call| call.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn the_engine_is_the_one_that_kind_takes() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.containers("podman-nodes");
    machine.containers("nerdctl-nodes");
    let asks = |machine: &Machine, provider: &str| {
        asked(machine, machine.tool(&["stop", "--dry-run"]).env(PROVIDER, provider))
    };
    machine.install("podman");
    assert_eq!(asks(&machine, ""), ["docker"]);
    assert_eq!(asks(&machine, "podman"), ["podman"]);
    assert_eq!(asks(&machine, "docker"), ["docker"]);
    // kind ignores a name that it does not know.
    assert_eq!(asks(&machine, "lxc"), ["docker"]);
    // A docker that is another name of podman.
    machine.write("fake/alias", "");
    assert_eq!(asks(&machine, ""), ["podman"]);
    machine.install("nerdctl");
    assert_eq!(asks(&machine, ""), ["nerdctl"]);
    fs::remove_file(machine.path("bin/docker")).unwrap();
    fs::remove_file(machine.path("bin/nerdctl")).unwrap();
    assert_eq!(asks(&machine, ""), ["podman"]);
}

#[test]
fn an_engine_whose_client_is_missing_is_refused_with_the_reason() {
    let Some(machine) = Machine::with_cluster() else { return };
    for engine in ["podman", "nerdctl", "finch"] {
        for command in ["create", "teardown", "stop", "load", "doctor"] {
            let mut tool = machine.tool(&[command]);
            let refused = run(tool.env(PROVIDER, engine));
            let said = format!("{}{}", refused.stdout, refused.stderr);
            assert_ne!(refused.status, 0, "{said}");
            assert!(said.contains("[engine-unsupported]"), "{command}: {said}");
            assert!(said.contains(&format!("{engine} is not installed")), "{command}: {said}");
        }
    }
}

#[test]
fn a_cluster_lives_in_podman() {
    for engine in ["podman", "nerdctl"] {
        let Some(machine) = Machine::new() else { return };
        machine.install(engine);
        nodes_join(&machine);
        let Some(mut command) = create(&machine, &[]) else { return };
        run(command.env(PROVIDER, engine)).expect(0);
        let calls = machine.calls();
        assert!(
            calls.iter().any(|call| call.starts_with(&format!("{engine} update"))),
            "{calls:?}"
        );
        let docker: Vec<&String> =
            calls.iter().filter(|call| call.starts_with("docker update")).collect();
        assert!(docker.is_empty(), "{docker:?}");
        for command in ["stop", "start", "teardown"] {
            run(machine.tool(&[command]).env(PROVIDER, engine)).expect(0);
        }
        let there = fs::read_dir(machine.path(&format!("fake/{engine}-nodes"))).unwrap().count();
        assert_eq!(there, 0, "{engine}");
        assert!(!machine.read("home/config").contains("kind-rideshare-local"));
        machine.expect_hostile_untouched();
    }
}

#[test]
fn podmans_names_of_images_become_those_that_pods_ask_for() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.install("podman");
    machine.containers("podman-nodes");
    let mut local = workload("Deployment", "own");
    local["spec"]["template"]["spec"]["containers"][0]["image"] = json!("rideshare/own");
    let folder = overlay(&machine, "small", &[local]).display().to_string();
    machine.have_images(&["docker.io/library/busybox:1".into()]);
    let id = "5".repeat(64);
    machine.write("fake/engine-images", &format!("rideshare/own {id}\nbusybox:1 other\n"));
    let load = ["load", "--overlay", &folder];
    let loaded = run(machine.tool(&load).env(PROVIDER, "podman")).expect(0);
    assert!(loaded.stdout.contains("loaded onto"), "{}", loaded.stdout);
    assert!(
        machine
            .read("fake/loaded/rideshare-local-worker")
            .contains("docker.io/rideshare/own:latest"),
        "{}",
        machine.read("fake/loaded/rideshare-local-worker")
    );
    let before = machine.calls().len();
    let again = run(machine.tool(&load).env(PROVIDER, "podman")).expect(0);
    assert!(again.stdout.contains("on every node that runs pods"), "{}", again.stdout);
    assert!(!machine.calls()[before..].iter().any(|call| call.contains(" load ")));
    // An image that podman lacks is missing, and no error of podman.
    machine.write("fake/engine-images", "busybox:1 other\n");
    machine.write("fake/loaded/rideshare-local-worker", "");
    let missing = run(machine.tool(&load).env(PROVIDER, "podman")).expect(1);
    assert!(missing.stdout.contains("[image-missing]"), "{}", missing.stdout);
    assert!(missing.stdout.contains("`podman build --tag rideshare/own"), "{}", missing.stdout);
}

/// Codes of the checks that failed, and of those that are warnings.
fn codes(
    machine: &Machine,
    ports: &[u16],
    edit: impl Fn(&mut Command),
) -> (Vec<String>, Vec<String>) {
    let config = config(machine, ports);
    let mut command = machine.tool(&["preflight", "--format", "json", "--kind-config", &config]);
    edit(&mut command);
    let done = run(&mut command);
    let answer: Value =
        serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{}", done.stdout));
    let of = |outcome: &str| -> Vec<String> {
        let checks = answer["checks"].as_array().unwrap().iter();
        let codes = checks.filter(|check| check["outcome"] == outcome);
        let codes = codes.map(|check| check["code"].as_str().unwrap().to_owned());
        // Kernel and disk are this machine's own, and may be short.
        codes
            .filter(|code| !code.starts_with("inotify") && !code.starts_with("disk-space"))
            .collect()
    };
    (of("failed"), of("warning"))
}

fn docker_says(machine: &Machine, more: &Value) {
    let mut info = json!({"ServerVersion": "28.0.1", "MemTotal": 32 * GIB, "CgroupVersion": "2",
                          "MemoryLimit": true, "PidsLimit": true, "CPUShares": true});
    for (key, value) in more.as_object().unwrap() {
        info[key] = value.clone();
    }
    machine.write("fake/info.json", &info.to_string());
}

#[test]
fn a_rootless_engine_needs_controllers_that_are_delegated() {
    let Some(machine) = Machine::new() else { return };
    let rootless = json!(["name=seccomp,profile=builtin", "name=rootless"]);
    docker_says(&machine, &json!({"SecurityOptions": rootless}));
    assert_eq!(codes(&machine, &[port::free()], |_| ()).0, [""; 0]);
    for lacking in [
        json!({"PidsLimit": false}),
        json!({"CPUShares": false}),
        json!({"MemoryLimit": false}),
        json!({"CgroupDriver": "none"}),
    ] {
        let mut more = lacking.clone();
        more["SecurityOptions"] = rootless.clone();
        docker_says(&machine, &more);
        assert_eq!(codes(&machine, &[], |_| ()).0, ["cgroup-delegation"], "{lacking}");
    }
    docker_says(&machine, &json!({"SecurityOptions": rootless, "CgroupVersion": "1"}));
    assert_eq!(codes(&machine, &[], |_| ()).0, ["rootless-cgroup-v1"]);
    // podman says it in another form.
    machine.install("podman");
    let info = json!({"version": {"Version": "5.2.0"}, "host": {"memTotal": 32 * GIB, "cgroupVersion": "v2",
        "security": {"rootless": true}, "cgroupControllers": ["memory", "pids"]}});
    machine.write("fake/podman-info.json", &info.to_string());
    let podman = |command: &mut Command| {
        command.env(PROVIDER, "podman");
    };
    assert_eq!(codes(&machine, &[], podman).0, ["cgroup-delegation"]);
}

#[test]
fn a_rootless_engine_publishes_no_privileged_port() {
    let Some(machine) = Machine::new() else { return };
    docker_says(&machine, &json!({"SecurityOptions": ["name=rootless"]}));
    let start = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap();
    // A machine may let every user have every port.
    let wanted: &[&str] = if start.trim() == "0" { &[] } else { &["port-privileged"] };
    assert_eq!(codes(&machine, &[19], |_| ()).0, wanted);
}

#[test]
fn limits_and_disk_of_a_remote_machine_are_not_known_here() {
    let Some(machine) = Machine::new() else { return };
    let remote = |command: &mut Command| {
        command.env("DOCKER_HOST", "ssh://me:hunter22@build.example");
    };
    let (failed, warned) = codes(&machine, &[port::free()], remote);
    assert_eq!((failed, warned), (vec!["remote-engine".into()], vec!["disk-unknown".into()]));
    machine.write("fake/endpoint", "tcp://10.1.2.3:2376\n");
    docker_says(&machine, &json!({"ClientInfo": {"Context": "far"}}));
    assert_eq!(codes(&machine, &[], |_| ()).0, ["remote-engine"]);
    let ignoring = |command: &mut Command| {
        command.args(["--ignore", "remote-engine"]);
    };
    let (failed, warned) = codes(&machine, &[], ignoring);
    assert_eq!(failed, [""; 0]);
    assert_eq!(warned, ["remote-engine", "disk-unknown"]);
    let text =
        run(machine.tool(&["preflight"]).env("DOCKER_HOST", "ssh://me:hunter22@build.example"));
    assert!(
        text.stdout.contains("build.example") && !text.stdout.contains("hunter22"),
        "{}",
        text.stdout
    );
    // A virtual machine forwards ports, and has a disk of its own.
    fs::remove_file(machine.path("fake/endpoint")).unwrap();
    docker_says(&machine, &json!({"OperatingSystem": "Docker Desktop"}));
    let (failed, warned) = codes(&machine, &[], |_| ());
    assert_eq!((failed, warned), (vec![], vec!["disk-unknown".into()]));
}

/// The first connection that somebody adds is the default one, and a podman on Linux does not use it.
#[test]
fn a_podman_that_runs_containers_itself_is_not_on_another_machine() {
    let Some(machine) = Machine::new() else { return };
    machine.install("podman");
    machine.write("fake/podman-endpoint", "ssh://core@build.example/run/podman/podman.sock\n");
    let podman = |command: &mut Command| {
        command.env(PROVIDER, "podman");
    };
    assert_eq!(codes(&machine, &[], podman).0, ["remote-engine"]);
    let mut info: Value = serde_json::from_str(&machine.read("fake/podman-info.json")).unwrap();
    info["host"]["serviceIsRemote"] = false.into();
    machine.write("fake/podman-info.json", &info.to_string());
    assert_eq!(codes(&machine, &[], podman).0, [""; 0]);
}

#[test]
fn helm_is_asked_for_only_when_a_chart_is_installed() {
    let Some(machine) = Machine::new() else { return };
    fs::remove_file(machine.path("bin/helm")).unwrap();
    let manifests = "components:\n  - {name: a, version: v1.0.0, manifests: ['https://x.example/v1.0.0/a.yaml']}\n";
    machine.write("components.yaml", manifests);
    let file = machine.path("components.yaml").display().to_string();
    let with = |file: &str| {
        let file = file.to_owned();
        move |command: &mut Command| {
            command.args(["--components", &file]);
        }
    };
    assert_eq!(codes(&machine, &[], with(&file)).0, [""; 0]);
    machine.write(
        "components.yaml",
        &manifests.replace("manifests: [", "chart: ").replace("yaml']", "tgz'"),
    );
    assert_eq!(codes(&machine, &[], with(&file)).0, ["helm-missing"]);
    let Some(mut made) = create(&machine, &[]) else { return };
    nodes_join(&machine);
    run(&mut made).expect(0);
}

#[test]
fn a_failed_check_can_be_ignored_by_code_name_or_group() {
    let Some(machine) = Machine::new() else { return };
    docker_says(&machine, &json!({"MemTotal": GIB}));
    assert_eq!(codes(&machine, &[], |_| ()).0, ["docker-memory"]);
    for word in ["docker-memory", "memory", "docker"] {
        let ignore = |command: &mut Command| {
            command.args(["--ignore", word]);
        };
        assert_eq!(codes(&machine, &[], ignore).0, [""; 0], "{word}");
    }
    let ignore = |command: &mut Command| {
        command.env("KIND_IGNORE", "ports,docker-memory");
    };
    assert_eq!(codes(&machine, &[], ignore).0, [""; 0]);
    nodes_join(&machine);
    let Some(mut refused) = create(&machine, &[]) else { return };
    run(&mut refused).expect(1);
    run(&mut create(&machine, &["--ignore", "docker-memory"]).unwrap()).expect(0);
}
