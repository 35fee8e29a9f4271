//! A machine for one test: fake programs, a kubeconfig with a hostile current context, an API
//! server, and the tool among them.

use common::yaml::plain;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, mpsc};

use rideshare_tests::apiserver::{ApiServer, Event, Step, controllers};
use rideshare_tests::run::Run;
pub(crate) use rideshare_tests::run::{has_open, has_taken_signals, until};
use rideshare_tests::{peers, root};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const GIB: u64 = 1 << 30;

/// A test's folder, with everything in it.
pub(crate) struct Machine {
    dir: TempDir,
    pub(crate) server: ApiServer,
    /// Where the current context leads, which nobody may ever use.
    pub(crate) hostile: ApiServer,
    kubectl: PathBuf,
}

impl Machine {
    /// `None` where kubectl is not installed; the skip has been counted.
    pub(crate) fn new() -> Option<Self> {
        Self::at("127.0.0.1")
    }

    /// With an API server on another address.
    pub(crate) fn at(address: &str) -> Option<Self> {
        let kubectl = peers::find("PEER_KUBECTL")?;
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine {
            dir,
            server: ApiServer::start_at(address),
            hostile: ApiServer::start(),
            kubectl,
        };
        for folder in ["fake/nodes", "fake/fail", "bin", "home"] {
            fs::create_dir_all(machine.path(folder)).unwrap();
        }
        let fakes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fakes");
        for name in ["docker", "kind", "helm"] {
            std::os::unix::fs::symlink(fakes.join(name), machine.path(&format!("bin/{name}")))
                .unwrap();
        }
        let info = json!({"ServerVersion": "28.0.1", "MemTotal": 32 * GIB, "CgroupVersion": "2",
                          "MemoryLimit": true});
        machine.write("fake/info.json", &info.to_string());
        machine.write("fake/node-images.json", "{\"images\": []}");
        let volumes = machine.path("volumes").display().to_string();
        machine.server.behave(move |event: &Event| controllers::usual_at(&volumes, event));
        machine.server.serve(gateway_kind("GatewayClass", "gatewayclasses", "Cluster"));
        machine.server.serve(gateway_kind("Gateway", "gateways", "Namespaced"));
        machine.server.serve(gateway_kind("HTTPRoute", "httproutes", "Namespaced"));
        for (kind, plural) in
            [("ExternalSecret", "externalsecrets"), ("SecretStore", "secretstores")]
        {
            machine.server.serve(definition(
                "external-secrets.io",
                "v1",
                kind,
                plural,
                "Namespaced",
            ));
        }
        machine.server.put(json!({"apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass", "metadata": {"name": "envoy"}, "spec": {"controllerName": "tests/gateway"}}));
        machine.kubeconfig();
        Some(machine)
    }

    /// A cluster with three Ready nodes, as kind and Docker show it.
    pub(crate) fn with_cluster() -> Option<Self> {
        let machine = Machine::new()?;
        machine.nodes();
        machine.have_images(&platform_images());
        machine.write("fake/admin.conf", "");
        machine.containers("nodes");
        Some(machine)
    }

    /// The three nodes' containers, in the folder of an engine.
    pub(crate) fn containers(&self, folder: &str) {
        for (name, role) in NODES {
            let ports = if role == "control-plane" {
                "\"80/tcp\":[{\"HostPort\":\"80\"}],\"443/tcp\":[{\"HostPort\":\"443\"}],\"30000/tcp\":[{\"HostPort\":\"30000\"}],\"30001/tcp\":[{\"HostPort\":\"30001\"}]"
            } else {
                ""
            };
            self.write(
                &format!("fake/{folder}/{name}"),
                &format!("{{\"Name\":\"/{name}\",\"State\":{{\"Running\":true}},\"Config\":{{\"Labels\":{{\"io.x-k8s.kind.role\":\"{role}\"}}}},\"HostConfig\":{{\"Memory\":0,\"PortBindings\":{{{ports}}}}}}}"),
            );
        }
    }

