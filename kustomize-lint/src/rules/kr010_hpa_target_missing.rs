//! KR010.

use super::entry::{Check, rule};
use crate::finding::Findings;
use crate::lint::Overlay;
use crate::object::group;

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
    for (in_group, kind, field) in SCALERS {
        for scaler in overlay.of_kind(kind).filter(|object| group(object) == *in_group) {
            let Some(target) = scaler.node.at(&["spec", field]) else { continue };
            let Some(name) = target.get("name") else { continue };
            let Some(word) = target.word_at(&["name"]) else { continue };
            // KEDA takes a Deployment where nothing is said.
            let kind = target.str_at(&["kind"]).unwrap_or("Deployment");
            let namespace = scaler.namespace();
            // What a prefix has left behind is reported by KR012.
            if overlay.renamed().find(kind, namespace, word).is_some()
                || !overlay.lacks(kind, namespace, word)
            {
                continue;
            }
            let message = format!("there is no {kind} {word} for {}", scaler.id());
            let hint = match overlay.near(kind, namespace, word) {
                Some(near) => format!("is `{near}` meant?"),
                None => "correct kind and name, or declare the target with `externals`".into(),
            };
            findings.value(name, message).object(scaler).hint(hint);
        }
    }
}
