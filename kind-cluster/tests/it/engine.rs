//! Real containers of a real engine as nodes, with the real kind: caps, images, a volume's files,
//! the configuration, and the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::{peers, root};
use serde_json::json;

use crate::backup::{fill, stateful, tree};
use crate::create::ready;
use crate::preflight::config;
use crate::support::{GIB, Machine, overlay};

/// Set where the test runs inside the engine's namespaces.
const INSIDE: &str = "KIND_CLUSTER_TEST_ENGINE";

#[test]
fn nodes_of_a_real_engine() {
    within("engine::inside", &[]);
}

/// Runs an ignored test with an engine of its own, whose namespaces have no other network. The variables lead to more
/// components.
pub(crate) fn within(test: &str, more: &[(&str, PathBuf)]) {
    let all = ["PEER_DOCKER", "PEER_KIND", "PEER_KUBECTL", "PEER_BUSYBOX"].map(peers::find);
    let [Some(_), Some(kind), Some(_), Some(busybox)] = all else { return };
    if !rustix::process::geteuid().is_root() {
        return peers::skip("root, for an engine of the test's own,");
    }
    let inside = Command::new(root().join("scripts/docker-engine"))
        .args(["run", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(INSIDE, "1")
        .env("KIND_CLUSTER_TEST_KIND", kind)
        .env("KIND_CLUSTER_TEST_BUSYBOX", busybox)
        .envs(more.iter().map(|(name, path)| (name, path)))
        .output()
        .unwrap();
    let run: rideshare_tests::run::Run = inside.into();
    assert!(run.clone().expect(0).stdout.contains("1 passed"), "{}", run.transcript(&[]));
}

/// The tool, kind and docker as they really are, beside a helm that is none.
pub(crate) struct Bench {
    pub(crate) machine: Machine,
    path: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let machine = Machine::at("0.0.0.0").unwrap();
        fs::create_dir(machine.path("real")).unwrap();
        std::os::unix::fs::symlink(
            fs::read_link(machine.path("bin/helm")).unwrap(),
            machine.path("real/helm"),
        )
        .unwrap();
        // kind runs its commands in nodes with all capabilities, which an engine inside a container
        // may not have to give. These nodes need none.
        let docker = format!(
            "#!/bin/sh\nfor a in \"$@\"; do shift; [ \"$a\" = --privileged ] || set -- \"$@\" \"$a\"; done\nPATH={} exec docker \"$@\"\n",
            std::env::var("PATH").unwrap()
        );
        machine.program("real/docker", &docker);
        let kind = PathBuf::from(std::env::var_os("KIND_CLUSTER_TEST_KIND").unwrap());
        let path = format!(
            "{}:{}:{}",
            machine.path("real").display(),
            kind.parent().unwrap().display(),
            std::env::var("PATH").unwrap()
        );
        Bench { machine, path }
    }

    /// This machine's programs for a command.
    pub(crate) fn real<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        for name in ["DOCKER_HOST", "DOCKER_CONFIG"] {
            command.env(name, std::env::var_os(name).unwrap());
        }
        // The engine's folder is on this machine's disk, which may be short.
        command.env("PATH", &self.path).env("KIND_IGNORE", "disk")
    }

    pub(crate) fn tool(&self, arguments: &[&str]) -> Command {
        let mut command = self.machine.tool(arguments);
        self.real(&mut command);
        command
    }

    pub(crate) fn docker(&self, arguments: &[&str]) -> String {
        run(self.real(&mut Command::new("docker")).args(arguments)).expect(0).stdout
    }

    pub(crate) fn sh(&self, script: &str, arguments: &[&Path]) {
        run(self.real(&mut Command::new("sh")).args(["-c", script, "sh"]).args(arguments))
            .expect(0);
    }
}

pub(crate) const WORKER: &str = "rideshare-local-worker";

