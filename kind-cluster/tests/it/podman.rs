//! A real podman, with containers as nodes, and the real kind: its properties, its images, and the life of its nodes.

use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};
use serde_json::{Value, json};

use crate::preflight::config;
use crate::support::{Machine, overlay, workload};

const NODES: [(&str, &str); 2] =
    [("rideshare-local-control-plane", "control-plane"), ("rideshare-local-worker", "worker")];

struct Podman {
    machine: Machine,
    busybox: PathBuf,
}

impl Podman {
    fn new() -> Option<Self> {
        let all = ["PEER_PODMAN", "PEER_KIND", "PEER_BUSYBOX"].map(peers::find);
        let [Some(podman), Some(kind), Some(busybox)] = all else { return None };
        if !rustix::process::geteuid().is_root() {
            peers::skip("root, for containers of the test's own,");
            return None;
        }
        let machine = Machine::new()?;
        configure(&machine, podman.parent().unwrap());
        for fake in ["docker", "kind"] {
            std::fs::remove_file(machine.path(&format!("bin/{fake}"))).unwrap();
        }
        // kind runs its commands in nodes with all capabilities, which this machine may not have to give. These
        // nodes need none.
        let wrapped = format!(
            "#!/bin/sh\nfor a in \"$@\"; do shift; [ \"$a\" = --privileged ] || set -- \"$@\" \"$a\"; done\n\
             export CONTAINERS_CONF={} CONTAINERS_STORAGE_CONF={}\nexec {} \"$@\"\n",
            machine.path("containers.conf").display(),
            machine.path("storage.conf").display(),
            podman.display()
        );
        machine.program("bin/podman", &wrapped);
        // The nodes publish no port: they share the machine's network.
        let kind = format!(
            "#!/bin/sh\n[ \"$1 $2\" != 'get kubeconfig' ] || exec cat {}\nexec {} \"$@\"\n",
            machine.path("fake/kinds-kubeconfig").display(),
            kind.display()
        );
        machine.program("bin/kind", &kind);
        Some(Podman { machine, busybox })
    }

    fn surround(&self, mut command: Command) -> Command {
        command.env("KIND_EXPERIMENTAL_PROVIDER", "podman");
        command
    }

    fn tool(&self, arguments: &[&str]) -> Command {
        self.surround(self.machine.tool(arguments))
    }

    fn try_podman(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(self.machine.path("bin/podman"));
        self.machine.surround(&mut command);
        run(command.args(arguments))
    }

    fn podman(&self, arguments: &[&str]) -> String {
        self.try_podman(arguments).expect(0).stdout
    }

    /// Makes an image of a folder.
    fn import(&self, folder: &Path, name: &str) {
        let archive = self.machine.path("image.tar");
        let mut tar = Command::new("tar");
        tar.arg("--create").arg("--file").arg(&archive).arg("--directory").arg(folder).arg(".");
        run(&mut tar).expect(0);
        self.podman(&["import", &archive.display().to_string(), name]);
    }

    fn start_nodes(&self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/node-image.sh");
        let folder = self.machine.path("node");
        run(Command::new(script).arg(&folder).arg(&self.busybox)).expect(0);
        self.import(&folder, "node:1");
        for (name, role) in NODES {
            let role = format!("io.x-k8s.kind.role={role}");
            let cluster = "io.x-k8s.kind.cluster=rideshare-local";
            let mut arguments = vec!["run", "--detach", "--network", "host", "--stop-timeout", "0"];
            arguments.extend(["--name", name, "--label", cluster, "--label", &role]);
            arguments.extend(["node:1", "sleep", "600"]);
            self.podman(&arguments);
            self.machine.server.put(crate::support::node(name, "True"));
        }
    }

    /// The nodes that run.
    fn running(&self) -> usize {
        self.podman(&["ps", "--quiet"]).lines().count()
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        self.try_podman(&["rm", "--all", "--force", "--time", "0"]);
    }
}

