//! What the pods may use together, against what the cluster is given.
//!
//! Nodes of a Kind cluster report the whole machine's memory, so no scheduler would refuse.

use std::path::Path;

use common::diagnostic::{Diagnostic, Report};
use common::stop::Stop;
use common::yaml::Node;
use serde_json::Value;

use crate::object::{containers, list, number, template, text};
use crate::quantity;
use crate::references::workload;

/// What the specification gives an environment, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// For all nodes together.
    pub(crate) total: u64,
    /// Of that, for the control plane.
    pub(crate) reserved: u64,
    /// On how many nodes a DaemonSet runs.
    pub(crate) nodes: u64,
}

impl Budget {
    /// What pods may have.
    pub(crate) fn available(self) -> u64 {
        self.total.saturating_sub(self.reserved)
    }
}

/// The budget of the environment whose Kind cluster is the one of the configuration file `kind`,
/// from the specification's `x-environments`; `None` when there is no specification or it gives none.
///
/// # Errors
/// The specification cannot be read.
pub(crate) fn read(spec: Option<&Path>, cluster: &str) -> Result<Option<Budget>, Stop> {
    let here = std::env::current_dir().unwrap_or_default();
    let Some(folder) = spec.map(Path::to_owned).or_else(|| common::spec::find(&here)) else {
        return Ok(None);
    };
    let mut report = Report::default();
    let Some(files) = common::spec::read(&folder, &mut report) else {
        report.sort();
        return Err(report.into());
    };
    for file in &files {
        let environments = file.section("x-environments").and_then(Node::entries);
        for environment in environments.unwrap_or_default() {
            let own = environment.value.get("kind").and_then(|kind| kind.get("name"));
            let of_cluster = own.and_then(Node::as_str) == Some(cluster);
            let Some(memory) = environment.value.get("memory").filter(|_| of_cluster) else {
                continue;
            };
            let amount = |key: &str| {
                let node = memory.get(key)?;
                Some((node, node.text().and_then(quantity::compose)))
            };
            for (node, bytes) in [amount("budget"), amount("reserved")].into_iter().flatten() {
                if bytes.is_none() {
                    let place = file.place(&node.span);
                    let message = "not an amount of memory";
                    return Err(Report::from(
                        Diagnostic::error("bad-quantity", message)
                            .at(place, "")
                            .hint("write it as 10g or 512m"),
                    )
                    .into());
                }
            }
            let bytes = |key: &str| amount(key).and_then(|(_, bytes)| bytes);
            let nodes = environment.value.get("nodes").and_then(Node::text);
            return Ok(bytes("budget").map(|total| Budget {
                total,
                reserved: bytes("reserved").unwrap_or_default(),
                nodes: nodes.and_then(|nodes| nodes.parse().ok()).unwrap_or(1),
            }));
        }
    }
    Ok(None)
}

/// Why the objects do not fit, with the largest parts; and what has no limit at all.
pub(crate) fn check(objects: &[Value], budget: Option<Budget>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let nodes = budget.map_or(1, |budget| budget.nodes);
    let mut parts: Vec<(u64, String)> = Vec::new();
    for object in objects {
        // Pods that others make are counted with those.
        let Some(template) = template(object) else { continue };
        let pods = pods(object, nodes);
        parts.push((pod(template) * pods, workload(object)));
        for container in containers(template).filter(|c| limit(c).is_none()) {
            let name = text(container, "/name");
            let message = format!("container {name} of {} has no memory limit", workload(object));
            problems.push(
                Diagnostic::warning("memory-unlimited", message)
                    .hint("without one it is not counted, and may use the whole machine"),
            );
        }
    }
    let Some(budget) = budget else { return problems };
    let sum: u64 = parts.iter().map(|(bytes, _)| bytes).sum();
    if sum > budget.available() {
        parts.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let largest: Vec<String> = parts
            .iter()
            .take(5)
            .map(|(bytes, what)| format!("{what} {}", quantity::shown(*bytes)))
            .collect();
        let message = format!(
            "the pods' limits add up to {}, and the cluster gives pods {} ({} less {} reserved); \
             the largest: {}",
            quantity::shown(sum),
            quantity::shown(budget.available()),
            quantity::shown(budget.total),
            quantity::shown(budget.reserved),
            largest.join(", ")
        );
        problems.push(
            Diagnostic::error("over-budget", message)
                .hint("deploy fewer profiles with --profile, or change limits or the budget in the specification"),
        );
    }
    problems
}