    /// Three Nodes, in the API, and what kind puts there besides.
    pub(crate) fn nodes(&self) {
        for (name, _) in NODES {
            self.server.put(node(name, "True"));
        }
        self.server.put(json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"name": "kindnet", "namespace": "kube-system"},
            "spec": {"selector": {"matchLabels": {"app": "kindnet"}}}}));
        self.server.put(json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": "standard",
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": "rancher.io/local-path", "volumeBindingMode": "WaitForFirstConsumer"}));
    }

    /// The hostile context is the current one, and stands first.
    fn kubeconfig(&self) {
        let mut all: Value = plain::from_str(&self.hostile.kubeconfig("production")).unwrap();
        let ours: Value = plain::from_str(&self.server.kubeconfig("kind-rideshare-local")).unwrap();
        for section in ["clusters", "contexts", "users"] {
            let more = ours[section].as_array().unwrap().clone();
            all[section].as_array_mut().unwrap().extend(more);
        }
        self.write("home/config", &plain::to_string(&all).unwrap());
        self.write("fake/kinds-kubeconfig", &self.server.kubeconfig("kind-rideshare-local"));
    }

    /// Installs the client of another engine, and what it says of itself.
    pub(crate) fn install(&self, engine: &str) {
        let fakes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fakes");
        let link = self.path(&format!("bin/{engine}"));
        std::os::unix::fs::symlink(fakes.join("docker"), link).unwrap();
        let info = match engine {
            "podman" => json!({"version": {"Version": "4.3.1"},
                "host": {"memTotal": 32 * GIB, "cgroupVersion": "v2", "security": {"rootless": false},
                         "cgroupControllers": ["cpuset", "cpu", "io", "memory", "pids"]},
                "store": {"graphRoot": "/var/lib/docker"}}),
            _ => json!({"ServerVersion": "2.0.3", "MemTotal": 32 * GIB, "CgroupVersion": "2",
                        "CgroupDriver": "systemd", "MemoryLimit": true}),
        };
        self.write(&format!("fake/{engine}-info.json"), &info.to_string());
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes a program. Another process does it: a file that is open for writing here could be
    /// inherited by what another test starts, and until that is gone nobody may run it.
    pub(crate) fn program(&self, name: &str, text: &str) {
        let source = self.path("program");
        fs::write(&source, text).unwrap();
        let mut install = Command::new("install");
        install.args(["-D", "--mode=755"]).arg(source).arg(self.path(name));
        assert!(install.status().unwrap().success());
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// The images that nodes have.
    pub(crate) fn have_images(&self, images: &[String]) {
        let images: Vec<Value> = images
            .iter()
            .map(|image| {
                let image =
                    if image.contains(':') { image.clone() } else { format!("{image}:latest") };
                json!({"repoTags": [image]})
            })
            .collect();
        self.write("fake/node-images.json", &json!({"images": images}).to_string());
    }

    /// Lets a fake's command fail.
    pub(crate) fn fail(&self, command: &str, text: &str) {
        self.write(&format!("fake/fail/{command}"), text);
    }

    /// Every call of a fake so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.read("fake/calls").lines().map(str::to_owned).collect()
    }

    /// Ends a fake kind that hangs, with everything that it has started.
    pub(crate) fn end_kind(&self) {
        let id = self.read("fake/kind-process").trim().parse().unwrap();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process_group(id, rustix::process::Signal::KILL).unwrap();
        fs::remove_file(self.path("fake/hang")).unwrap();
    }

    /// The tool on this machine.
    pub(crate) fn tool(&self, arguments: &[&str]) -> Command {
        // The caller may ignore signals, as nohup does, and the tool would, too.
        let mut command = Command::new("/usr/bin/env");
        self.surround(&mut command);
        command.arg("--default-signal=HUP,INT,QUIT,TERM");
        command.arg(env!("CARGO_BIN_EXE_kind-cluster")).args(arguments);
        command
    }

    /// Sets a command's environment to this machine's.
    pub(crate) fn surround(&self, command: &mut Command) {
        let kubectl = self.kubectl.parent().unwrap().display();
        let path =
            format!("{}:{kubectl}:/usr/sbin:/usr/bin:/sbin:/bin", self.path("bin").display());
        // The kubectl peer's folder has a kind of its own; the fake stands in front of it.
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.path("home"))
            .env("KUBECONFIG", self.path("home/config"))
            .env("FAKE", self.path("fake"))
            .env("NO_PROXY", "*")
            .env("TMPDIR", self.dir.path())
            .current_dir(root());
    }

    /// Nothing has ever been asked of where the current context leads, and it still is current.
    #[track_caller]
    pub(crate) fn expect_hostile_untouched(&self) {
        assert_eq!(self.hostile.requests(), Vec::<String>::new());
        assert!(self.read("home/config").contains("current-context: production"));
    }
}

const NODES: [(&str, &str); 3] = [
    ("rideshare-local-control-plane", "control-plane"),
    ("rideshare-local-worker", "worker"),
    ("rideshare-local-worker2", "worker"),
];

