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

/// A client of a real engine, with kind beside it.
pub(crate) struct Client {
    pub(crate) machine: Machine,
    busybox: PathBuf,
    program: &'static str,
    /// Whether all programs run as another user than root.
    is_rootless: bool,
}

/// No user of a machine owns anything as this one.
const USER: &str = "65534";

impl Client {
    /// The client's program is called with the variables, given as a shell writes them.
    pub(crate) fn new(program: &'static str, path: &Path, variables: &str) -> Option<Self> {
        let [Some(kind), Some(busybox)] = ["PEER_KIND", "PEER_BUSYBOX"].map(peers::find) else {
            return None;
        };
        let machine = Machine::new()?;
        for fake in ["docker", "kind"] {
            std::fs::remove_file(machine.path(&format!("bin/{fake}"))).unwrap();
        }
        let variables = variables.replace("MACHINE", &machine.path("").display().to_string());
        // kind runs its commands in nodes with all capabilities, which this machine may not have to give. These
        // nodes need none.
        let wrapped = format!(
            "#!/bin/sh\nfor a in \"$@\"; do shift; [ \"$a\" = --privileged ] || set -- \"$@\" \"$a\"; done\n\
             export {variables}\nexec {} \"$@\"\n",
            path.display()
        );
        machine.program(&format!("bin/{program}"), &wrapped);
        // The nodes publish no port: they share the machine's network.
        let kind = format!(
            "#!/bin/sh\n[ \"$1 $2\" != 'get kubeconfig' ] || exec cat {}\nexec {} \"$@\"\n",
            machine.path("fake/kinds-kubeconfig").display(),
            kind.display()
        );
        machine.program("bin/kind", &kind);
        Some(Client { machine, busybox, program, is_rootless: false })
    }

    /// Has all programs run as another user, who may enter the test's folder only.
    pub(crate) fn leave_root(&mut self) {
        let copy = |from: &Path, to: &str| {
            run(Command::new("install").arg("-D").arg(from).arg(self.machine.path(to))).expect(0);
        };
        copy(Path::new(env!("CARGO_BIN_EXE_kind-cluster")), "bin/kind-cluster");
        copy(&peers::find("PEER_KIND").unwrap(), "kind/kind");
        copy(&peers::find("PEER_KUBECTL").unwrap(), "bin/kubectl");
        let kind = self.machine.read("bin/kind");
        let (before, _) = kind.rsplit_once("\nexec ").unwrap();
        let real = self.machine.path("kind/kind").display().to_string();
        self.machine.program("bin/kind", &format!("{before}\nexec {real} \"$@\"\n"));
        self.machine.write("runtime/none", "");
        self.is_rootless = true;
    }

    /// A program on the test's machine, after a script of root's.
    pub(crate) fn command(&self, script: &str, program: &Path) -> Command {
        let mut command = Command::new("sh");
        self.machine.surround(&mut command);
        command.env("KIND_EXPERIMENTAL_PROVIDER", self.program);
        let mut steps = vec![script.to_owned(), "exec \"$@\"".to_owned()];
        if self.is_rootless {
            command.env("XDG_RUNTIME_DIR", self.machine.path("runtime"));
            command.current_dir(self.machine.path(""));
            // Before the script, which may mount folders of others.
            let owned = "chown -R \"$0:$0\" . && chmod 700 \"$XDG_RUNTIME_DIR\"";
            let user = "setpriv --reuid \"$0\" --regid \"$0\" --clear-groups";
            steps = vec![owned.to_owned(), script.to_owned(), format!("exec {user} -- \"$@\"")];
        }
        command.args(["-ec", &steps.join("\n"), USER]).arg(program);
        command
    }

    /// The tool; a caller that ignores signals, as nohup does, hands that on.
    pub(crate) fn tool_after(&self, script: &str, arguments: &[&str]) -> Command {
        let tool = match self.is_rootless {
            true => self.machine.path("bin/kind-cluster"),
            false => PathBuf::from(env!("CARGO_BIN_EXE_kind-cluster")),
        };
        let mut command = self.command(script, Path::new("/usr/bin/env"));
        command.arg("--default-signal=HUP,INT,QUIT,TERM").arg(tool).args(arguments);
        command
    }

    pub(crate) fn tool(&self, arguments: &[&str]) -> Command {
        self.tool_after("", arguments)
    }

    fn try_run(&self, arguments: &[&str]) -> Run {
        let program = self.machine.path(&format!("bin/{}", self.program));
        run(self.command("", &program).args(arguments))
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        self.try_run(arguments).expect(0).stdout
    }

