use common::quantity::Quantity;

use super::prelude::*;
use crate::budget::Budget;
use crate::format::budget::amount;

rule! {
    /// An autoscaler whose maximum does not fit beside the other workloads at rest.
    ///
    /// It promises pods that the environment has no memory for: under load, when they are
    /// needed, they stay `Pending` or push others out. `KQ001` adds every maximum up; this rule
    /// names the autoscaler that alone is too much for what the others leave while they scale to
    /// nothing more and roll out nothing. KEDA's ScaledObjects are meant, too; their maximum is
    /// 100 when they say none.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// [[environment]]
    /// path = "."
    /// budget = "4Gi"
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: nginx:1.27
    ///           resources: {limits: {memory: 512Mi}}
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: {name: web}
    /// spec:
    ///   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
    ///   maxReplicas: 9
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// [[environment]]
    /// path = "."
    /// budget = "4Gi"
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: nginx:1.27
    ///           resources: {limits: {memory: 512Mi}}
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: {name: web}
    /// spec:
    ///   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
    ///   maxReplicas: 8
    /// ```
    KQ005 "hpa-max-exceeds-budget" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let Some(available) = overlay.environment.as_ref().and_then(|one| one.available()) else {
        return;
    };
    let budget = Budget::of(overlay);
    let rest: Quantity = budget.parts.iter().map(|part| part.memory.limit * part.pods.rest).sum();
    if rest > available {
        // Then it is not an autoscaler that is too much.
        return;
    }
    for part in &budget.parts {
        let Some(scale) = part.scale else { continue };
        let Some(scaler) = overlay.object_of(scale.object) else { continue };
        let left = available - (rest - part.memory.limit * part.pods.rest);
        let wanted = part.memory.limit * part.pods.scaled;
        if wanted <= left {
            continue;
        }
        let fitting = left.ceil() / part.memory.limit.ceil().max(1);
        let message = format!(
            "{scaler} may make {} pods of {} each, {} together; the others leave {}",
            part.pods.scaled,
            amount(part.memory.limit),
            amount(wanted),
            amount(left)
        );
        let finding = match scale.maximum {
            Some(maximum) => findings.value(maximum, message),
            None => {
                let spec = scaler.node.entry("spec");
                let origin = spec.map_or(scaler.node.origin, |spec| spec.origin);
                findings.at(origin.place(), message)
            }
        };
        finding.object(scaler).label(format!("{fitting} fit"));
        if let Some(limit) = part.heaviest() {
            finding.also(limit, format!("the memory of {}", part.workload.object.id()));
        }
        finding.hint("lower the maximum, or the memory of a pod");
    }
}
