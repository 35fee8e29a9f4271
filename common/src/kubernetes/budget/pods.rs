//! How many pods a workload has: at rest, and at most.

use super::percent::of_node;
use super::scaling::Scale;
use crate::kubernetes::{Tree, kind};

/// A number of pods, and how it was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pods {
    /// When nothing scales and nothing is rolled out.
    pub rest: i64,
    /// At the autoscaler's maximum, without a rollout.
    pub scaled: i64,
    /// At the autoscaler's maximum, in the middle of a rollout.
    pub most: i64,
    /// `2 replicas + 1 surge`.
    pub why: String,
}

impl Pods {
    /// Counts them. A DaemonSet is taken to run on every node, whatever its node selector: which
    /// labels the nodes have is not known here. A CronJob counts as one run, as two are there
    /// only when the first has not ended in time.
    ///
    /// A kind that is not known has `spec.replicas` pods and rolls out as a Deployment does.
    pub fn count<T: Tree>(object: &T, scale: Option<Scale<'_, T>>, nodes: Option<i64>) -> Self {
        let spec = object.get("spec");
        match kind(object) {
            "Pod" => Pods::fixed(1, "one pod".to_owned()),
            "Job" => job(spec),
            "CronJob" => {
                let template = spec.and_then(|spec| spec.at(&["jobTemplate", "spec"]));
                let suspended = object.is_true(&["spec", "suspend"]);
                if suspended { Pods::suspended() } else { job(template) }
            }
            "DaemonSet" => daemon_set(spec, nodes),
            // A StatefulSet replaces its pods one by one, and the others never.
            "StatefulSet" | "ReplicaSet" | "ReplicationController" => Pods::replicas(object, scale),
            _ => Pods::replicas(object, scale).surging(deployment_surge(spec)),
        }
    }

    fn fixed(count: i64, why: String) -> Self {
        Pods { rest: count, scaled: count, most: count, why }
    }

    fn suspended() -> Self {
        Pods::fixed(0, "suspended".to_owned())
    }

    fn replicas<T: Tree>(object: &T, scale: Option<Scale<'_, T>>) -> Self {
        let replicas = object.number_at(&["spec", "replicas"]).unwrap_or(1).max(0);
        match scale {
            // Without replicas an HPA is switched off; KEDA starts from nothing.
            Some(scale) if replicas > 0 || scale.is_keda() => {
                let rest = replicas.max(scale.least).min(scale.most);
                let by = if scale.is_keda() { "KEDA" } else { "HPA" };
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
fn deployment_surge<T: Tree>(spec: Option<&T>) -> impl Fn(i64) -> i64 {
    let strategy = spec.and_then(|spec| spec.get("strategy"));
    move |whole| {
        if strategy.and_then(|strategy| strategy.word_at(&["type"])) == Some("Recreate") {
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
fn daemon_set<T: Tree>(spec: Option<&T>, nodes: Option<i64>) -> Pods {
    let count = nodes.unwrap_or(1);
    let why = match nodes {
        Some(_) => many(count, "node"),
        None => "at least 1 node".to_owned(),
    };
    let strategy = spec.and_then(|spec| spec.get("updateStrategy"));
    let on_delete = strategy.and_then(|one| one.word_at(&["type"])) == Some("OnDelete");
    let surge = strategy.and_then(|one| one.at(&["rollingUpdate", "maxSurge"]));
    Pods::fixed(count, why).surging(|whole| {
        surge.filter(|_| !on_delete).and_then(|node| of_node(node, whole)).unwrap_or(0)
    })
}

/// As many as run beside each other, and no more than are to complete.
fn job<T: Tree>(spec: Option<&T>) -> Pods {
    if spec.is_some_and(|spec| spec.is_true(&["suspend"])) {
        return Pods::suspended();
    }
    let number = |key: &str| Some(spec?.number_at(&[key])?.max(0));
    let parallelism = number("parallelism").unwrap_or(1);
    let count = number("completions").map_or(parallelism, |end| parallelism.min(end));
    Pods::fixed(count, format!("{count} in parallel"))
}

fn many(count: i64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
