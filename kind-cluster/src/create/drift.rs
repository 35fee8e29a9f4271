//! Differences between the configuration and the cluster that cannot be changed in place.

use common::yaml::plain;
use std::collections::BTreeSet;

use common::stop::Stop;
use serde_json::Value;

use super::config::{KindConfig, Wanted, version};
use crate::cluster::Cluster;
use crate::nodes::Node;
use crate::object::{self, meta, text};
use crate::report::Check;

const HINT: &str = "kind cannot change this in place: `kind-cluster teardown --preserve-data \
                    --backup-dir DIR`, then create and restore";

fn differs(name: impl Into<String>, detail: String) -> Check {
    Check::failed("drift", name, "drift", detail).hint(HINT)
}

/// The nodes of each role, and for each node its image, ports and folders.
pub(super) fn of_nodes(config: &KindConfig, cluster: &str, nodes: &[Node]) -> Vec<Check> {
    let mut checks = Vec::new();
    for role in ["control-plane", "worker"] {
        let want = config.roles().iter().filter(|known| **known == role).count();
        let have = nodes.iter().filter(|node| node.role == role).count();
        if want != have {
            let detail = format!("{have} nodes are {role}, and the configuration has {want}");
            checks.push(differs(role, detail));
        }
    }
    for wanted in config.nodes(cluster) {
        if let Some(node) = nodes.iter().find(|node| node.name == wanted.name) {
            checks.extend(of_node(&wanted, node));
        }
    }
    if checks.is_empty() {
        checks.push(Check::ok("drift", "nodes and ports", "as configured"));
    }
    checks
}

fn of_node(wanted: &Wanted, node: &Node) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut differs = |field: &str, have: &str, want: &str| {
        let shown =
            |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
        let detail = format!("{}, and the configuration has {}", shown(have), shown(want));
        let name = format!("{field} of {}", node.name);
        checks.push(self::differs(name, detail));
    };
    if !wanted.image.is_empty() && !node.image.is_empty() && !same_image(&wanted.image, &node.image)
    {
        differs("image", &node.image, &wanted.image);
    }
    // The API server's port is kind's own choice.
    let configurable =
        |inside: &&String| *inside != "6443/tcp" || wanted.ports.contains_key(*inside);
    let inside: BTreeSet<&String> =
        wanted.ports.keys().chain(node.ports.keys().filter(configurable)).collect();
    for inside in inside {
        let want = wanted.ports.get(inside).map(|published| {
            let port = published.port.or(node.ports.get(inside).copied());
            shown_port(&published.address, port)
        });
        let have = node.ports.get(inside).map(|port| {
            let address = node.addresses.get(inside).map(String::as_str).unwrap_or_default();
            shown_port(address, Some(*port))
        });
        if want != have {
            let shown = |port: Option<String>| port.unwrap_or_else(|| "not published".into());
            differs(&format!("port {inside}"), &shown(have), &shown(want));
        }
    }
    for (inside, outside) in &wanted.mounts {
        let have = node.mounts.get(inside).map(String::as_str).unwrap_or_default();
        if have != outside {
            differs(&format!("folder {inside}"), have, outside);
        }
    }
    // Two of them are kind's own.
    let made_by_kind = |inside: &str| inside == "/lib/modules" || inside.starts_with("/dev/");
    for (inside, outside) in &node.mounts {
        if !made_by_kind(inside) && !wanted.mounts.contains_key(inside) {
            differs(&format!("folder {inside}"), outside, "");
        }
    }
    checks
}

fn shown_port(address: &str, port: Option<u16>) -> String {
    let port = port.map_or("any port".into(), |port| port.to_string());
    match address {
        // All addresses, in the words of both.
        "" | "0.0.0.0" | "::" => port,
        address => format!("{address}:{port}"),
    }
}

/// By digest where both have one, by tag otherwise.
fn same_image(a: &str, b: &str) -> bool {
    // podman says the registry, too.
    let short = |name| str::trim_start_matches(name, "docker.io/");
    let (a, b) = (short(a), short(b));
    match (a.split_once('@'), b.split_once('@')) {
        (Some((_, a)), Some((_, b))) => a == b,
        (left, right) => left.map_or(a, |(tag, _)| tag) == right.map_or(b, |(tag, _)| tag),
    }
}

/// The API server's facts on the nodes: their labels, and their versions of Kubernetes.
pub(super) async fn of_objects(
    config: &KindConfig,
    name: &str,
    cluster: &Cluster,
) -> Result<Vec<Check>, Stop> {
    let nodes = cluster.list("v1", "Node", "").await?;
    let mut checks = Vec::new();
    for wanted in config.nodes(name) {
        let Some(node) = nodes.iter().find(|node| object::name(node) == wanted.name) else {
            continue;
        };
        for (key, want) in &wanted.labels {
            let have = meta(node, "labels", key).unwrap_or("no value");
            if have != want {
                let detail = format!("{have}, and the configuration has {want}");
                let name = format!("label {key} of {}", wanted.name);
                checks.push(differs(name, detail));
            }
        }
        let have = text(node, "/status/nodeInfo/kubeletVersion");
        let image = format!("node:{have}");
        if let (Some(want), Some(found)) = (version(&wanted.image), version(&image))
            && want != found
        {
            let detail = format!("{have}, and the configuration has {}.{}", want.0, want.1);
            let name = format!("Kubernetes of {}", wanted.name);
            checks.push(differs(name, detail));
        }
    }
    Ok(checks)
}

/// The networks that kubeadm was given.
pub(super) async fn of_networks(
    config: &KindConfig,
    cluster: &Cluster,
) -> Result<Vec<Check>, Stop> {
    let found = cluster.get("v1", "ConfigMap", "kube-system", "kubeadm-config").await?;
    let settings = found.as_ref().map(|map| text(map, "/data/ClusterConfiguration"));
    let Some(settings) = settings.filter(|settings| !settings.is_empty()) else {
        return Ok(vec![Check::skipped("drift", "networks", "the cluster has no kubeadm-config")]);
    };
    let settings: Value = plain::from_str(settings).unwrap_or_default();
    let mut checks = Vec::new();
    for which in ["podSubnet", "serviceSubnet"] {
        let want = config.subnet(which);
        let have = text(&settings, &format!("/networking/{which}"));
        if !want.is_empty() && want != have {
            let detail = format!("{have}, and the configuration has {want}");
            checks.push(differs(which, detail));
        }
    }
    if checks.is_empty() {
        checks.push(Check::ok("drift", "networks", "as configured"));
    }
    Ok(checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_the_same_by_digest_or_tag() {
        let pinned = "kindest/node:v1.33.7@sha256:a";
        assert!(same_image(pinned, "kindest/node@sha256:a"));
        assert!(same_image(pinned, "kindest/node:v1.33.7"));
        assert!(!same_image(pinned, "kindest/node:v1.33.7@sha256:b"));
        assert!(!same_image(pinned, "kindest/node:v1.32.2"));
        assert!(same_image("kindest/node:v1.33.7", "docker.io/kindest/node:v1.33.7"));
        assert_eq!(version(pinned), Some((1, 33)));
    }
}