#[test]
#[ignore = "nodes_of_a_real_engine starts it inside the engine's namespaces"]
fn inside() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let bench = Bench::new();
    let machine = &bench.machine;
    machine.server.behave(rideshare_tests::apiserver::controllers::usual);
    start_nodes(&bench);
    machine.nodes();
    let file = config(machine, &[]);

    // Caps: the value that Docker keeps, and the value that the kernel enforces.
    let create = ["create", "--kind-config", &file, "--no-components"];
    let first = run(&mut bench.tool(&create)).expect(0);
    assert_eq!(first.stdout.matches("now capped").count(), 3, "{}", first.stdout);
    let limit = "cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes";
    assert_eq!(
        bench.docker(&["exec", WORKER, "sh", "-c", limit]).trim(),
        (9 * GIB / 2).to_string()
    );
    assert_eq!(
        bench.docker(&["exec", "rideshare-local-control-plane", "sh", "-c", limit]).trim(),
        GIB.to_string()
    );
    assert!(machine.read("home/config").contains("name: kind-rideshare-local"));

    // Nodes that were stopped start again.
    bench.docker(&["stop", "--time", "0", "rideshare-local-worker2"]);
    let again = run(&mut bench.tool(&create)).expect(0);
    assert!(
        again.stdout.contains("started") && !again.stdout.contains("now capped"),
        "{}",
        again.stdout
    );

    images(&bench);
    volumes(&bench);
    configuration(&bench);
    machine.expect_hostile_untouched();
}

