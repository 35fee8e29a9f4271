use super::needs::not_there;
use super::prelude::*;

rule! {
    /// An autoscaler whose target the overlay does not have.
    ///
    /// A HorizontalPodAutoscaler, a ScaledObject of KEDA or a VerticalPodAutoscaler without its
    /// target scales nothing: the load comes and the pods stay as few as they are.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [scale.yaml]
    /// -- scale.yaml --
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: {name: web}
    /// spec:
    ///   maxReplicas: 3
    ///   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [scale.yaml, web.yaml]
    /// -- scale.yaml --
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: {name: web}
    /// spec:
    ///   maxReplicas: 3
    ///   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
    /// -- web.yaml --
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: {name: web}
    /// spec:
    ///   selector: {matchLabels: {app: web}}
    ///   template:
    ///     metadata: {labels: {app: web}}
    ///     spec: {containers: [{name: web, image: nginx:1.27}]}
    /// ```
    KR010 "hpa-target-missing" Error Check::Overlay(check)
}

/// Autoscalers, and where they name their target.
const SCALERS: &[(&str, &str, &str)] = &[
    ("autoscaling", "HorizontalPodAutoscaler", "scaleTargetRef"),
    ("keda.sh", "ScaledObject", "scaleTargetRef"),
    ("autoscaling.k8s.io", "VerticalPodAutoscaler", "targetRef"),
];

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let otherwise = "correct kind and name, or declare the target with `externals`";
    for (in_group, kind, field) in SCALERS {
        for scaler in overlay.of_kind(kind).filter(|object| group(object) == *in_group) {
            let Some(target) = scaler.node.at(&["spec", field]) else { continue };
            let Some(node) = target.get("name") else { continue };
            let Some(name) = node.word() else { continue };
            // KEDA takes a Deployment where nothing is said.
            let kind = target.str_at(&["kind"]).unwrap_or("Deployment");
            let wanted = (kind, scaler.namespace(), name);
            if overlay.misses(kind, scaler.namespace(), name) {
                not_there(overlay, findings, scaler, node, wanted, otherwise);
            }
        }
    }
}