    /// Makes an image of a folder.
    fn import(&self, folder: &Path, name: &str) {
        let archive = self.machine.path("image.tar");
        let mut tar = Command::new("tar");
        tar.arg("--create").arg("--file").arg(&archive).arg("--directory").arg(folder).arg(".");
        // A user without more ids than one can only have files of root in a container.
        run(tar.args(["--owner=0", "--group=0"])).expect(0);
        self.run(&["import", &archive.display().to_string(), name]);
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
            self.run(&arguments);
            self.machine.server.put(crate::support::node(name, "True"));
        }
    }

    /// The nodes that run.
    fn running(&self) -> usize {
        self.run(&["ps", "--quiet"]).lines().count()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let all = self.try_run(&["ps", "--all", "--quiet"]).stdout;
        let ids: Vec<&str> = all.split_whitespace().collect();
        if !ids.is_empty() {
            self.try_run(&[&["rm", "--force"], ids.as_slice()].concat());
        }
        // It keeps a user's namespaces.
        if let Ok(pause) = self.machine.read("podman/tmp/pause.pid").parse() {
            let pause = rustix::process::Pid::from_raw(pause).unwrap();
            let _ = rustix::process::kill_process(pause, rustix::process::Signal::KILL);
        }
    }
}

pub(crate) const VARIABLES: &str =
    "CONTAINERS_CONF=MACHINE/containers.conf CONTAINERS_STORAGE_CONF=MACHINE/storage.conf";

fn podman() -> Option<Client> {
    let podman = peers::find("PEER_PODMAN")?;
    if !rustix::process::geteuid().is_root() {
        peers::skip("root, for containers of the test's own,");
        return None;
    }
    let client = Client::new("podman", &podman, VARIABLES)?;
    configure(&client.machine, podman.parent().unwrap());
    Some(client)
}

/// Everything that podman writes is in the test's folder.
pub(crate) fn configure(machine: &Machine, peer: &Path) {
    let at = |name: &str| machine.path(name).display().to_string();
    let storage = format!(
        "[storage]\ndriver = \"vfs\"\ngraphroot = \"{graph}\"\nrootless_storage_path = \"{graph}\"\nrunroot = \"{run}\"\n",
        graph = at("podman/graph"),
        run = at("podman/run")
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

/// The engine's check of `preflight`, and all that it says.
pub(crate) fn looked_at(client: &Client) -> (Value, Value, String) {
    let file = config(&client.machine, &[]);
    let looked = run(&mut client.tool(&["preflight", "--format", "json", "--kind-config", &file]));
    let answer: Value = serde_json::from_str(&looked.stdout).unwrap();
    let checks = answer["checks"].as_array().unwrap();
    let is = |check: &&Value| check["group"] == client.program && check["name"] == "engine";
    let engine = checks.iter().find(is).unwrap();
    (engine["outcome"].clone(), engine["detail"].clone(), looked.stdout.clone())
}

#[test]
fn what_podman_says_of_itself_is_read() {
    let Some(podman) = podman() else { return };
    // It does not use this connection, which is the default one because it is the first.
    podman.run(&["system", "connection", "add", "far", "ssh://core@build.example/run/podman.sock"]);
    let (outcome, detail, all) = looked_at(&podman);
    assert_eq!((outcome, detail), (json!("ok"), json!("4.3.1")));
    assert!(!all.contains("remote-engine"), "{all}");
    has_no_node(&podman);
}

/// The context leads to a server that answers, and the engine has no node.
pub(crate) fn has_no_node(client: &Client) {
    let other = run(&mut client.tool(&["stop"])).expect(1);
    let said = format!("error[other-engine]: {} has no node", client.program);
    assert!(other.stderr.contains(&said), "{}", other.stderr);
}

#[test]
fn nodes_in_podman_get_images_and_are_stopped_started_and_deleted() {
    let Some(podman) = podman() else { return };
    nodes_live(&podman);
}

/// Nodes get images, are stopped, started and deleted.
pub(crate) fn nodes_live(client: &Client) {
    client.start_nodes();
    let machine = &client.machine;
    let folder = machine.path("own");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("file"), "text").unwrap();
    client.import(&folder, "rideshare/own:latest");
    let mut deployment = workload("Deployment", "own");
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = json!("rideshare/own");
    let small = overlay(machine, "small", &[deployment]).display().to_string();
    let load = ["load", "--overlay", &small];
    let loaded = run(&mut client.tool(&load)).expect(0);
    assert!(loaded.stdout.contains("loaded onto rideshare-local-worker"), "{}", loaded.stdout);
    let has = client.run(&["exec", "rideshare-local-worker", "crictl"]);
    assert!(has.contains("\"docker.io/rideshare/own:latest\""), "{has}");
    let again = run(&mut client.tool(&load)).expect(0);
    assert!(again.stdout.contains("on every node that runs pods"), "{}", again.stdout);
    // An image that was made again has another id, and is loaded again.
    std::fs::write(folder.join("file"), "more").unwrap();
    client.import(&folder, "rideshare/own:latest");
    let changed = run(&mut client.tool(&load)).expect(0);
    assert!(changed.stdout.contains("loaded onto rideshare-local-worker"), "{}", changed.stdout);

    run(&mut client.tool(&["stop"])).expect(0);
    assert_eq!(client.running(), 0);
    run(&mut client.tool(&["start"])).expect(0);
    assert_eq!(client.running(), 2);
    run(&mut client.tool(&["teardown", "--discard-data"])).expect(0);
    assert_eq!(client.run(&["ps", "--all", "--quiet"]), "");
    assert!(!machine.read("home/config").contains("kind-rideshare-local"));
    machine.expect_hostile_untouched();
}