fn pods(object: &Value, nodes: u64) -> u64 {
    let count = |pointer: &str| {
        let given = object.pointer(pointer).is_some();
        if given { u64::try_from(number(object, pointer)).unwrap_or_default() } else { 1 }
    };
    match text(object, "/kind") {
        "DaemonSet" => nodes,
        "Job" => count("/spec/parallelism"),
        "CronJob" | "Pod" => 1,
        _ => count("/spec/replicas"),
    }
}

/// A container's memory limit, in bytes.
fn limit(container: &Value) -> Option<u64> {
    quantity::kubernetes(text(container, "/resources/limits/memory"))
}

/// The most that a pod uses at one time: its containers and sidecars together, or one init
/// container with the sidecars started before it. Containers without a limit count for nothing.
fn pod(template: &Value) -> u64 {
    let mut sidecars = 0;
    let mut most = 0;
    for container in list(template, "/spec/initContainers") {
        let bytes = limit(container).unwrap_or_default();
        most = most.max(sidecars + bytes);
        if text(container, "/restartPolicy") == "Always" {
            sidecars += bytes;
        }
    }
    let own: u64 = list(template, "/spec/containers").iter().filter_map(limit).sum();
    most.max(sidecars + own)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MIB: u64 = 1 << 20;

    fn limited(name: &str, memory: &str) -> Value {
        json!({"name": name, "resources": {"limits": {"memory": memory}}})
    }

    fn deployment(replicas: u64, spec: Value) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
               "spec": {"replicas": replicas, "template": {"spec": spec}}})
    }

    #[test]
    fn a_pod_is_its_containers_or_its_largest_init_container() {
        let spec = json!({"initContainers": [limited("i", "300Mi")],
                          "containers": [limited("a", "100Mi"), limited("b", "100Mi")]});
        assert_eq!(pod(&json!({"spec": spec})), 300 * MIB);
        let mut sidecar = limited("s", "50Mi");
        sidecar["restartPolicy"] = json!("Always");
        let spec = json!({"initContainers": [sidecar, limited("i", "300Mi")],
                          "containers": [limited("a", "100Mi")]});
        assert_eq!(pod(&json!({"spec": spec})), 350 * MIB);
    }

    #[test]
    fn over_budget_names_the_largest_and_unlimited_is_a_warning() {
        let budget = Budget { total: 1024 * MIB, reserved: 512 * MIB, nodes: 3 };
        let fits = deployment(2, json!({"containers": [limited("a", "256Mi")]}));
        assert!(check(std::slice::from_ref(&fits), Some(budget)).is_empty());
        let mut daemon = deployment(1, json!({"containers": [limited("a", "1Mi")]}));
        daemon["kind"] = json!("DaemonSet");
        let problems = check(&[fits, daemon], Some(budget));
        assert!(problems[0].message().contains("515 MiB"), "{}", problems[0].message());
        let none = deployment(1, json!({"containers": [{"name": "free"}]}));
        assert_eq!(check(&[none], Some(budget))[0].code(), "memory-unlimited");
        // The one beside it still counts.
        let beside = json!({"containers": [{"name": "free"}, limited("a", "600Mi")]});
        let codes: Vec<_> =
            check(&[deployment(1, beside)], Some(budget)).iter().map(|d| d.code()).collect();
        assert_eq!(codes, ["memory-unlimited", "over-budget"]);
    }
}