/// Everything that podman writes is in the test's folder.
fn configure(machine: &Machine, peer: &Path) {
    let at = |name: &str| machine.path(name).display().to_string();
    let storage = format!(
        "[storage]\ndriver = \"vfs\"\ngraphroot = \"{}\"\nrunroot = \"{}\"\n",
        at("podman/graph"),
        at("podman/run")
    );
    machine.write("storage.conf", &storage);
    let containers = format!(
        "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\npids_limit = 0\n\
         [engine]\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"none\"\nruntime = \"runc\"\n\
         conmon_path = [\"{peer}/conmon\"]\ntmp_dir = \"{}\"\nstatic_dir = \"{}\"\nvolume_path = \"{}\"\n\
         [engine.runtimes]\nrunc = [\"{peer}/runc\"]\n",
        at("podman/tmp"),
        at("podman/static"),
        at("podman/volumes"),
        peer = peer.display()
    );
    machine.write("containers.conf", &containers);
    let policy = json!({"default": [{"type": "insecureAcceptAnything"}]});
    machine.write("home/.config/containers/policy.json", &policy.to_string());
}

#[test]
fn what_podman_says_of_itself_is_read() {
    let Some(podman) = Podman::new() else { return };
    // It does not use this connection, which is the default one because it is the first.
    podman.podman(&[
        "system",
        "connection",
        "add",
        "far",
        "ssh://core@build.example/run/podman.sock",
    ]);
    let file = config(&podman.machine, &[]);
    let looked = run(&mut podman.tool(&["preflight", "--format", "json", "--kind-config", &file]));
    let answer: Value = serde_json::from_str(&looked.stdout).unwrap();
    let checks = answer["checks"].as_array().unwrap();
    let is = |check: &&Value| check["group"] == "podman" && check["name"] == "engine";
    let engine = checks.iter().find(is).unwrap();
    assert_eq!((&engine["outcome"], &engine["detail"]), (&json!("ok"), &json!("4.3.1")));
    assert!(!looked.stdout.contains("remote-engine"), "{}", looked.stdout);
    // The context leads to a server that answers, and podman has no node.
    let other = run(&mut podman.tool(&["stop"])).expect(1);
    assert!(other.stderr.contains("error[other-engine]: podman has no node"), "{}", other.stderr);
}

#[test]
fn nodes_in_podman_get_images_and_are_stopped_started_and_deleted() {
    let Some(podman) = Podman::new() else { return };
    podman.start_nodes();
    let folder = podman.machine.path("own");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("file"), "text").unwrap();
    podman.import(&folder, "rideshare/own:latest");
    let mut deployment = workload("Deployment", "own");
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = json!("rideshare/own");
    let small = overlay(&podman.machine, "small", &[deployment]).display().to_string();
    let load = ["load", "--overlay", &small];
    let loaded = run(&mut podman.tool(&load)).expect(0);
    assert!(loaded.stdout.contains("loaded onto rideshare-local-worker"), "{}", loaded.stdout);
    let has = podman.podman(&["exec", "rideshare-local-worker", "crictl"]);
    assert!(has.contains("\"docker.io/rideshare/own:latest\""), "{has}");
    let again = run(&mut podman.tool(&load)).expect(0);
    assert!(again.stdout.contains("on every node that runs pods"), "{}", again.stdout);
    // An image that was made again has another id, and is loaded again.
    std::fs::write(folder.join("file"), "more").unwrap();
    podman.import(&folder, "rideshare/own:latest");
    let changed = run(&mut podman.tool(&load)).expect(0);
    assert!(changed.stdout.contains("loaded onto rideshare-local-worker"), "{}", changed.stdout);

    run(&mut podman.tool(&["stop"])).expect(0);
    assert_eq!(podman.running(), 0);
    run(&mut podman.tool(&["start"])).expect(0);
    assert_eq!(podman.running(), 2);
    run(&mut podman.tool(&["teardown", "--discard-data"])).expect(0);
    assert_eq!(podman.podman(&["ps", "--all", "--quiet"]), "");
    assert!(!podman.machine.read("home/config").contains("kind-rideshare-local"));
    podman.machine.expect_hostile_untouched();
}
