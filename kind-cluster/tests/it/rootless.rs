//! A real rootless podman, a real rootless Docker engine and the real kind, as a user who owns nothing else: kind and
//! `preflight` agree on the needs of a rootless engine, and podman's nodes live.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use rideshare_tests::peers;
use rideshare_tests::run::run;
use serde_json::Value;

use crate::support::until;

use crate::podman::{Client, VARIABLES, configure, has_no_node, nodes_live};
use crate::preflight::config;

const PROGRAMS: [&str; 3] = ["usr/bin/podman", "usr/bin/conmon", "usr/sbin/runc"];

fn podman() -> Option<Client> {
    let peer = peers::find("PEER_PODMAN")?;
    if !rustix::process::geteuid().is_root() {
        peers::skip("root, to become another user,");
        return None;
    }
    let mut client = Client::new("podman", Path::new("MACHINE/peer/podman"), VARIABLES)?;
    let machine = &client.machine;
    // The peers are in a folder of root's.
    let root = peer.ancestors().nth(2).unwrap().join("root");
    run(Command::new("cp").arg("-a").arg(root).arg(machine.path("root"))).expect(0);
    for program in PROGRAMS {
        let root = machine.path("root").display().to_string();
        let libraries = format!(
            "LD_LIBRARY_PATH=$(echo {root}/usr/lib/*-linux-gnu*):$(echo {root}/lib/*-linux-gnu*)"
        );
        let script = format!(
            "#!/bin/sh\n{libraries}\nexport LD_LIBRARY_PATH\nexec {root}/{program} \"$@\"\n"
        );
        machine.program(&format!("peer/{}", program.rsplit('/').next().unwrap()), &script);
    }
    let wrapped =
        machine.read("bin/podman").replace("MACHINE", &machine.path("").display().to_string());
    machine.program("bin/podman", &wrapped);
    configure(machine, &machine.path("peer"));
    client.leave_root();
    Some(client)
}

/// Mounts the control groups that a user's engine sees.
fn sees(version: u8, controllers: &str) -> String {
    let kind = if version == 2 { "cgroup2" } else { "tmpfs" };
    let given = match version {
        2 => format!(
            "echo {controllers} >controllers && mount --bind controllers /sys/fs/cgroup/cgroup.controllers\n"
        ),
        _ => String::new(),
    };
    // The process that keeps podman's namespaces has ended with the command before.
    format!(
        "rm -f podman/tmp/pause.pid\numount -R /sys/fs/cgroup || true; mount -t {kind} {kind} /sys/fs/cgroup\n{given}"
    )
}

/// A command in namespaces of its own, whose programs end with it.
fn alone(command: &Command) -> Command {
    let mut alone = Command::new("unshare");
    alone.args([
        "--net",
        "--mount",
        "--pid",
        "--cgroup",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "--",
    ]);
    alone.arg(command.get_program()).args(command.get_args());
    alone.env_clear().current_dir(command.get_current_dir().unwrap());
    alone.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    alone
}

/// The codes of the checks on the engine that failed, and the outcome of kind's own creation.
fn judged(podman: &Client, cgroups: &str) -> (Vec<String>, String) {
    let file = config(&podman.machine, &[]);
    let arguments = ["preflight", "--format", "json", "--kind-config", &file];
    let mut preflight = alone(&podman.tool_after(cgroups, &arguments));
    let kind = podman.command(cgroups, &podman.machine.path("kind/kind"));
    (failed(&mut preflight, "podman"), refused(&mut alone(&kind)))
}

/// The codes of a group's checks that failed.
fn failed(preflight: &mut Command, group: &str) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    // A busy machine's engine may not answer within the two seconds that `preflight` gives it.
    until("the engine answers in time", || {
        let looked = run(preflight);
        let answer: Value = serde_json::from_str(&looked.stdout)
            .unwrap_or_else(|_| panic!("{}{}", looked.stdout, looked.stderr));
        let checks = answer["checks"].as_array().unwrap().iter();
        let failed = checks.filter(|check| check["group"] == group && check["outcome"] == "failed");
        codes = failed.map(|check| check["code"].as_str().unwrap().to_owned()).collect();
        !codes.iter().any(|code| code == "no-answer")
    });
    codes
}

/// Why kind makes no cluster.
fn refused(kind: &mut Command) -> String {
    let made = run(kind.args(["create", "cluster", "--name", "rideshare-local"]));
    assert_ne!(made.status, 0);
    made.stderr
}

#[test]
fn rootless_podman_needs_cgroups_v2() {
    let Some(podman) = podman() else { return };
    let (codes, kind) = judged(&podman, &sees(1, ""));
    assert_eq!(codes[0], "rootless-cgroup-v1");
    assert!(kind.contains("rootless provider requires cgroup v2"), "{kind}");
}

#[test]
fn rootless_podman_needs_delegated_controllers() {
    let Some(podman) = podman() else { return };
    for lacking in ["memory", "pids", "cpu"] {
        let others = ["cpuset", "cpu", "io", "memory", "pids"];
        let others = others.into_iter().filter(|controller| *controller != lacking);
        let (codes, kind) = judged(&podman, &sees(2, &others.collect::<Vec<_>>().join(" ")));
        assert_eq!(codes, ["cgroup-delegation"], "{lacking}");
        assert!(kind.contains("requires setting systemd property"), "{lacking}: {kind}");
    }
}

