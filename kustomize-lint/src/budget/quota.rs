//! A namespace's use of the resources that a ResourceQuota counts.
//!
//! Source: the documentation of resource quotas in Kubernetes.

use super::{Amounts, Budget, Defaults, LIMITS, Part, REQUESTS};
use crate::lint::Overlay;
use crate::object::Object;
use crate::tree::Node;
use common::kubernetes::{Tree, effective};
use common::quantity::Quantity;

/// A namespace's objects.
pub(crate) struct Usage<'b, 'a> {
    pub(crate) parts: Vec<&'b Part<'a>>,
    objects: Vec<&'a Object>,
    defaults: &'b Defaults<'a>,
}

/// The list and resource that every container must say under a quota of this name.
pub(crate) fn demanded(key: &str) -> Option<(&'static str, &'static str)> {
    Some(match key {
        "memory" | "requests.memory" => (REQUESTS, "memory"),
        "cpu" | "requests.cpu" => (REQUESTS, "cpu"),
        "limits.memory" => (LIMITS, "memory"),
        "limits.cpu" => (LIMITS, "cpu"),
        _ => return None,
    })
}

impl<'b, 'a> Usage<'b, 'a> {
    /// The objects of a namespace.
    pub(crate) fn of(
        overlay: &'a Overlay<'_>,
        budget: &'b Budget<'a>,
        defaults: &'b Defaults<'a>,
        namespace: &str,
    ) -> Self {
        let inside = |object: &Object| {
            effective(object.namespace()) == namespace && !object.id().is_cluster_wide()
        };
        Usage {
            parts: budget.parts.iter().filter(|part| inside(part.workload.object)).collect(),
            objects: overlay.objects().iter().filter(|object| inside(object)).collect(),
            defaults,
        }
    }

    /// The use of a quota's resource at rest; `None` for what is not counted here.
    pub(crate) fn of_resource(&self, key: &str) -> Option<Quantity> {
        if let Some((list, resource)) = demanded(key) {
            let of_part = |part: &&Part<'_>| {
                let default = self.defaults.find(part.object, resource);
                let amounts = Amounts::of(part.workload.pod, resource, &default);
                let one = if list == REQUESTS { amounts.request } else { amounts.limit };
                one * part.pods.rest
            };
            return Some(self.parts.iter().map(of_part).sum());
        }
        match key {
            "pods" | "count/pods" => {
                Some(self.parts.iter().map(|part| Quantity::units(part.pods.rest)).sum())
            }
            "requests.storage" => Some(self.claims().map(|(claim, times)| claim * times).sum()),
            "persistentvolumeclaims" | "count/persistentvolumeclaims" => {
                Some(self.claims().map(|(_, times)| Quantity::units(times)).sum())
            }
            "services.loadbalancers" => Some(self.services(&["LoadBalancer"])),
            // A load balancer's node ports depend on more than its type.
            "services.nodeports" => Some(self.services(&["NodePort"])),
            _ => self.count(key.strip_prefix("count/").unwrap_or(key)),
        }
    }

    /// The storage of each claim, and how many there are of it.
    fn claims(&self) -> impl Iterator<Item = (Quantity, i64)> {
        let storage = |node: &Node| {
            let node = node.at(&["spec", "resources", "requests", "storage"]);
            node.and_then(Tree::quantity).unwrap_or_default()
        };
        let claims = self.objects.iter().filter(|object| object.kind() == "PersistentVolumeClaim");
        let claims = claims.map(move |object| (storage(&object.node), 1));
        let templates = self.parts.iter().flat_map(move |part| {
            let node = &part.workload.object.node;
            let templates = node.items_at(&["spec", "volumeClaimTemplates"]);
            templates.iter().map(move |template| (storage(template), part.pods.rest))
        });
        claims.chain(templates)
    }

    fn services(&self, types: &[&str]) -> Quantity {
        let fits = |object: &&&Object| {
            object.kind() == "Service"
                && object.node.str_at(&["spec", "type"]).is_some_and(|of| types.contains(&of))
        };
        whole(self.objects.iter().filter(fits).count())
    }

    /// Objects of a resource: `deployments.apps`, or `services` of the core group.
    fn count(&self, resource: &str) -> Option<Quantity> {
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        // A plural that no object could have is another quota's resource: `requests.nvidia.com/gpu`.
        if resource.contains('/') || ["requests", "limits"].contains(&plural) {
            return None;
        }
        let fits = |object: &&&Object| {
            let id = object.id();
            id.group == group && plural_of(&id.kind) == plural
        };
        Some(whole(self.objects.iter().filter(fits).count()))
    }
}

fn whole(count: usize) -> Quantity {
    Quantity::units(i64::try_from(count).unwrap_or(i64::MAX))
}

/// `networkpolicies` of `NetworkPolicy`, as the API server names resources.
fn plural_of(kind: &str) -> String {
    let lower = kind.to_ascii_lowercase();
    match lower.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if lower.ends_with('s') => format!("{lower}es"),
        _ => format!("{lower}s"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn plurals_are_those_of_the_api() {
        for (kind, plural) in [
            ("Deployment", "deployments"),
            ("NetworkPolicy", "networkpolicies"),
            ("Ingress", "ingresses"),
            ("Gateway", "gateways"),
            ("Secret", "secrets"),
        ] {
            assert_eq!(super::plural_of(kind), plural);
        }
    }
}
