//! What differs between the configuration and the cluster, and cannot be changed in place.

use std::collections::BTreeMap;

use common::stop::Stop;
use serde_json::Value;

use super::config::KindConfig;
use crate::cluster::Cluster;
use crate::nodes::Node;
use crate::object::text;
use crate::report::Check;

const HINT: &str = "kind cannot change this in place: `kind-cluster teardown --preserve-data \
                    --backup-dir DIR`, then create and restore";

/// Number of nodes of each role, and published ports.
pub(super) fn of_nodes(config: &KindConfig, nodes: &[Node]) -> Vec<Check> {
    let mut checks = Vec::new();
    for role in ["control-plane", "worker"] {
        let want = config.roles().iter().filter(|known| **known == role).count();
        let have = nodes.iter().filter(|node| node.role == role).count();
        if want != have {
            let detail = format!("{have} nodes are {role}, and the configuration has {want}");
            checks.push(Check::failed("drift", role, "drift", detail).hint(HINT));
        }
    }
    let wanted: BTreeMap<String, u16> = config.ports().into_iter().flatten().collect();
    // The API server's port is kind's own choice.
    let own = |inside: &str| inside != "6443/tcp";
    let there: BTreeMap<String, u16> = nodes
        .iter()
        .flat_map(|node| node.ports.clone())
        .filter(|(inside, _)| own(inside))
        .collect();
    for inside in wanted.keys().chain(there.keys().filter(|inside| !wanted.contains_key(*inside))) {
        let (want, have) = (wanted.get(inside), there.get(inside));
        if want != have {
            let shown = |port: Option<&u16>| port.map_or("not published".into(), u16::to_string);
            let detail = format!("{}, and the configuration has {}", shown(have), shown(want));
            checks
                .push(Check::failed("drift", format!("port {inside}"), "drift", detail).hint(HINT));
        }
    }
    if checks.is_empty() {
        checks.push(Check::ok("drift", "nodes and ports", "as configured"));
    }
    checks
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
    let settings: Value = serde_yaml::from_str(settings).unwrap_or_default();
    let mut checks = Vec::new();
    for which in ["podSubnet", "serviceSubnet"] {
        let want = config.subnet(which);
        let have = text(&settings, &format!("/networking/{which}"));
        if !want.is_empty() && want != have {
            let detail = format!("{have}, and the configuration has {want}");
            checks.push(Check::failed("drift", which, "drift", detail).hint(HINT));
        }
    }
    if checks.is_empty() {
        checks.push(Check::ok("drift", "networks", "as configured"));
    }
    Ok(checks)
}
