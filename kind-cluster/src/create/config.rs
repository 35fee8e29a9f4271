//! The generated Kind configuration.

use common::secrets::unquoted;
use common::yaml::plain;
use std::collections::BTreeMap;
use std::path::Path;

use common::stop::Stop;
use serde_json::{Value, json};

use crate::budget::Budget;
use crate::nodes::{self, Node};
use crate::object::{list, text};

/// A port as the configuration publishes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    /// The host's port; `None` for one that kind chooses.
    pub(crate) port: Option<u16>,
    /// The host's address; empty for all of them.
    pub(crate) address: String,
}

/// A node as the configuration has it.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    /// Empty for kind's own choice.
    pub(crate) image: String,
    /// By port in the container (`80/tcp`).
    pub(crate) ports: BTreeMap<String, Published>,
    /// Folder in the container to folder on the host.
    pub(crate) mounts: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
}

impl Wanted {
    fn of(node: &Value, name: String) -> Self {
        let port = |mapping: &Value| {
            let protocol = text(mapping, "/protocol").to_lowercase();
            let protocol = if protocol.is_empty() { "tcp".into() } else { protocol };
            let port = mapping["hostPort"].as_u64().and_then(|port| u16::try_from(port).ok());
            let published = Published {
                port: port.filter(|port| *port != 0),
                address: text(mapping, "/listenAddress").to_owned(),
            };
            Some((format!("{}/{protocol}", mapping["containerPort"].as_u64()?), published))
        };
        let mount = |mount: &Value| {
            let outside = std::path::absolute(text(mount, "/hostPath")).unwrap_or_default();
            (text(mount, "/containerPath").to_owned(), outside.display().to_string())
        };
        let labels = node["labels"].as_object().into_iter().flatten();
        let label =
            |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
        Wanted {
            name,
            image: text(node, "/image").to_owned(),
            ports: list(node, "/extraPortMappings").iter().filter_map(port).collect(),
            mounts: list(node, "/extraMounts").iter().map(mount).collect(),
            labels: labels.filter_map(label).collect(),
        }
    }
}

/// Major and minor version in an image's tag (`kindest/node:v1.33.7@sha256:…`).
pub(crate) fn version(image: &str) -> Option<(u64, u64)> {
    let (_, tag) = image.split('@').next()?.rsplit_once(':')?;
    crate::version::version(tag)
}

/// A Kind configuration, as the file has it.
#[derive(Debug)]
pub(crate) struct KindConfig {
    value: Value,
}

impl KindConfig {
    /// Reads a configuration.
    pub(crate) fn read(path: &Path) -> Result<Self, Stop> {
        let bad = |why: String| {
            let message = format!("{} is not a Kind configuration: {why}", path.display());
            Stop::bad("bad-kind-config", message).hint("`make generate` writes it")
        };
        let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        let value: Value =
            plain::from_str(&text).map_err(|error| bad(unquoted(&error.to_string())))?;
        if value["kind"] != "Cluster" || value["apiVersion"] != "kind.x-k8s.io/v1alpha4" {
            return Err(bad("it has no `kind: Cluster` of kind.x-k8s.io/v1alpha4".into()));
        }
        Ok(KindConfig { value })
    }

    /// The cluster's name in the file.
    pub(crate) fn name(&self) -> &str {
        text(&self.value, "/name")
    }

    /// The role of each node; kind's default is one control plane.
    pub(crate) fn roles(&self) -> Vec<&str> {
        let nodes = list(&self.value, "/nodes");
        if nodes.is_empty() {
            return vec!["control-plane"];
        }
        let is_worker = |node| text(node, "/role") == "worker";
        let role = |node| if is_worker(node) { "worker" } else { "control-plane" };
        nodes.iter().map(role).collect()
    }

