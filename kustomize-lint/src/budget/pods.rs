//! How many pods a workload has: at rest, and at most.

use super::percent::of_node;
use super::scaling::Scale;
use crate::tree::Node;
use crate::view::Workload;

/// A number of pods, and how it was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pods {
    /// When nothing scales and nothing is rolled out.
    pub(crate) rest: i64,
    /// At the autoscaler's maximum, without a rollout.
    pub(crate) scaled: i64,
    /// At the autoscaler's maximum, in the middle of a rollout.
    pub(crate) most: i64,
    /// `2 replicas + 1 surge`.
    pub(crate) why: String,
}

impl Pods {
    /// Counts them. A DaemonSet is taken to run on every node, whatever its node selector: which
    /// labels the nodes have is not known here. A CronJob counts as one run, as two are there
    /// only when the first has not ended in time.
    pub(crate) fn count(
        workload: &Workload<'_>,
        scale: Option<Scale<'_>>,
        nodes: Option<i64>,
    ) -> Self {
        let spec = workload.object.node.get("spec");
        match workload.kind() {
            "Pod" => Pods::fixed(1, "one pod".to_owned()),
            "Job" => job(spec),
            "CronJob" => {
                let template = spec.and_then(|spec| spec.at(&["jobTemplate", "spec"]));
                let suspended = spec.and_then(|spec| spec.get("suspend")).and_then(Node::as_bool);
                if suspended == Some(true) { Pods::suspended() } else { job(template) }
            }
            "DaemonSet" => daemon_set(spec, nodes),
            kind => {
                let pods = Pods::replicas(workload, scale);
                if kind == "Deployment" { pods.surging(deployment_surge(spec)) } else { pods }
            }
        }
    }

    fn fixed(count: i64, why: String) -> Self {
        Pods { rest: count, scaled: count, most: count, why }
    }

    fn suspended() -> Self {
        Pods::fixed(0, "suspended".to_owned())
    }

    fn replicas(workload: &Workload<'_>, scale: Option<Scale<'_>>) -> Self {
        let replicas = workload.replicas().max(0);
        match scale {
            // Without replicas an HPA is switched off; KEDA starts from nothing.
            Some(scale) if replicas > 0 || scale.object.kind() == "ScaledObject" => {
                let rest = replicas.max(scale.least).min(scale.most);
                let by = if scale.object.kind() == "ScaledObject" { "KEDA" } else { "HPA" };
                let why = format!("{by} maximum {}", scale.most);
                Pods { rest, scaled: scale.most, most: scale.most, why }
            }
            _ => Pods::fixed(replicas, many(replicas, "replica")),
        }
    }

    /// With what a rollout adds.
    fn surging(mut self, surge: impl Fn(i64) -> i64) -> Self {
        let more = if self.most > 0 { surge(self.most) } else { 0 };
        if more > 0 {
            self.most = self.most.saturating_add(more);
            self.why = format!("{} + {more} surge", self.why);
        }
        self
    }
}

/// `maxSurge`, a quarter when nothing is said; nothing with `Recreate`.
fn deployment_surge(spec: Option<&Node>) -> impl Fn(i64) -> i64 {
    let strategy = spec.and_then(|spec| spec.get("strategy"));
    move |whole| {
        if strategy.and_then(|strategy| strategy.str_at(&["type"])) == Some("Recreate") {
            return 0;
        }
        let written = strategy.and_then(|strategy| strategy.at(&["rollingUpdate", "maxSurge"]));
        written
            .and_then(|node| of_node(node, whole))
            .or_else(|| super::percent::of("25%", whole))
            .unwrap_or(0)
    }
}

/// One for each node; a rollout adds some only where that is asked for.
fn daemon_set(spec: Option<&Node>, nodes: Option<i64>) -> Pods {
    let count = nodes.unwrap_or(1);
    let why = match nodes {
        Some(_) => many(count, "node"),
        None => "at least 1 node".to_owned(),
    };
    let strategy = spec.and_then(|spec| spec.get("updateStrategy"));
    let on_delete = strategy.and_then(|one| one.str_at(&["type"])) == Some("OnDelete");
    let surge = strategy.and_then(|one| one.at(&["rollingUpdate", "maxSurge"]));
    Pods::fixed(count, why).surging(|whole| {
        surge.filter(|_| !on_delete).and_then(|node| of_node(node, whole)).unwrap_or(0)
    })
}

/// As many as run beside each other, and no more than are to complete.
fn job(spec: Option<&Node>) -> Pods {
    let get = |key: &str| spec.and_then(|spec| spec.get(key));
    if get("suspend").and_then(Node::as_bool) == Some(true) {
        return Pods::suspended();
    }
    let number = |key: &str| get(key).and_then(Node::as_int).map(|count| count.max(0));
    let parallelism = number("parallelism").unwrap_or(1);
    let count = number("completions").map_or(parallelism, |end| parallelism.min(end));
    Pods::fixed(count, format!("{count} in parallel"))
}

fn many(count: i64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
