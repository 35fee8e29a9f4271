//! A registry's cache and a company's certificate authority on real parts: nodes with a real containerd and kind's
//! configuration of it, Debian's store of certificates, and a registry that only the authority vouches for.

use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};

use crate::engine::{Bench, WORKER, node_arguments, within};
use crate::preflight::config;
use crate::support::until;

const PLANE: &str = "rideshare-local-control-plane";
/// Its containerd is an older one.
const OLD: &str = "rideshare-local-worker2";
const NODES: [&str; 3] = [PLANE, WORKER, OLD];
/// The image that `create` takes for a cache unless another one is named.
const REGISTRY: &str = "docker.io/library/registry:3.0.0";
const EXAMPLE: &str = "registry.example/library/own:1";
/// Another image: a node asks for no layer that it has.
const HUB: &str = "docker.io/library/hub:1";
const CACHE: &str = "kind-cluster-cache-registry-example";
const UNKNOWN: &str = "signed by unknown authority";

#[test]
#[ignore = "`make test-caches` starts it: it takes minutes, and the peers `registry` and `kind-node`"]
fn nodes_pull_through_a_cache_and_with_an_authority_of_its_company() {
    let names = ["PEER_REGISTRY", "PEER_KIND_NODE", "PEER_KUBERNETES", "PEER_DOCKER"];
    let found = names.map(peers::find);
    let [Some(registry), Some(node), Some(kubernetes), Some(docker)] = found else { return };
    let old = docker.ancestors().nth(2).unwrap().join("root/usr/bin");
    within(
        "caches::inside",
        &[
            ("KIND_CLUSTER_TEST_REGISTRY", registry),
            ("KIND_CLUSTER_TEST_NODE", node),
            ("KIND_CLUSTER_TEST_CONTAINERD", kubernetes.join("bin")),
            ("KIND_CLUSTER_TEST_OLD_CONTAINERD", old),
        ],
    );
}

fn peer(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os(format!("KIND_CLUSTER_TEST_{name}")).unwrap())
}

#[test]
#[ignore = "nodes_pull_through_a_cache_and_with_an_authority_of_its_company starts it inside the engine's namespaces"]
fn inside() {
    if std::env::var_os("KIND_CLUSTER_TEST_REGISTRY").is_none() {
        return;
    }
    let cluster = Cluster::new();
    cluster.start_upstream();
    cluster.start_nodes();

    // Nobody knows the authority: not the nodes, and not the cache, which cannot even start.
    cluster.refused(WORKER, EXAMPLE, UNKNOWN);
    let made = cluster.create(&["--registry-cache", "registry.example"]);
    assert!(made.contains("cache-silent") && made.contains(UNKNOWN), "{made}");
    // Of all hosts, containerd names the first one.
    cluster.refused(WORKER, EXAMPLE, CACHE);

    let ca = cluster.bench.machine.path("ca.pem").display().to_string();
    let all = ["--ca-file", &ca, "--registry-cache", "registry.example,docker.io"];
    let made = cluster.create(&all);
    assert!(made.contains(&format!("now trusted by {}", NODES.join(", "))), "{made}");
    assert!(made.contains(&format!("{CACHE} started; every node asks it first")), "{made}");
    assert!(made.contains("kind-cluster-cache-docker-io made; every node asks it"), "{made}");
    for node in NODES {
        cluster.pull(node, EXAMPLE);
        cluster.pull(node, HUB);
    }
    // All came through the caches: each layer left the upstream once for each cache.
    assert_eq!(cluster.layers_served("upstream"), 2);
    // Again: nothing is done, and nothing restarts.
    let again = cluster.create(&all);
    assert!(again.contains("trusted by every node"), "{again}");
    assert!(again.contains(&format!("{CACHE} runs; every node asks it first")), "{again}");

    cluster.without_the_cache();
    cluster.without_the_upstream(&all);
    cluster.bench.machine.expect_hostile_untouched();
}

struct Cluster {
    bench: Bench,
}

impl Cluster {
    fn new() -> Self {
        let bench = Bench::new();
        bench.machine.server.behave(rideshare_tests::apiserver::controllers::usual);
        bench.machine.nodes();
        bench.docker(&["network", "create", "--subnet", "172.30.0.0/16", "kind"]);
        Cluster { bench }
    }

