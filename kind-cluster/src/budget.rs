//! The memory of all pods together, against the memory of the cluster.
//!
//! Nodes of a Kind cluster report the whole machine's memory, so no scheduler would refuse.

use std::path::Path;

use common::diagnostic::{Diagnostic, Report};
use common::environment;
use common::kubernetes::{Container, Tree, budget as sums, containers, template};
use common::quantity::show;
use common::stop::Stop;
use serde_json::Value;

use crate::references::workload;

/// An environment's budget in the specification, in bytes.
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
    /// The bytes that pods may have.
    pub(crate) fn available(self) -> u64 {
        self.total.saturating_sub(self.reserved)
    }
}

/// The budget of the environment whose Kind cluster has the configuration file's name, from the
/// specification's `x-environments`; `None` when there is no specification or it gives none.
pub(crate) fn read(spec: Option<&Path>, cluster: &str) -> Result<Option<Budget>, Stop> {
    let here = std::env::current_dir().unwrap_or_default();
    let Some(folder) = spec.map(Path::to_owned).or_else(|| common::spec::find(&here)) else {
        return Ok(None);
    };
    let mut report = Report::default();
    let files = common::spec::read(&folder, &mut report).unwrap_or_default();
    let environments = environment::of(&files, &mut report);
    if report.has_errors() {
        report.sort();
        return Err(report.into());
    }
    let ours = environments.into_iter().find(|one| one.cluster.as_deref() == Some(cluster));
    Ok(ours.and_then(|environment| {
        Some(Budget {
            total: environment.budget?.to_bytes(),
            reserved: environment.reserved.to_bytes(),
            nodes: environment.nodes.and_then(|nodes| nodes.try_into().ok()).unwrap_or(1),
        })
    }))
}

/// Why the objects do not fit, with the largest parts; the amounts that are none; and the containers
/// without a limit.
pub(crate) fn check(objects: &[Value], budget: Option<Budget>) -> Vec<Diagnostic> {
    let mut problems: Vec<Diagnostic> = objects.iter().flat_map(unreadable).collect();
    let nodes = budget.and_then(|budget| i64::try_from(budget.nodes).ok());
    let sums = sums::Budget::of(objects.iter(), nodes);
    for part in &sums.parts {
        let workload = workload(part.object);
        let unlimited = part.memory.unlimited.iter();
        for container in unlimited.filter(|one| one.resource(sums::LIMITS, "memory").is_none()) {
            let name = container.name();
            let message = format!("container {name} of {workload} has no memory limit");
            problems.push(
                Diagnostic::warning("memory-unlimited", message)
                    .hint("without one it counts with its request, and may use the whole machine"),
            );
        }
    }
    let Some(budget) = budget else { return problems };
    let needed = sums.needed().to_bytes();
    if needed > budget.available() {
        let part = |part: &sums::Part<'_, Value>| {
            let bytes = part.limit().to_bytes();
            format!("{} {} ({})", workload(part.object), show(bytes), part.pods.why)
        };
        let largest: Vec<String> = sums.parts.iter().take(5).map(part).collect();
        let message = format!(
            "the pods' limits add up to {}, and the cluster gives pods {} ({} less {} reserved); \
             the largest: {}",
            show(needed),
            show(budget.available()),
            show(budget.total),
            show(budget.reserved),
            largest.join(", ")
        );
        problems.push(
            Diagnostic::error("over-budget", message)
                .hint("deploy fewer profiles with --profile, or change limits, `maxSurge` or the budget in the specification"),
        );
    }
    problems
}

/// The amounts of memory that Kubernetes would refuse.
fn unreadable(object: &Value) -> Vec<Diagnostic> {
    let pod = template(object).and_then(|template| template.get("spec"));
    let containers = pod.map(containers).unwrap_or_default();
    let amount = |container: &Container<'_, Value>, list: &str| {
        let written = container.resource(list, "memory")?;
        if written.quantity().is_some() {
            return None;
        }
        let message = format!(
            "{list}.memory of container {} of {} is not a quantity: {written}",
            container.name(),
            workload(object)
        );
        Some(Diagnostic::error("bad-quantity", message).hint("write it like 512Mi or 1Gi"))
    };
    let amounts = |one: &Container<'_, Value>| {
        [sums::LIMITS, sums::REQUESTS].map(|list| amount(one, list)).into_iter().flatten()
    };
    containers.iter().flat_map(amounts).collect()
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

    fn budget() -> Option<Budget> {
        Some(Budget { total: 1024 * MIB, reserved: 512 * MIB, nodes: 3 })
    }

    fn codes(objects: &[Value]) -> Vec<&'static str> {
        check(objects, budget()).iter().map(Diagnostic::code).collect()
    }

    #[test]
    fn objects_that_fit_are_no_problem() {
        let mut fits = deployment(2, json!({"containers": [limited("a", "256Mi")]}));
        fits["spec"]["strategy"] = json!({"type": "Recreate"});
        assert!(codes(&[fits]).is_empty());
    }

    #[test]
    fn an_amount_that_kubernetes_refuses_is_an_error() {
        let compose = deployment(1, json!({"containers": [limited("a", "1g")]}));
        assert_eq!(codes(&[compose]), ["bad-quantity"]);
    }

    #[test]
    fn over_budget_names_the_sum_and_the_largest() {
        let mut daemon = deployment(1, json!({"containers": [limited("a", "200Mi")]}));
        daemon["kind"] = json!("DaemonSet");
        let problems = check(&[daemon], budget());
        assert_eq!(
            problems[0].message(),
            "the pods' limits add up to 600 MiB, and the cluster gives pods 512 MiB (1 GiB less \
             512 MiB reserved); the largest: DaemonSet/d 600 MiB (3 nodes)"
        );
    }

    #[test]
    fn a_container_without_a_limit_is_a_warning() {
        let none = deployment(1, json!({"containers": [{"name": "free"}]}));
        assert_eq!(codes(&[none]), ["memory-unlimited"]);
    }

    #[test]
    fn the_one_beside_it_still_counts() {
        let beside = json!({"containers": [{"name": "free"}, limited("a", "600Mi")]});
        assert_eq!(codes(&[deployment(1, beside)]), ["memory-unlimited", "over-budget"]);
    }
}