    /// The nodes of a cluster, by the names that kind gives them.
    pub(crate) fn nodes(&self, cluster: &str) -> Vec<Wanted> {
        let single = [json!({"role": "control-plane"})];
        let nodes = list(&self.value, "/nodes");
        let nodes = if nodes.is_empty() { &single } else { nodes };
        let mut count: BTreeMap<&str, u32> = BTreeMap::new();
        let wanted = nodes.iter().zip(self.roles()).map(|(node, role)| {
            let number = count.entry(role).or_default();
            *number += 1;
            let more = if *number == 1 { String::new() } else { number.to_string() };
            Wanted::of(node, format!("{cluster}-{role}{more}"))
        });
        wanted.collect()
    }

    /// Every port of the host that the cluster publishes.
    pub(crate) fn host_ports(&self) -> Vec<u16> {
        let nodes = self.nodes(self.name());
        let published = nodes.iter().flat_map(|node| node.ports.values());
        let mut ports: Vec<u16> = published.filter_map(|published| published.port).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    /// Major and minor version of Kubernetes, where the configuration names the nodes' image.
    pub(crate) fn kubernetes(&self) -> Option<(u64, u64)> {
        self.nodes("").iter().find_map(|node| version(&node.image))
    }

    /// `podSubnet` or `serviceSubnet`; empty for kind's own choice.
    pub(crate) fn subnet(&self, which: &str) -> &str {
        text(&self.value, &format!("/networking/{which}"))
    }

    /// Whether somebody else than kind makes the pods' network.
    pub(crate) fn brings_network(&self) -> bool {
        self.value.pointer("/networking/disableDefaultCNI") == Some(&Value::Bool(true))
    }

    /// Memory of each node that the configuration makes.
    pub(crate) fn shares(&self, budget: Budget) -> Vec<(String, u64)> {
        let nodes: Vec<Node> = self
            .roles()
            .iter()
            .enumerate()
            .map(|(index, role)| Node {
                name: format!("{role}-{index}"),
                role: (*role).to_owned(),
                running: true,
                ..Node::default()
            })
            .collect();
        let shares = nodes::shares(&nodes, budget.total, budget.reserved);
        nodes.into_iter().map(|node| (node.name.clone(), shares[&node.name])).collect()
    }

    /// The configuration with each node's kubelet told to keep off what is not its node's. A node
    /// reports the machine's `memory`; the memory above its cap is reserved, so that the
    /// scheduler counts with the cap.
    pub(crate) fn with_reservations(&self, budget: Option<Budget>, memory: u64) -> String {
        let mut value = self.value.clone();
        if let Some(budget) = budget {
            let shares = self.shares(budget);
            if value["nodes"].as_array().is_none_or(Vec::is_empty) {
                value["nodes"] = json!([{"role": "control-plane"}]);
            }
            let mut first = true;
            for (node, (_, share)) in
                value["nodes"].as_array_mut().into_iter().flatten().zip(shares)
            {
                let worker = text(node, "/role") == "worker";
                // Only the first control plane starts a cluster, all others join it.
                let kind = if first && !worker { "InitConfiguration" } else { "JoinConfiguration" };
                first &= worker;
                let reserved = memory.saturating_sub(share) >> 20;
                if reserved == 0 {
                    continue;
                }
                let patch = format!(
                    "kind: {kind}\nnodeRegistration:\n  kubeletExtraArgs:\n    \
                     system-reserved: memory={reserved}Mi\n"
                );
                let mut patches = list(node, "/kubeadmConfigPatches").to_vec();
                patches.push(json!(patch));
                node["kubeadmConfigPatches"] = json!(patches);
            }
        }
        plain::to_string(&value).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubelets_keep_off_what_their_nodes_are_not_given() {
        let text = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nname: x\nnodes:\n\
                    - role: control-plane\n  extraPortMappings:\n  - {containerPort: 80, hostPort: 8080}\n\
                    - role: worker\n- role: worker\n";
        let config = KindConfig { value: plain::from_str(text).unwrap() };
        assert_eq!(config.host_ports(), [8080]);
        assert_eq!(config.roles(), ["control-plane", "worker", "worker"]);
        let budget = Budget { total: 10 << 30, reserved: 1 << 30, nodes: 3 };
        insta::assert_snapshot!(config.with_reservations(Some(budget), 32 << 30));
    }
}
