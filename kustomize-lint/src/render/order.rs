//! The order in which objects are printed.

use std::collections::HashMap;

use crate::kustomization::Kustomization;
use crate::object::Object;

const FIRST: &str = "\
    Namespace ResourceQuota StorageClass CustomResourceDefinition ServiceAccount \
    PodSecurityPolicy Role ClusterRole RoleBinding ClusterRoleBinding ConfigMap Secret Endpoints \
    Service LimitRange PriorityClass PersistentVolume PersistentVolumeClaim Deployment \
    StatefulSet CronJob PodDisruptionBudget";
const LAST: &str = "MutatingWebhookConfiguration ValidatingWebhookConfiguration";

/// Sorts by kind (`legacy`), unless the kustomization wants the order of appearance (`fifo`).
pub(crate) fn apply(objects: &mut [Object], kustomization: &Kustomization) {
    if kustomization.order.as_ref().is_some_and(|spot| spot.value == "fifo") {
        return;
    }
    let words = |table: &str| table.split(' ').map(str::to_owned).collect();
    let mut ranks: HashMap<String, i64> = HashMap::new();
    let own = |list: &Option<Vec<String>>| list.clone().filter(|list| !list.is_empty());
    let (first, last) = match (own(&kustomization.order_first), own(&kustomization.order_last)) {
        (None, None) => (words(FIRST), words(LAST)),
        (first, last) => (first.unwrap_or_default(), last.unwrap_or_default()),
    };
    for (at, kind) in first.iter().enumerate() {
        ranks.insert(kind.clone(), at as i64 - first.len() as i64);
    }
    for (at, kind) in last.iter().enumerate() {
        ranks.insert(kind.clone(), 1 + at as i64);
    }
    objects.sort_by_cached_key(|object| {
        let id = object.id();
        // An empty text is written out, and `default` stands for no namespace.
        let or = |text: &str, none: &str| {
            if text.is_empty() { none.to_owned() } else { text.to_owned() }
        };
        let gvk =
            format!("{}_{}_{}", or(&id.group, "~G"), or(&id.version, "~V"), or(&id.kind, "~K"));
        let namespace = or(&id.namespace, "~X");
        (ranks.get(&id.kind).copied().unwrap_or(0), gvk, namespace, id.name)
    });
}
