//! Differences between the configuration and an existing cluster, for `doctor`.

use common::stop::Stop;

use super::config::KindConfig;
use super::{components, drift};
use crate::cli::Shared;
use crate::cluster::Cluster;
use crate::report::{self, Check};
use crate::{budget, nodes, places, preflight};

/// Differences between the configuration and an existing cluster, without changing anything.
pub(crate) async fn differences(shared: &Shared) -> Result<Vec<Check>, Stop> {
    let config = KindConfig::read(&places::kind_config(shared.kind_config.as_deref())?)?;
    let nodes = nodes::of(&shared.name).await?;
    if nodes.is_empty() {
        return Ok(report::stopped("cluster", &nodes::missing(&shared.name).await));
    }
    let mut checks = drift::of_nodes(&config, &shared.name, &nodes);
    if let Some(budget) = budget::read(shared.spec.as_deref(), config.name())? {
        let shares = nodes::shares(&nodes, budget.total, budget.reserved);
        for node in nodes.iter().filter(|node| node.memory != shares[&node.name]) {
            let detail = "its memory cap is not its share of the budget";
            let check = Check::failed("nodes", &node.name, "not-capped", detail);
            checks.push(check.hint("`kind-cluster create` sets it"));
        }
    }
    // Without an API server its part is left out: `doctor` reports the missing server by itself.
    if let Ok(cluster) = Cluster::connect(&shared.name).await {
        checks.extend(drift::of_objects(&config, &shared.name, &cluster).await?);
        if let Some(version) = cluster.version().await? {
            let file = places::components(None).and_then(|path| components::from_file(&path));
            checks.extend(components::skew(&file.unwrap_or_default(), version));
            if config.kubernetes().is_none() {
                checks.extend(preflight::kubectl_skew(version).await);
            }
        }
    }
    Ok(checks)
}
