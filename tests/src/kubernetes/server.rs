//! The server, and what it says of objects.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::run::{Run, run};
use crate::yaml::documents;
use crate::{peers, port};

use super::answer::Answer;
use super::keeper::Keeper;
use super::tls;

/// How long a part may take to become ready on a busy machine.
pub(super) const START: Duration = Duration::from_secs(180);

/// A running API server.
#[derive(Debug)]
pub struct Server {
    peer: PathBuf,
    pub(super) keeper: Keeper,
    /// The namespaces that it has been given.
    namespaces: Mutex<BTreeSet<String>>,
}

/// Whether objects bring namespaces of theirs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bring {
    Some,
    /// A dry run creates none.
    Nothing,
}

impl Server {
    /// The server of this process; `None` when it is not installed (see [`peers::find`]). Tests share it:
    /// each sees the objects of the others.
    ///
    /// # Panics
    /// It does not start.
    pub fn shared() -> Option<&'static Server> {
        static SHARED: OnceLock<Option<Server>> = OnceLock::new();
        // Not only the first test is told that the peer is missing.
        peers::find("PEER_KUBERNETES")?;
        SHARED.get_or_init(Server::start).as_ref()
    }

    /// Starts a server, and waits until it serves the definitions; `None` when it is not installed (see
    /// [`peers::find`]).
    ///
    /// # Panics
    /// It does not start.
    pub fn start() -> Option<Server> {
        let peer = peers::find("PEER_KUBERNETES")?;
        let mut server = Server { keeper: Keeper::start(), peer, namespaces: Mutex::default() };
        server.start_api();
        let definitions = server.peer.join("definitions");
        run(server.kubectl(&["create", "--filename"]).arg(definitions)).expect(0);
        let served = ["wait", "--for=condition=Established", "crd", "--all", "--timeout=120s"];
        run(&mut server.kubectl(&served)).expect(0);
        Some(server)
    }

    /// The file with the one context, whose user may do everything.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder().join("kubeconfig")
    }

    /// A kubectl of the server's version and context.
    pub fn kubectl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program("kubectl"));
        command.args(arguments).env("KUBECONFIG", self.kubeconfig());
        // kubectl's cache of a server would stay in the user's home.
        command.env("HOME", self.folder()).env("KUBECACHEDIR", self.folder().join("cache"));
        command
    }

    /// Whether the server would take these objects: server-side apply with strict validation, as a dry run.
    /// Only their namespaces are created, because the server refuses objects of a missing one. A custom
    /// resource is unknown where its definition is one of the objects.
    ///
    /// # Panics
    /// The text is not YAML, or kubectl cannot be run.
    pub fn dry_run(&self, objects: &str) -> Answer {
        self.create_namespaces(objects, Bring::Nothing);
        self.send(&["apply", "--server-side", "--validate=strict", "--dry-run=server"], objects)
            .into()
    }

    /// Applies the objects, strictly; namespaces that they name and do not bring are created.
    ///
    /// # Panics
    /// The text is not YAML, or kubectl cannot be run.
    pub fn apply(&self, objects: &str) -> Answer {
        self.create_namespaces(objects, Bring::Some);
        self.send(&["apply", "--server-side", "--validate=strict"], objects).into()
    }

    /// The changes that an apply of the objects would make, as `diff` prints them.
    ///
    /// # Panics
    /// kubectl fails.
    pub fn diff(&self, objects: &str) -> String {
        let found = self.send(&["diff", "--server-side"], objects);
        // 1 is a difference, more an error.
        assert!(found.status <= 1 && found.stderr.is_empty(), "{}", found.transcript(&[]));
        found.stdout
    }

    /// The objects as the server has them, in the same order.
    ///
    /// # Panics
    /// One of them is not there.
    pub fn get(&self, objects: &str) -> Vec<Value> {
        let found = self.send(&["get", "--output=json"], objects).expect(0);
        let found: Value = serde_json::from_str(&found.stdout).expect("JSON");
        // One object comes without a list around it.
        found["items"].as_array().cloned().unwrap_or_else(|| vec![found])
    }

    fn start_api(&mut self) {
        let [etcd, peers, port] = [(); 3].map(|()| port::free());
        tls::write(self.folder());
        let token = "admin-of-the-tests";
        self.write("tokens.csv", &format!("{token},admin,admin,system:masters\n"));
        let authority = self.path("server.crt");
        let name = "rideshare-tests";
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": name,
            "clusters": [{"name": name, "cluster": {
                "server": format!("https://127.0.0.1:{port}"), "certificate-authority": authority}}],
            "users": [{"name": name, "user": {"token": token}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        });
        self.write("kubeconfig", &config.to_string());
        let clients = format!("http://127.0.0.1:{etcd}");
        let peers = format!("http://127.0.0.1:{peers}");
        let data = self.path("etcd");
        let etcd = [
            ("data-dir", data.as_str()),
            ("listen-client-urls", &clients),
            ("advertise-client-urls", &clients),
            ("listen-peer-urls", &peers),
            ("initial-advertise-peer-urls", &peers),
            ("initial-cluster", &format!("default={peers}")),
            // Nothing of it outlives the test.
            ("unsafe-no-fsync", "true"),
        ];
        self.keeper.spawn(&self.peer.join("root/usr/bin/etcd"), &etcd);
        let key = self.path("server.key");
        let api = [
            ("etcd-servers", clients.as_str()),
            ("bind-address", "127.0.0.1"),
            ("secure-port", &port.to_string()),
            ("tls-cert-file", &authority),
            ("tls-private-key-file", &key),
            ("token-auth-file", &self.path("tokens.csv")),
            ("authorization-mode", "RBAC"),
            ("allow-privileged", "true"),
            ("service-cluster-ip-range", "10.96.0.0/16"),
            ("service-account-issuer", "https://kubernetes.default.svc"),
            ("service-account-key-file", &self.path("accounts.pub")),
            ("service-account-signing-key-file", &self.path("accounts.key")),
            // Its own address is not to be found in the cluster, and must not be a loopback one there.
            ("endpoint-reconciler-type", "none"),
            // Every node would be "not ready" until a controller has heard its kubelet.
            ("disable-admission-plugins", "TaintNodesByCondition"),
        ];
        self.keeper.spawn(&self.program("kube-apiserver"), &api);
        self.await_part("the API server", |server| {
            run(&mut server.kubectl(&["get", "--raw=/readyz"])).status == 0
        });
    }

    /// Creates the objects' namespaces, once each, with what a controller would put there.
    fn create_namespaces(&self, objects: &str, bring: Bring) {
        let objects = documents(objects);
        let brought = |name: &str| {
            objects.iter().any(|o| o["kind"] == "Namespace" && o["metadata"]["name"] == name)
        };
        let mut known = self.namespaces.lock().unwrap_or_else(PoisonError::into_inner);
        for name in objects.iter().filter_map(|object| object["metadata"]["namespace"].as_str()) {
            if (bring == Bring::Some && brought(name)) || !known.insert(name.to_owned()) {
                continue;
            }
            let all = json!({"apiVersion": "v1", "kind": "List", "items": [
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}},
                // A Pod is refused where its service account is missing.
                {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}},
            ]});
            let apply = ["apply", "--server-side", "--field-manager=rideshare-tests"];
            self.send(&apply, &all.to_string()).expect(0);
        }
    }

    /// Hands objects to a kubectl.
    pub(super) fn send(&self, arguments: &[&str], objects: &str) -> Run {
        let mut command = self.kubectl(arguments);
        command.arg("--filename=-").stdin(Stdio::piped());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut input = child.stdin.take().expect("a pipe");
        std::thread::scope(|scope| {
            // A kubectl that stops reading says why.
            scope.spawn(move || input.write_all(objects.as_bytes()));
            child.wait_with_output().expect("its output").into()
        })
    }

    pub(super) fn await_part(&self, part: &str, ready: impl Fn(&Server) -> bool) {
        let end = Instant::now() + START;
        while !ready(self) {
            assert!(
                Instant::now() < end,
                "{part} was not ready in {START:?}\n{}",
                self.keeper.logs()
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.peer.join("bin").join(name)
    }

    fn folder(&self) -> &Path {
        self.keeper.folder()
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.folder().join(name).display().to_string()
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.folder().join(name), content).expect("a file in the server's folder");
    }
}
