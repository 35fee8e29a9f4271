//! The node containers, as the engine and kind see them.

use std::collections::BTreeMap;
use std::time::Duration;

use common::fault;
use common::stop::Stop;
use serde_json::Value;

use crate::cluster::{Cluster, context_of, kubeconfig};
use crate::engine::{self, Endpoint, LABEL, Record};
use crate::object::{self, list, text};
use crate::process;

/// How long the engine and kind may take to answer a question.
pub(crate) const QUESTION: Duration = Duration::from_secs(30);

const ROLE: &str = "io.x-k8s.kind.role";

/// One node's container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    /// `control-plane` or `worker`.
    pub(crate) role: String,
    pub(crate) running: bool,
    /// The memory cap in bytes; 0 for none.
    pub(crate) memory: u64,
    /// Port in the container (`80/tcp`) to port on the host, as configured.
    pub(crate) ports: BTreeMap<String, u16>,
    /// Port in the container to the address on the host that it is published on.
    pub(crate) addresses: BTreeMap<String, String>,
    /// The image that it was made of.
    pub(crate) image: String,
    /// Folder in the container to folder on the host.
    pub(crate) mounts: BTreeMap<String, String>,
}

impl Node {
    pub(crate) fn is_control_plane(&self) -> bool {
        self.role == "control-plane"
    }
}

/// The nodes of a cluster, control plane first.
pub(crate) async fn of(cluster: &str) -> Result<Vec<Node>, Stop> {
    let filter = format!("label={LABEL}={cluster}");
    let arguments = ["ps", "--all", "--filter", &filter, "--format", "{{.Names}}"];
    let names = engine::succeed(&arguments, QUESTION).await?;
    let names: Vec<&str> = names.lines().map(str::trim).filter(|n| !n.is_empty()).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let arguments = [&["inspect", "--type", "container"], names.as_slice()].concat();
    let text = engine::succeed(&arguments, QUESTION).await?;
    let found: Vec<Value> = serde_json::from_str(&text)
        .map_err(|error| Stop::bad("engine-answer", format!("`inspect` of nodes: {error}")))?;
    let mut nodes: Vec<Node> = found
        .iter()
        .map(node)
        .filter(|node| node.role == "control-plane" || node.role == "worker")
        .collect();
    nodes.sort_by(|a, b| (&a.role, &a.name).cmp(&(&b.role, &b.name)));
    Ok(nodes)
}

/// kind's own kubeconfig for a cluster.
pub(crate) async fn kubeconfig(cluster: &str) -> Result<String, Stop> {
    process::succeed("kind", &["get", "kubeconfig", "--name", cluster], QUESTION).await
}

/// Why the engine has no node of a cluster: another engine has it or may have it, or there is none.
pub(crate) async fn missing(cluster: &str) -> Stop {
    match refuse_unproved(cluster).await {
        Err(stop) => stop,
        Ok(_) => Stop::bad("no-cluster", fault::unknown("cluster", cluster))
            .hint("`kind-cluster create` creates it"),
    }
}

/// The engine has no node of a cluster, which proves that the cluster is gone only where the engine is known to be
/// the one that had it. A cluster that is stopped, or on another machine, does not answer either, and its context must
/// be neither removed nor overwritten. Returns the places that have not answered.
pub(crate) async fn refuse_unproved(cluster: &str) -> Result<Vec<String>, Stop> {
    let found = refuse_elsewhere(cluster).await?;
    if !kubeconfig::has_context(cluster) {
        return Ok(found.silent);
    }
    let client = engine::client().await?;
    if Cluster::connect(cluster).await.is_ok() {
        let message = format!(
            "{client} has no node of {cluster}, but its API server answers: another engine runs it"
        );
        return Err(Stop::no("other-engine", message).hint(engine::choose_hint()));
    }
    if Record::proves(cluster, &found.silent).await? {
        return Ok(found.silent);
    }
    let context = context_of(cluster);
    let mut message = format!(
        "{client} has no node of {cluster}, and the context {context} may lead to one that is stopped in another \
         engine"
    );
    if !found.silent.is_empty() {
        message.push_str(&format!("; no answer from {}", found.silent.join(", ")));
    }
    Err(Stop::no("cluster-unknown", message).hint(format!(
        "{}; if the cluster is gone, `kubectl config delete-context {context}`",
        engine::choose_hint()
    )))
}

/// Refuses where the engine has no node of a cluster and another engine has. Returns the answers of the others.
async fn refuse_elsewhere(cluster: &str) -> Result<engine::Found, Stop> {
    let endpoint = Endpoint::of(engine::client().await?).await;
    let refuse = |message: String| Stop::no("other-engine", message).hint(engine::choose_hint());
    let found = engine::elsewhere(cluster).await;
    if !found.has.is_empty() {
        let message = format!(
            "{} has no node of {cluster}, and {} has: another engine runs it",
            endpoint.shown(),
            found.has.join(", ")
        );
        return Err(refuse(message));
    }
    if let Some(other) = Record::other(cluster).await? {
        let message = format!(
            "{} has no node of {cluster}: the cluster was last seen in {other}",
            endpoint.shown()
        );
        return Err(refuse(message));
    }
    Ok(found)
}

