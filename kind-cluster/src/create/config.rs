//! The generated Kind configuration.

use std::collections::BTreeMap;
use std::path::Path;

use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::stop::Stop;
use serde_json::{Value, json};

use crate::budget::Budget;
use crate::nodes::{self, Node};
use crate::object::{list, text};

/// A Kind configuration, as the file has it.
#[derive(Debug)]
pub(crate) struct KindConfig {
    value: Value,
}

impl KindConfig {
    /// Reads a configuration.
    ///
    /// # Errors
    /// It cannot be read, or is not one.
    pub(crate) fn read(path: &Path) -> Result<Self, Stop> {
        let bad = |why: String| {
            let message = format!("{} is no Kind configuration: {why}", path.display());
            Stop::new(
                Status::Bad,
                Diagnostic::error("bad-kind-config", message).hint("`make generate` writes it"),
            )
        };
        let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        let value: Value = serde_yaml::from_str(&text).map_err(|error| bad(error.to_string()))?;
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
        nodes
            .iter()
            .map(|node| match text(node, "/role") {
                "worker" => "worker",
                _ => "control-plane",
            })
            .collect()
    }

    /// Port in the container (`80/tcp`) to port on the host, for each node.
    pub(crate) fn ports(&self) -> Vec<BTreeMap<String, u16>> {
        let of = |node: &Value| {
            list(node, "/extraPortMappings")
                .iter()
                .filter_map(|mapping| {
                    let inside = mapping["containerPort"].as_u64()?;
                    let protocol = text(mapping, "/protocol").to_lowercase();
                    let protocol = if protocol.is_empty() { "tcp".into() } else { protocol };
                    let outside = u16::try_from(mapping["hostPort"].as_u64()?).ok()?;
                    Some((format!("{inside}/{protocol}"), outside))
                })
                .collect()
        };
        list(&self.value, "/nodes").iter().map(of).collect()
    }

    /// Every port of the host that the cluster publishes.
    pub(crate) fn host_ports(&self) -> Vec<u16> {
        let mut ports: Vec<u16> =
            self.ports().iter().flat_map(|map| map.values().copied()).collect();
        ports.sort_unstable();
        ports.dedup();
        ports.retain(|port| *port != 0);
        ports
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
                memory: 0,
                ports: BTreeMap::new(),
            })
            .collect();
        let shares = nodes::shares(&nodes, budget.total, budget.reserved);
        nodes.into_iter().map(|node| (node.name.clone(), shares[&node.name])).collect()
    }

    /// The configuration with each node's kubelet told to keep off what is not its node's. A node
    /// reports the machine's `memory`; what its cap leaves out of that is reserved, so that the
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
        serde_yaml::to_string(&value).unwrap_or_default()
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
        let config = KindConfig { value: serde_yaml::from_str(text).unwrap() };
        assert_eq!(config.host_ports(), [8080]);
        assert_eq!(config.roles(), ["control-plane", "worker", "worker"]);
        let budget = Budget { total: 10 << 30, reserved: 1 << 30, nodes: 3 };
        insta::assert_snapshot!(config.with_reservations(Some(budget), 32 << 30));
    }
}
