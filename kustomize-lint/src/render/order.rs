//! The order in which objects are printed.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::id::Id;
use crate::kustomization::{Order, OrderKind};
use crate::object::Object;

const FIRST: &str = "\
    Namespace ResourceQuota StorageClass CustomResourceDefinition ServiceAccount \
    PodSecurityPolicy Role ClusterRole RoleBinding ClusterRoleBinding ConfigMap Secret Endpoints \
    Service LimitRange PriorityClass PersistentVolume PersistentVolumeClaim Deployment \
    StatefulSet CronJob PodDisruptionBudget";
const LAST: &str = "MutatingWebhookConfiguration ValidatingWebhookConfiguration";

/// Sorts by kind (`legacy`), unless the kustomization wants the order of appearance (`fifo`).
pub(crate) fn apply(objects: &mut [Object], order: &Order) {
    if order.kind == OrderKind::Appearance {
        return;
    }
    let words = |table: &str| table.split(' ').map(str::to_owned).collect();
    let (first, last): (Vec<String>, Vec<String>) =
        order.lists.clone().unwrap_or_else(|| (words(FIRST), words(LAST)));
    let mut ranks: HashMap<String, i64> = HashMap::new();
    for (at, kind) in first.iter().enumerate() {
        ranks.insert(kind.clone(), at as i64 - first.len() as i64);
    }
    for (at, kind) in last.iter().enumerate() {
        ranks.insert(kind.clone(), 1 + at as i64);
    }
    objects.sort_by_cached_key(|object| Key::of(&object.id(), &ranks));
}

/// The place of an object in the order.
#[derive(PartialEq, Eq)]
struct Key {
    rank: i64,
    /// Group, version and kind.
    gvk: String,
    is_namespace: bool,
    /// Namespace and name as one text, because the separator counts, too.
    name: String,
}

impl Key {
    fn of(id: &Id, ranks: &HashMap<String, i64>) -> Self {
        // An empty text is written out.
        let or = |text: &str, none: &str| {
            if text.is_empty() { none.to_owned() } else { text.to_owned() }
        };
        Key {
            rank: ranks.get(&id.kind).copied().unwrap_or(0),
            gvk: [or(&id.group, "~G"), or(&id.version, "~V"), or(&id.kind, "~K")].join("_"),
            is_namespace: id.kind == "Namespace",
            name: [or(&id.namespace, "~X"), or(&id.name, "~N")].join("|"),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        let by_kind = self.gvk.cmp(&other.gvk);
        // Kubernetes' own Namespaces come before custom kinds of that name.
        let by_kind =
            if self.is_namespace && other.is_namespace { by_kind.reverse() } else { by_kind };
        self.rank.cmp(&other.rank).then(by_kind).then_with(|| self.name.cmp(&other.name))
    }
}