/// Containers that look to kind like nodes of its cluster. The control plane leads on to the API server.
fn start_nodes(bench: &Bench) {
    let machine = &bench.machine;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/node-image.sh");
    let busybox = PathBuf::from(std::env::var_os("KIND_CLUSTER_TEST_BUSYBOX").unwrap());
    let folder = machine.path("node");
    bench.sh("\"$1\" \"$2\" \"$3\"", &[&script, &folder, &busybox]);
    machine.write(
        "node/etc/kubernetes/admin.conf",
        &machine.server.kubeconfig("kubernetes-admin@rideshare-local"),
    );
    bench.sh("tar --create --directory \"$1\" . | docker import - node:1", &[&folder]);
    let to = format!("exec nc -ll -p 6443 -e nc 172.17.0.1 {}", machine.server.port());
    for name in ["rideshare-local-control-plane", WORKER, "rideshare-local-worker2"] {
        let to = if name.ends_with("control-plane") { to.as_str() } else { "sleep 600" };
        let mut arguments = node_arguments(name);
        arguments.extend(["node:1", "sh", "-c", to].map(str::to_owned));
        bench.docker(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

/// The arguments by which an engine starts a container that looks to kind like a node.
pub(crate) fn node_arguments(name: &str) -> Vec<String> {
    let plane = name.ends_with("control-plane");
    let role = format!("io.x-k8s.kind.role={}", if plane { "control-plane" } else { "worker" });
    let cluster = "io.x-k8s.kind.cluster=rideshare-local";
    let mut arguments = vec!["run", "--detach", "--name", name, "--hostname", name];
    arguments.extend(["--label", cluster, "--label", &role]);
    if plane {
        arguments.extend(["--publish", "127.0.0.1::6443"]);
    }
    arguments.into_iter().map(str::to_owned).collect()
}

/// An image that only the engine has arrives on the workers, once.
fn images(bench: &Bench) {
    let busybox = PathBuf::from(std::env::var_os("KIND_CLUSTER_TEST_BUSYBOX").unwrap());
    bench.sh("tar --create --directory \"$(dirname \"$1\")\" \"$(basename \"$1\")\" | docker import - rideshare/own:latest", &[&busybox]);
    let mut set = stateful("store", "rideshare/own");
    set["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = json!("Never");
    let small = overlay(&bench.machine, "own", &[set]);
    // The overlay's other image is a registry's.
    let small = small.display().to_string();
    let refused = run(&mut bench.tool(&["deploy", "--overlay", &small])).expect(1);
    assert!(refused.stderr.contains("error[image-not-loaded]"), "{}", refused.stderr);
    let loaded = run(&mut bench.tool(&["load", "--overlay", &small])).expect(0);
    assert!(
        loaded.stdout.contains("loaded onto rideshare-local-worker, rideshare-local-worker2"),
        "{}",
        loaded.stdout
    );
    let plane = bench.docker(&["exec", "rideshare-local-control-plane", "crictl"]);
    assert!(!plane.contains("rideshare/own"), "onto workers only");
    let again = run(&mut bench.tool(&["load", "--overlay", &small])).expect(0);
    assert!(again.stdout.contains("on every node that runs pods"), "{}", again.stdout);
    run(&mut bench.tool(&["deploy", "--overlay", &small])).expect(0);
}

/// A volume's files leave the node and come back as they were; then the cluster goes.
fn volumes(bench: &Bench) {
    let machine = &bench.machine;
    machine.server.wait("PersistentVolumeClaim", "small", "data-store-0", |claim| {
        claim["status"]["phase"] == "Bound"
    });
    machine.server.settle();
    let volume =
        PathBuf::from("/var/local-path-provisioner/pvc-small-data-store-0_small_data-store-0");
    let local = machine.path("tree");
    fs::create_dir(&local).unwrap();
    fill(&local);
    let put = "docker exec \"$0\" mkdir -p \"$2\"; tar --create --sparse --numeric-owner --directory \"$1\" . \
               | docker exec --interactive rideshare-local-worker tar --extract --numeric-owner --same-permissions --directory \"$2\"";
    bench.sh(&put.replace("\"$0\"", WORKER), &[&local, &volume]);
    let folder = machine.path("backups").display().to_string();
    run(&mut bench.tool(&["backup", "--backup-dir", &folder])).expect(0);
    let archive =
        fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path().display().to_string();
    bench.sh("docker exec rideshare-local-worker sh -c 'rm -rf \"$1\"/deep; echo new >\"$1\"/new' sh \"$1\"", &[&volume]);
    let mut restore = bench.tool(&["restore", &archive, "--force", "--no-smoke"]);
    run(&mut restore).expect(0);
    let back = machine.path("back");
    fs::create_dir(&back).unwrap();
    let get = "docker exec rideshare-local-worker tar --create --sparse --numeric-owner --directory \"$1\" . \
               | tar --extract --numeric-owner --same-permissions --same-owner --directory \"$2\"";
    bench.sh(get, &[&volume, &back]);
    assert!(tree(&back) == tree(&local), "{:#?}\n{:#?}", tree(&back), tree(&local));
    let mut end = bench.tool(&["teardown", "--preserve-data", "--backup-dir", &folder]);
    run(&mut end).expect(0);
    assert_eq!(bench.docker(&["ps", "--all", "--quiet"]), "");
    assert!(
        fs::read_dir(&folder)
            .unwrap()
            .all(|entry| entry.unwrap().path().extension().unwrap() == "tar")
    );
}

/// kind itself reads what this tool gives it, and only lacks the image: there is no registry here.
fn configuration(bench: &Bench) {
    let file = config(&bench.machine, &[]);
    let mut command =
        ready(&bench.machine, &["create", "--kind-config", &file, "--no-components"]).unwrap();
    let failed = run(bench.real(&mut command)).expect(3);
    assert!(failed.stderr.contains("failed to pull image"), "{}", failed.stderr);
    let bad = bench.machine.read("cluster.yaml").replace("role: worker", "rule: worker");
    bench.machine.write("cluster.yaml", &bad);
    let mut command =
        ready(&bench.machine, &["create", "--kind-config", &file, "--no-components"]).unwrap();
    let failed = run(bench.real(&mut command)).expect(3);
    assert!(
        failed.stderr.contains("unknown field \"rule\"")
            || failed.stderr.contains("field rule not found"),
        "{}",
        failed.stderr
    );
}