/// Nodes have not become Ready in time.
pub(crate) async fn not_ready(state: &str) -> Stop {
    let message = format!("not every node is Ready: {state}");
    let stop = Stop::unfinished("nodes-not-ready", message);
    match engine::client().await {
        Ok(client) => stop
            .hint(format!("`{client} logs NODE` shows its start; give more time with --timeout")),
        Err(_) => stop,
    }
}

fn node(container: &Value) -> Node {
    // nerdctl says the ports of a running container only.
    let bindings = || {
        let places = ["/HostConfig/PortBindings", "/NetworkSettings/Ports"];
        let found = places.into_iter().filter_map(|place| container.pointer(place)?.as_object());
        found.filter(|found| !found.is_empty()).take(1).flatten()
    };
    let port = |(inside, outside): (&String, &Value)| {
        Some((inside.clone(), text(outside, "/0/HostPort").parse().ok()?))
    };
    let address = |(inside, outside): (&String, &Value)| {
        (inside.clone(), text(outside, "/0/HostIp").to_owned())
    };
    let binds = list(container, "/HostConfig/Binds").iter().filter_map(Value::as_str);
    let bind = |bind: &str| {
        let mut parts = bind.split(':');
        let outside = parts.next()?.to_owned();
        Some((parts.next()?.to_owned(), outside))
    };
    let is_bind = |mount: &&Value| text(mount, "/Type") == "bind";
    let mounted =
        |mount: &Value| (text(mount, "/Destination").to_owned(), text(mount, "/Source").to_owned());
    let mut mounts: BTreeMap<String, String> = binds.filter_map(bind).collect();
    if mounts.is_empty() {
        let all = list(container, "/Mounts").iter();
        mounts.extend(all.filter(is_bind).map(mounted));
    }
    Node {
        name: text(container, "/Name").trim_start_matches('/').to_owned(),
        role: container["Config"]["Labels"][ROLE].as_str().unwrap_or_default().to_owned(),
        running: container.pointer("/State/Running") == Some(&Value::Bool(true)),
        memory: container.pointer("/HostConfig/Memory").and_then(Value::as_u64).unwrap_or_default(),
        ports: bindings().filter_map(port).collect(),
        addresses: bindings().map(address).collect(),
        image: text(container, "/Config/Image").to_owned(),
        mounts,
    }
}

/// Memory for each node: the reserved part for the control plane, and the rest in equal parts for
/// the workers. A cluster of one node has it all.
pub(crate) fn shares(nodes: &[Node], total: u64, reserved: u64) -> BTreeMap<String, u64> {
    let planes = nodes.iter().filter(|node| node.is_control_plane()).count() as u64;
    let workers = nodes.len() as u64 - planes;
    let share = |node: &Node| match (workers, node.is_control_plane()) {
        (0, _) => total / planes.max(1),
        (_, true) if reserved > 0 => reserved / planes.max(1),
        (_, true) => total / nodes.len() as u64,
        (_, false) if reserved > 0 => total.saturating_sub(reserved) / workers,
        (_, false) => total / nodes.len() as u64,
    };
    // Docker counts whole pages.
    nodes.iter().map(|node| (node.name.clone(), share(node) & !4095)).collect()
}

/// A node's facts on one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeImage {
    /// Digest of the image's configuration, which is what it is made of.
    pub(crate) id: String,
    /// Every name with a tag or digest.
    pub(crate) names: Vec<String>,
}

/// Images on a node.
pub(crate) async fn images(node: &str) -> Result<Vec<NodeImage>, Stop> {
    let arguments = ["exec", node, "crictl", "images", "-o", "json"];
    let text = engine::succeed(&arguments, QUESTION).await?;
    let answer: Value = serde_json::from_str(&text)
        .map_err(|error| Stop::bad("node-answer", format!("`crictl images` on {node}: {error}")))?;
    let image = |image: &Value| {
        let tags = list(image, "/repoTags").iter().chain(list(image, "/repoDigests"));
        NodeImage {
            id: object::text(image, "/id").to_owned(),
            names: tags.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    };
    Ok(list(&answer, "/images").iter().map(image).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(role: &str, name: &str) -> Node {
        Node { name: name.into(), role: role.into(), running: true, ..Node::default() }
    }

    #[test]
    fn memory_is_shared_out() {
        const GIB: u64 = 1 << 30;
        let nodes = [node("control-plane", "c"), node("worker", "a"), node("worker", "b")];
        let shares = super::shares(&nodes, 10 * GIB, GIB);
        assert_eq!(shares["c"], GIB);
        assert_eq!(shares["a"], 9 * GIB / 2);
        let alone = super::shares(&nodes[..1], 10 * GIB, GIB);
        assert_eq!(alone["c"], 10 * GIB);
    }
}