#[test]
fn rootless_podman_with_its_controllers_is_taken() {
    let Some(podman) = podman() else { return };
    let (codes, kind) = judged(&podman, &sees(2, "cpuset cpu io memory pids"));
    assert_eq!(codes, [""; 0]);
    // kind goes on, to an image that cannot be had here.
    assert!(kind.contains("failed to pull image"), "{kind}");
}

#[test]
fn nodes_in_rootless_podman_get_images_and_are_stopped_started_and_deleted() {
    let Some(podman) = podman() else { return };
    has_no_node(&podman);
    nodes_live(&podman);
}

/// A rootless Docker engine. Its namespaces are those that RootlessKit would make, but for one user only.
struct Docker {
    client: Client,
    engine: Child,
}

const ENGINE: &str = r#"
mount -t tmpfs tmpfs /run
exec dockerd --rootless --host "$DOCKER_HOST" --data-root "$XDG_RUNTIME_DIR/data" --exec-root "$XDG_RUNTIME_DIR/exec" \
    --pidfile "$XDG_RUNTIME_DIR/docker.pid" --storage-driver vfs --bridge none --userland-proxy=false \
    --iptables=false --ip6tables=false
"#;

impl Docker {
    fn new(cgroups: &str) -> Option<Self> {
        let peer = peers::find("PEER_DOCKER")?;
        if !rustix::process::geteuid().is_root() {
            peers::skip("root, to become another user,");
            return None;
        }
        let mut client = Client::new("docker", Path::new("MACHINE/peer/docker"), "NONE=")?;
        let machine = &client.machine;
        let at = |name: &str| machine.path(name).display().to_string();
        run(Command::new("install").arg("-D").arg(&peer).arg(at("peer/docker"))).expect(0);
        let wrapped = machine.read("bin/docker").replace("MACHINE", &at(""));
        machine.program("bin/docker", &wrapped);
        // The engine only looks whether it is there.
        machine.program("peer/rootlesskit-docker-proxy", "#!/bin/sh\nexit 1\n");
        machine.write("root/none", "");
        machine.write("engine.sh", ENGINE);
        client.leave_root();

        let machine = &client.machine;
        let root = machine.path("root").display().to_string();
        let libraries =
            format!("$(echo {root}/usr/lib/*-linux-gnu*):$(echo {root}/lib/*-linux-gnu*)");
        // The peer is in a folder of root's.
        let peer = peer.ancestors().nth(2).unwrap().join("root");
        let before = format!("{cgroups}mount --bind '{}' {root}\n", peer.display());
        let namespaces = "unshare --user --map-root-user --net --mount --pid --fork --kill-child --mount-proc --";
        let start = format!(
            "export PATH={}:{root}/usr/bin:{root}/usr/sbin:$PATH LD_LIBRARY_PATH={libraries}
             export ROOTLESSKIT_STATE_DIR=$XDG_RUNTIME_DIR/state; mkdir $ROOTLESSKIT_STATE_DIR
             exec {namespaces} sh {}",
            machine.path("peer").display(),
            machine.path("engine.sh").display()
        );
        let mut engine = client.command(&before, Path::new("sh"));
        engine.args(["-c", &start]);
        let mut engine = alone(&engine);
        let log = std::fs::File::create(machine.path("engine.log")).unwrap();
        let engine = engine
            .env("DOCKER_HOST", address(&client))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let docker = Docker { client, engine };
        until("the engine answers", || {
            let mut version = docker.command(&docker.client.machine.path("bin/docker"));
            run(version.arg("version")).status == 0
        });
        Some(docker)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = self.client.command("", program);
        command.env("DOCKER_HOST", address(&self.client));
        command
    }

    fn judged(&self) -> (Vec<String>, String) {
        let file = config(&self.client.machine, &[]);
        let arguments = ["preflight", "--format", "json", "--kind-config", &file];
        let mut preflight = self.client.tool(&arguments);
        preflight.env("DOCKER_HOST", address(&self.client));
        let mut kind = self.command(&self.client.machine.path("kind/kind"));
        (failed(&mut preflight, "docker"), refused(&mut kind))
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        // `setpriv` cuts the engine's namespaces off from the process above them. All that runs in them ends with their first.
        let id = self.engine.id();
        let first = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        for process in first.unwrap_or_default().split_whitespace() {
            run(Command::new("kill").args(["-KILL", process]));
        }
        let _ = self.engine.kill();
        let _ = self.engine.wait();
    }
}

fn address(client: &Client) -> String {
    format!("unix://{}", client.machine.path("runtime/docker.sock").display())
}

#[test]
fn a_rootless_docker_engine_needs_cgroups_v2() {
    let Some(docker) = Docker::new(&sees(1, "")) else { return };
    let (codes, kind) = docker.judged();
    assert_eq!(codes, ["rootless-cgroup-v1", "cgroup-delegation"]);
    assert!(kind.contains("rootless provider requires cgroup v2"), "{kind}");
}

#[test]
fn a_rootless_docker_engine_needs_delegated_controllers() {
    let Some(docker) = Docker::new(&sees(2, "cpuset cpu io memory pids")) else { return };
    // Without systemd it has no driver for the controllers that are there.
    let (codes, kind) = docker.judged();
    assert_eq!(codes, ["cgroup-delegation"]);
    assert!(kind.contains("requires setting systemd property"), "{kind}");
}