pub(crate) fn node(name: &str, ready: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
        "status": {"conditions": [{"type": "Ready", "status": ready, "reason": "Kubelet"}],
                   "images": [{"names": ["registry.k8s.io/pause:3.10"]}]}})
}

pub(crate) fn definition(
    group: &str,
    version: &str,
    kind: &str,
    plural: &str,
    scope: &str,
) -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {"group": group, "names": {"kind": kind, "plural": plural}, "scope": scope,
                 "versions": [{"name": version, "served": true, "storage": true}]}})
}

fn gateway_kind(kind: &str, plural: &str, scope: &str) -> Value {
    definition("gateway.networking.k8s.io", "v1", kind, plural, scope)
}

/// The images that are built from the platform's own sources.
pub(crate) fn platform_images() -> Vec<String> {
    [
        "osrm",
        "simulation",
        "stream-processor",
        "frontend",
        "airflow",
        "bronze-ingestion",
        "minio",
        "hive-metastore",
        "tempo",
        "grafana",
        "otel-collector",
        "scripts",
        "secrets-init",
    ]
    .iter()
    .map(|name| format!("docker.io/rideshare/{name}"))
    .collect()
}

/// A small overlay: a Deployment with its Service, and what `more` adds.
pub(crate) fn overlay(machine: &Machine, name: &str, more: &[Value]) -> PathBuf {
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "small"}}),
        workload("Deployment", "web"),
        json!({"apiVersion": "v1", "kind": "Service",
               "metadata": {"name": "web", "namespace": "small"},
               "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "protocol": "TCP"}]}}),
    ];
    objects.extend(more.iter().cloned());
    render(machine, name, &objects);
    machine.path(name)
}

/// An overlay of some objects, and its folder.
pub(crate) fn render(machine: &Machine, name: &str, objects: &[Value]) -> String {
    let text: String = objects
        .iter()
        .map(|object| format!("---\n{}", plain::to_string(object).unwrap()))
        .collect();
    machine.write(&format!("{name}/objects.yaml"), &text);
    machine.write(&format!("{name}/kustomization.yaml"), "resources: [objects.yaml]\n");
    machine.path(name).display().to_string()
}

/// A workload of one small pod in the small overlay.
pub(crate) fn workload(kind: &str, name: &str) -> Value {
    let version = if kind == "Job" { "batch/v1" } else { "apps/v1" };
    let mut object = json!({"apiVersion": version, "kind": kind,
        "metadata": {"name": name, "namespace": "small"},
        "spec": {"template": {"metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "main", "image": "busybox:1",
                "resources": {"limits": {"memory": "16Mi"}}}]}}}});
    if kind == "Job" {
        object["spec"]["template"]["spec"]["restartPolicy"] = json!("Never");
    } else {
        object["spec"]["replicas"] = json!(1);
        object["spec"]["selector"] = json!({"matchLabels": {"app": name}});
    }
    if kind == "StatefulSet" {
        object["spec"]["serviceName"] = json!("web");
    }
    object
}

/// Starts a command whose output is wanted when it ends.
pub(crate) fn start(command: &mut Command) -> std::process::Child {
    use std::process::Stdio;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Ends a program with a signal, and returns its run.
pub(crate) fn signal(child: std::process::Child, signal: rustix::process::Signal) -> Run {
    let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, signal).unwrap();
    child.wait_with_output().unwrap().into()
}

/// A sender, and a function that waits until it is dropped.
pub(crate) fn hold() -> (mpsc::Sender<()>, impl Fn() + Send + Sync + 'static) {
    let (sender, receiver) = mpsc::channel::<()>();
    let receiver = Mutex::new(receiver);
    let wait = move || {
        // An error says that the sender is gone.
        let _ = receiver.lock().unwrap().recv();
    };
    (sender, wait)
}

/// Waits until a program has said something on stderr.
#[track_caller]
pub(crate) fn said(child: &mut std::process::Child, text: &str) {
    use std::io::{BufRead, BufReader};
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let mut lines = stderr.lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains(text)), "{text} was never said");
}

/// A step that makes a workload's pod crash again and again.
pub(crate) fn crash(workload: &Value) -> Step {
    let mut pod = controllers::running_pod(workload, "web-0");
    pod["status"] = json!({"phase": "Running", "containerStatuses": [{"name": "main",
        "image": "busybox:1", "ready": false, "restartCount": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
        "lastState": {"terminated": {"exitCode": 7}}}]});
    Step::Put(pod)
}
