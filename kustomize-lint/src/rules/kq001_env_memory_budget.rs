use common::quantity::Quantity;

use super::prelude::*;
use crate::budget::Budget;
use crate::format::budget::amount;

rule! {
    /// An overlay whose pods may use more memory than its environment has.
    ///
    /// The nodes then run out of memory while every single pod keeps its limit: the kernel kills
    /// what it likes, or pods stay `Pending`. The budget is the environment's in the
    /// configuration or the specification, less what is reserved; without one the rule is quiet.
    ///
    /// The worst moment is counted: replicas, or the maximum of a HorizontalPodAutoscaler or of a
    /// KEDA ScaledObject; the surge of a rollout of every Deployment at once (a quarter, rounded
    /// up, unless `maxSurge` or `Recreate` says otherwise); a DaemonSet on every node, whatever
    /// its node selector; the parallel pods of every Job, and one run of every CronJob. A pod
    /// needs what its main containers and sidecars may use together, or its largest init
    /// container if that is more, and its overhead. A container without a limit counts with its
    /// request. `kustomize-lint budget` shows the table.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// [[environment]]
    /// path = "."
    /// budget = "1Gi"
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   replicas: 2
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: nginx:1.27
    ///           resources: {limits: {memory: 512Mi}}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// [[environment]]
    /// path = "."
    /// budget = "1Gi"
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   replicas: 2
    ///   strategy: {rollingUpdate: {maxSurge: 0}}
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: nginx:1.27
    ///           resources: {limits: {memory: 512Mi}}
    /// ```
    KQ001 "env-memory-budget" Error Check::Overlay(check)
}

/// How many of the largest workloads are shown.
const SHOWN: usize = 5;

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let Some(environment) = &overlay.environment else { return };
    let (Some(whole), Some(available)) = (environment.budget, environment.available()) else {
        return;
    };
    let budget = Budget::of(overlay);
    let needed = budget.needed;
    if needed <= available {
        return;
    }
    let message = format!(
        "the pods may use {} of memory together, {} more than the {} there is",
        amount(needed),
        amount(needed - available),
        amount(available)
    );
    let finding = findings.at(place(overlay), message);
    if environment.reserved != Quantity::ZERO {
        let (whole, reserved) = (amount(whole), amount(environment.reserved));
        finding.label(format!("{whole}, of which {reserved} are reserved"));
    }
    for part in budget.parts.iter().take(SHOWN).filter(|part| part.pods.most > 0) {
        if let Some(heaviest) = part.heaviest() {
            let id = part.workload.object.id();
            finding.also(heaviest, format!("{id}: {}, {}", amount(part.limit()), part.pods.why));
        }
    }
    finding
        .hint("lower limits, replicas or `maxSurge`; `kustomize-lint budget` shows every workload");
}

/// A line of the kustomization that says what the overlay is.
fn place(overlay: &Overlay<'_>) -> Option<Place> {
    let said = &overlay.root()?.kustomization;
    let namespace = said.namespace.iter().map(|spot| spot.place);
    let resources = said.resources.iter().chain(&said.components).map(|spot| spot.place);
    namespace.chain(resources).next().or_else(|| overlay.place())
}