    /// The registry, under two names, with certificates of an authority that nobody knows.
    fn start_upstream(&self) {
        let bench = &self.bench;
        let folder = bench.machine.path("registry");
        let settings = "version: 0.1\nstorage:\n  filesystem: {rootdirectory: /var/lib/registry}\n\
                        http: {addr: ':5000'}\nlog: {accesslog: {disabled: false}}\n";
        bench.machine.write("registry/etc/distribution/config.yml", settings);
        // The published image has public authorities in this folder.
        bench.machine.write("registry/etc/ssl/certs/none", "");
        let image = "install -D \"$2\" \"$1/bin/registry\"; tar --create --directory \"$1\" . | docker import \
                     --change 'ENTRYPOINT [\"/bin/registry\"]' --change 'CMD [\"serve\", \"/etc/distribution/config.yml\"]' - \"$0\"";
        bench.sh(&image.replace("\"$0\"", REGISTRY), &[&folder, &peer("REGISTRY")]);
        let certificates = bench.machine.path("upstream");
        let make = "mkdir \"$1\"; cd \"$1\"
            openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=company' -keyout ca.key -out ../ca.pem
            openssl req -newkey rsa:2048 -nodes -subj '/CN=registry' -keyout tls.key -out tls.csr
            printf 'subjectAltName=DNS:registry.example,DNS:registry-1.docker.io' >san
            openssl x509 -req -days 2 -in tls.csr -CA ../ca.pem -CAkey ca.key -CAcreateserial -extfile san -out tls.crt";
        bench.sh(&format!("set -e; {make}"), &[&certificates]);
        // The images are pushed before the certificates are there: this engine does not know the authority either.
        let plain = ["--publish", "127.0.0.1:5000:5000"];
        self.run_registry("filler", &plain, &[]);
        let busybox = PathBuf::from(std::env::var_os("KIND_CLUSTER_TEST_BUSYBOX").unwrap());
        let push = "tar --create --directory \"$(dirname \"$1\")\" \"$(basename \"$1\")\" | docker import - own
            tar --create --directory \"$2\" etc | docker import - hub
            for name in own:1 own:2 hub:1; do docker tag ${name%:*} 127.0.0.1:5000/library/$name
            docker push 127.0.0.1:5000/library/$name; done";
        bench.sh(&format!("set -e; {push}"), &[&busybox, &folder]);
        bench.docker(&["rm", "--force", "filler"]);
        let mount = format!("{}:/tls:ro", certificates.display());
        let secure = [
            "--volume",
            &mount,
            "--network-alias",
            "registry.example",
            "--network-alias",
            "registry-1.docker.io",
        ];
        self.run_registry(
            "upstream",
            &secure,
            &[
                "REGISTRY_HTTP_ADDR=:443",
                "REGISTRY_HTTP_TLS_CERTIFICATE=/tls/tls.crt",
                "REGISTRY_HTTP_TLS_KEY=/tls/tls.key",
            ],
        );
    }

    fn run_registry(&self, name: &str, more: &[&str], variables: &[&str]) {
        let mut arguments = vec!["run", "--detach", "--name", name, "--network", "kind"];
        arguments.extend(["--volume", "images:/var/lib/registry"]);
        arguments.extend(more);
        arguments.extend(variables.iter().flat_map(|variable| ["--env", *variable]));
        arguments.push(REGISTRY);
        self.bench.docker(&arguments);
        until("the registry listens", || self.logs(name).contains("listening on"));
    }

    fn logs(&self, name: &str) -> String {
        let bench = &self.bench;
        let done = run(bench.real(&mut Command::new("docker")).args(["logs", name])).expect(0);
        format!("{}{}", done.stdout, done.stderr)
    }

    /// How many layers a registry has sent.
    fn layers_served(&self, name: &str) -> usize {
        let logs = self.logs(name);
        // An image has two blobs: its configuration, and its only layer.
        let served = logs.lines().filter(|line| {
            line.contains("GET /v2/") && line.contains("/blobs/") && line.contains(" 200 ")
        });
        served.count() / 2
    }

