//! The traffic that NetworkPolicies admit.
//!
//! Source: the API reference of `networking.k8s.io/v1`. A pod that no policy of a direction
//! selects is open in it; one that is selected may do what any of its policies admits.

use std::collections::{HashMap, HashSet};

use super::added::is_added;
use super::service::named_port;
use crate::lint::Overlay;
use crate::object::Object;
use crate::tree::{Node, Origin};
use crate::view::{Pods, Selector, Workload};
use common::kubernetes::effective;

/// The direction of a connection, as its pod sees it.
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

#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy<'a> {
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

#[derive(Debug)]
pub(crate) struct Policies<'a> {
    /// The policies that select the pods of each workload, by its position.
    by_workload: Vec<Vec<Policy<'a>>>,
    /// Namespaces with a policy for labels that are only known in the cluster: it may select any
    /// pod, and admit what the others do not.
    uncertain: HashSet<&'a str>,
    /// The labels of the namespaces that the overlay has.
    namespaces: HashMap<&'a str, Option<&'a Node>>,
}

impl<'a> Policies<'a> {
    /// The policies of an overlay; `None` when there are none, or when there are also policies
    /// whose rules are not known here (Cilium's, Calico's, the administrator's).
    pub(crate) fn of(overlay: &'a Overlay<'_>, pods: &Pods<'a>) -> Option<Self> {
        let policies = |object: &&Object| object.kind().ends_with("NetworkPolicy");
        let mut objects = overlay.objects().iter().filter(policies).peekable();
        objects.peek()?;
        let mut by_workload = vec![Vec::new(); pods.workloads.len()];
        let mut uncertain = HashSet::new();
        for object in objects {
            if object.kind() != "NetworkPolicy" || object.id().group != "networking.k8s.io" {
                return None;
            }
            let Some(spec) = object.node.get("spec").filter(|spec| spec.is_mapping()) else {
                continue;
            };
            let namespace = effective(object.namespace());
            // A policy without it is about every pod, as one with an empty one is.
            let selector = Selector::of(spec.get("podSelector").unwrap_or(spec));
            if is_uncertain(&selector) {
                uncertain.insert(namespace);
            }
            for at in pods.select(namespace, &selector) {
                by_workload[at].push(Policy { object, spec });
            }
        }
        let namespaces = overlay
            .of_kind("Namespace")
            .map(|object| (object.name(), object.node.at(&["metadata", "labels"])))
            .collect();
        Some(Policies { by_workload, uncertain, namespaces })
    }

    /// The policies that close a workload's pods in a direction, but for what they admit.
    pub(crate) fn closing(&self, workload: usize, direction: Direction) -> Vec<Policy<'a>> {
        let all = self.by_workload[workload].iter();
        all.filter(|policy| policy.has(direction)).copied().collect()
    }

    /// Whether policies hold for a workload's pods, and all of them are known.
    pub(crate) fn govern(&self, workload: &Workload<'_>) -> bool {
        // Pods in the node's network are beyond policies.
        let host = workload.pod.get("hostNetwork").and_then(Node::as_bool);
        host != Some(true) && !self.uncertain.contains(effective(workload.object.namespace()))
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
        policy.spec.items_at(&[rules]).iter().any(|rule| {
            let listed = rule.items_at(&[peers]);
            let peer_fits =
                listed.is_empty() || listed.iter().any(|one| self.may_be(one, peer, inside));
            peer_fits && port_fits(rule, port, server)
        })
    }

    /// Whether an entry of `from` or `to` may mean the peer.
    fn may_be(&self, entry: &Node, peer: Peer<'_>, inside: &str) -> bool {
        let part = |key: &str| entry.get(key).filter(|node| !node.is_null());
        if part("ipBlock").is_some() {
            // The addresses of pods are not known here.
            return true;
        }
        let (pods, namespaces) = (part("podSelector"), part("namespaceSelector"));
        match peer {
            Peer::Dns => match namespaces {
                Some(selector) => self.may_select_namespace(selector, "kube-system"),
                None => inside == "kube-system",
            },
            Peer::Pods(workload) => {
                let namespace = effective(workload.object.namespace());
                let there = match namespaces {
                    Some(selector) => self.may_select_namespace(selector, namespace),
                    None => namespace == inside,
                };
                there && pods.is_none_or(|selector| may_select(selector, workload))
            }
        }
    }

    fn may_select_namespace(&self, selector: &Node, name: &str) -> bool {
        const NAME: &str = "kubernetes.io/metadata.name";
        let origin = selector.origin;
        let selector = Selector::of(selector);
        let labels = self.namespaces.get(name).copied();
        // Of a namespace outside of the overlay only its name is known.
        if labels.is_none() && selector.keys().any(|key| key != NAME) {
            return true;
        }
        let mut labels = labels.flatten().cloned().unwrap_or_else(|| Node::mapping(origin));
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

    /// The line to look at: the rules of a direction, or the pods that are selected.
    pub(crate) fn origin(&self, direction: Direction) -> Origin {
        let (_, rules, _) = direction.names();
        let entry = self.spec.entry(rules).or_else(|| self.spec.entry("podSelector"));
        entry.map_or(self.spec.origin, |entry| entry.origin)
    }
}

/// Whether a selector looks at labels that only the cluster adds.
fn is_uncertain(selector: &Selector<'_>) -> bool {
    selector.keys().any(is_added)
}

/// Whether a selector may select a workload's pods.
fn may_select(selector: &Node, workload: &Workload<'_>) -> bool {
    let selector = Selector::of(selector);
    is_uncertain(&selector) || selector.selects(workload.labels())
}

fn port_fits(rule: &Node, port: i64, server: Option<&Workload<'_>>) -> bool {
    let ports = rule.items_at(&["ports"]);
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
