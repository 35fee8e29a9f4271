//! What NetworkPolicies admit.
//!
//! Source: the API reference of `networking.k8s.io/v1`. A pod that no policy of a direction
//! selects is open in it; one that is selected may do what any of its policies admits.

use std::collections::HashMap;

use super::ADDED_LABELS;
use super::service::named_port;
use crate::lint::{Overlay, effective};
use crate::object::Object;
use crate::tree::{Node, Origin};
use crate::view::{Selector, Workload};

/// Which way a connection goes, as its pod sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Direction::Ingress => ("Ingress", "ingress", "from"),
            Direction::Egress => ("Egress", "egress", "to"),
        }
    }
}

/// A policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy<'a> {
    /// The object.
    pub(crate) object: &'a Object,
    spec: &'a Node,
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Peer<'a> {
    /// Pods of the overlay.
    Pods(&'a Workload<'a>),
    /// The cluster's name server, wherever it runs and whatever its labels.
    Dns,
}

/// The policies of an overlay.
#[derive(Debug)]
pub(crate) struct Policies<'a> {
    by_namespace: HashMap<&'a str, Vec<Policy<'a>>>,
    /// The labels of the namespaces that the overlay has.
    namespaces: HashMap<&'a str, Option<&'a Node>>,
}

impl<'a> Policies<'a> {
    /// Those of an overlay; `None` when there are none, or when there are others beside them
    /// whose rules are not known here (Cilium's, Calico's, the administrator's).
    pub(crate) fn of(overlay: &'a Overlay<'_>) -> Option<Self> {
        let mut by_namespace: HashMap<&str, Vec<Policy<'_>>> = HashMap::new();
        for object in overlay.objects() {
            let kind = object.kind();
            if !kind.ends_with("NetworkPolicy") {
                continue;
            }
            if kind != "NetworkPolicy" || object.id().group != "networking.k8s.io" {
                return None;
            }
            let Some(spec) = object.node.get("spec").filter(|spec| spec.is_mapping()) else {
                continue;
            };
            let policy = Policy { object, spec };
            by_namespace.entry(effective(object.namespace())).or_default().push(policy);
        }
        let namespaces = overlay
            .of_kind("Namespace")
            .map(|object| (object.name(), object.node.at(&["metadata", "labels"])))
            .collect();
        (!by_namespace.is_empty()).then_some(Policies { by_namespace, namespaces })
    }

    /// The policies that close a workload's pods in a direction, but for what they admit.
    pub(crate) fn closing(&self, workload: &Workload<'_>, direction: Direction) -> Vec<Policy<'a>> {
        let namespace = effective(workload.object.namespace());
        let all = self.by_namespace.get(namespace).map_or(&[][..], Vec::as_slice);
        let closes =
            |policy: &&Policy<'_>| policy.has(direction) && policy.selects(workload) == Some(true);
        all.iter().filter(closes).copied().collect()
    }

    /// Whether a policy may select a workload by labels that are only known in the cluster: then
    /// it may admit what the others do not.
    pub(crate) fn is_uncertain(&self, workload: &Workload<'_>) -> bool {
        let namespace = effective(workload.object.namespace());
        let all = self.by_namespace.get(namespace).map_or(&[][..], Vec::as_slice);
        all.iter().any(|policy| policy.selects(workload).is_none())
    }

    /// Whether a policy may admit a connection. `server` is where the port is.
    pub(crate) fn admits(
        &self,
        policy: &Policy<'_>,
        direction: Direction,
        peer: Peer<'_>,
        port: i64,
        server: Option<&Workload<'_>>,
    ) -> bool {
        let (_, rules, peers) = direction.names();
        let inside = effective(policy.object.namespace());
        policy.spec.get(rules).map_or(&[][..], Node::items).iter().any(|rule| {
            let listed = rule.get(peers).map_or(&[][..], Node::items);
            let peer_fits =
                listed.is_empty() || listed.iter().any(|one| self.may_be(one, peer, inside));
            peer_fits && port_fits(rule, port, server)
        })
    }

    /// Whether an entry of `from` or `to` may mean the peer.
    fn may_be(&self, entry: &Node, peer: Peer<'_>, inside: &str) -> bool {
        let part = |key: &str| entry.get(key).filter(|node| !node.is_null());
        if part("ipBlock").is_some() {
            // Which addresses pods have is not known here.
            return true;
        }
        let (pods, namespaces) = (part("podSelector"), part("namespaceSelector"));
        match peer {
            Peer::Dns => match namespaces {
                Some(selector) => self.may_select_namespace(selector, "kube-system"),
                None => inside == "kube-system",
            },
            Peer::Pods(workload) => {
                let own = effective(workload.object.namespace());
                let there = match namespaces {
                    Some(selector) => self.may_select_namespace(selector, own),
                    None => own == inside,
                };
                there && pods.is_none_or(|selector| selects(selector, workload) != Some(false))
            }
        }
    }

    fn may_select_namespace(&self, selector: &Node, name: &str) -> bool {
        const NAME: &str = "kubernetes.io/metadata.name";
        let origin = selector.origin;
        let selector = Selector::of(selector);
        let own = self.namespaces.get(name).copied();
        // Of a namespace outside of the overlay only its name is known.
        if own.is_none() && selector.keys().any(|key| key != NAME) {
            return true;
        }
        let mut labels = own.flatten().cloned().unwrap_or_else(|| Node::mapping(origin));
        labels.set(NAME, Node::text(name, origin));
        selector.selects(Some(&labels))
    }
}

impl Policy<'_> {
    /// Whether it is about a direction: `policyTypes`, or ingress always and egress when it has
    /// such rules.
    fn has(&self, direction: Direction) -> bool {
        let (name, rules, _) = direction.names();
        match self.spec.get("policyTypes").map(Node::items).filter(|types| !types.is_empty()) {
            Some(types) => types.iter().any(|one| one.as_str() == Some(name)),
            None => direction == Direction::Ingress || self.spec.get(rules).is_some(),
        }
    }

    fn selects(&self, workload: &Workload<'_>) -> Option<bool> {
        self.spec.get("podSelector").map_or(Some(true), |selector| selects(selector, workload))
    }

    /// The line to look at: the rules of a direction, or the pods that are selected.
    pub(crate) fn origin(&self, direction: Direction) -> Origin {
        let (_, rules, _) = direction.names();
        let entry = self.spec.entry(rules).or_else(|| self.spec.entry("podSelector"));
        entry.map_or(self.spec.origin, |entry| entry.origin)
    }
}

/// Whether a selector selects a workload's pods; `None` when it looks at labels that only the
/// cluster adds.
fn selects(selector: &Node, workload: &Workload<'_>) -> Option<bool> {
    let selector = Selector::of(selector);
    if selector.keys().any(|key| ADDED_LABELS.contains(&key)) {
        return None;
    }
    Some(selector.selects(workload.labels()))
}

fn port_fits(rule: &Node, port: i64, server: Option<&Workload<'_>>) -> bool {
    let ports = rule.get("ports").map_or(&[][..], Node::items);
    ports.is_empty()
        || ports.iter().any(|one| {
            let Some(written) = one.get("port").filter(|node| !node.is_null()) else { return true };
            let number = match (written.as_int(), written.as_str(), server) {
                (Some(number), ..) => Some(number),
                (None, Some(name), Some(server)) => named_port(server, name),
                // A name that only the other side knows.
                _ => return true,
            };
            let Some(first) = number else { return false };
            let last = one.get("endPort").and_then(Node::as_int).unwrap_or(first);
            (first..=last).contains(&port)
        })
}