    fn start_nodes(&self) {
        for (image, containerd) in [("node:new", "CONTAINERD"), ("node:old", "OLD_CONTAINERD")] {
            let folder = self.bench.machine.path(image);
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/kind-node.sh");
            self.bench.sh("\"$@\"", &[&script, &folder, &peer("NODE"), &peer(containerd)]);
            let kubeconfig =
                self.bench.machine.server.kubeconfig("kubernetes-admin@rideshare-local");
            self.bench.machine.write(&format!("{image}/etc/kubernetes/admin.conf"), &kubeconfig);
            let import = format!(
                "tar --create --directory \"$1\" . | docker import --change 'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - {image}"
            );
            self.bench.sh(&import, &[&folder]);
        }
        self.start_node(PLANE, "node:new");
        self.start_node(WORKER, "node:new");
        self.start_node(OLD, "node:old");
    }

    fn start_node(&self, name: &str, image: &str) {
        let api = format!(
            "exec busybox nc -ll -p 6443 -e busybox nc 172.30.0.1 {}",
            self.bench.machine.server.port()
        );
        let mut arguments = node_arguments(name);
        // An overlay file system in a container takes these options; kind's nodes have all capabilities.
        arguments
            .extend(["--init", "--network", "kind", "--cap-add", "SYS_ADMIN"].map(str::to_owned));
        arguments.extend(
            ["--security-opt", "seccomp=unconfined", "--volume", "/var"].map(str::to_owned),
        );
        arguments.extend([image, "entrypoint", "sh", "-c"].map(str::to_owned));
        arguments.push(if name == PLANE { api } else { "exec sleep 3600".into() });
        self.bench.docker(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        until("containerd answers", || {
            self.node(name, &["test", "-e", "/run/started"]).status == 0
        });
    }

    fn node(&self, node: &str, command: &[&str]) -> Run {
        let mut docker = Command::new("docker");
        run(self.bench.real(&mut docker).args(["exec", node]).args(command))
    }

    fn pull(&self, node: &str, image: &str) {
        self.node(node, &["crictl", "pull", image]).expect(0);
    }

    #[track_caller]
    fn refused(&self, node: &str, image: &str, why: &str) {
        let refused = self.node(node, &["crictl", "pull", image]).expect(1);
        assert!(refused.stderr.contains(why), "{}", refused.stderr);
    }

    fn forget(&self, node: &str) {
        self.node(node, &["crictl", "rmi", "--all"]).expect(0);
    }

    fn create(&self, more: &[&str]) -> String {
        let file = config(&self.bench.machine, &[]);
        let mut arguments = vec!["create", "--kind-config", &file, "--no-components"];
        arguments.extend(more);
        run(&mut self.bench.tool(&arguments)).expect(0).stdout
    }

    /// A cache that does not run: the nodes ask the registry, whose authority they trust.
    fn without_the_cache(&self) {
        self.bench.docker(&["stop", CACHE]);
        for node in NODES {
            self.pull(node, "registry.example/library/own:2");
        }
        self.bench.docker(&["start", CACHE]);
    }

    /// A registry that does not run: nodes, and those of the next cluster, get the image from the cache.
    fn without_the_upstream(&self, all: &[&str]) {
        self.bench.docker(&["stop", "upstream"]);
        for node in NODES {
            self.forget(node);
            self.pull(node, EXAMPLE);
            self.pull(node, HUB);
        }
        run(&mut self.bench.tool(&["teardown", "--discard-data"])).expect(0);
        self.start_node(PLANE, "node:new");
        self.start_node(WORKER, "node:new");
        self.start_node(OLD, "node:old");
        self.refused(OLD, EXAMPLE, "registry.example");
        let made = self.create(all);
        assert!(made.contains(&format!("{CACHE} runs; every node asks it first")), "{made}");
        for node in NODES {
            self.pull(node, EXAMPLE);
        }
        // A cache asks its registry when it starts.
        self.bench.docker(&["restart", CACHE]);
        let made = self.create(all);
        assert!(made.contains("cache-silent"), "{made}");
    }
}
