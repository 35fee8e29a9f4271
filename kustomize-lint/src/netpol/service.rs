//! Services of an overlay, by the names that pods call them.

use std::collections::HashMap;

use crate::lint::{Overlay, effective};
use crate::object::Object;
use crate::tree::Node;
use crate::view::{Selector, Workload};

/// A Service and the workloads behind it.
#[derive(Debug)]
pub(crate) struct Service<'a> {
    /// The object.
    pub(crate) object: &'a Object,
    /// Positions of its workloads.
    pub(crate) workloads: Vec<usize>,
}

/// The Services of an overlay that select pods.
#[derive(Debug)]
pub(crate) struct Services<'a> {
    by_name: HashMap<(&'a str, &'a str), Service<'a>>,
}

impl<'a> Services<'a> {
    /// Those of an overlay.
    pub(crate) fn of(overlay: &'a Overlay<'_>, workloads: &[Workload<'a>]) -> Self {
        let index = LabelIndex::of(workloads);
        let mut by_name = HashMap::new();
        for object in overlay.of_kind("Service").filter(|object| object.id().group.is_empty()) {
            let spec = object.node.get("spec");
            let external = spec.and_then(|spec| spec.str_at(&["type"])) == Some("ExternalName");
            let Some(selector) = spec.and_then(|spec| spec.get("selector")) else { continue };
            if external || Selector::plain(selector).is_empty() {
                continue;
            }
            let namespace = effective(object.namespace());
            let chosen = index.select(workloads, namespace, selector);
            by_name.insert((namespace, object.name()), Service { object, workloads: chosen });
        }
        Services { by_name }
    }

    /// The Service that a pod in `namespace` means with a host: `redis`, `redis.cache`,
    /// `redis.cache.svc.cluster.local`.
    pub(crate) fn find<'s>(&'s self, host: &'s str, namespace: &'s str) -> Option<&'s Service<'a>> {
        let host = host.strip_suffix('.').unwrap_or(host);
        let host = host.strip_suffix(".cluster.local").unwrap_or(host);
        let short = host.strip_suffix(".svc").unwrap_or(host);
        match short.split_once('.') {
            None => self.by_name.get(&(namespace, short)),
            Some((name, inside)) => self.by_name.get(&(inside, name)),
        }
    }
}

impl Service<'_> {
    /// The port of a workload's pods behind a port of the Service. A headless Service has none
    /// of its own: the pods are called directly.
    pub(crate) fn pod_port(&self, port: i64, workload: &Workload<'_>) -> Option<i64> {
        let spec = self.object.node.get("spec")?;
        if spec.str_at(&["clusterIP"]) == Some("None") {
            return Some(port);
        }
        let ports = spec.get("ports").map_or(&[][..], Node::items);
        let entry =
            ports.iter().find(|one| one.get("port").and_then(Node::as_int) == Some(port))?;
        match entry.get("targetPort").filter(|node| !node.is_null()) {
            None => Some(port),
            Some(target) => target.as_int().or_else(|| named_port(workload, target.as_str()?)),
        }
    }
}

/// The number of a port that a container names.
pub(super) fn named_port(workload: &Workload<'_>, name: &str) -> Option<i64> {
    let containers = workload.containers();
    let mut ports = containers.iter().flat_map(|container| container.list("ports"));
    let port = ports.find(|port| port.str_at(&["name"]) == Some(name))?;
    port.get("containerPort")?.as_int()
}

/// Workloads by one label, so that a selector need not be tried on all of them.
struct LabelIndex<'a> {
    by_label: HashMap<(&'a str, &'a str, &'a str), Vec<usize>>,
}

impl<'a> LabelIndex<'a> {
    fn of(workloads: &[Workload<'a>]) -> Self {
        let mut by_label: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, workload) in workloads.iter().enumerate() {
            let namespace = effective(workload.object.namespace());
            for (key, value) in crate::view::labels(workload.labels()) {
                by_label.entry((namespace, key, value)).or_default().push(at);
            }
        }
        LabelIndex { by_label }
    }

    fn select(&self, workloads: &[Workload<'_>], namespace: &str, selector: &Node) -> Vec<usize> {
        let candidates = |(key, value)| self.by_label.get(&(namespace, key, value));
        let mut lists = Vec::new();
        for pair in crate::view::labels(Some(selector)) {
            let Some(list) = candidates(pair) else { return Vec::new() };
            lists.push(list);
        }
        let Some(fewest) = lists.into_iter().min_by_key(|list| list.len()) else {
            return Vec::new();
        };
        let selector = Selector::plain(selector);
        fewest.iter().copied().filter(|at| selector.selects(workloads[*at].labels())).collect()
    }
}
