//! Services of an overlay, by the names that pods call them.

use std::collections::HashMap;

use crate::lint::Overlay;
use crate::object::Object;
use crate::tree::Node;
use crate::view::{Pods, Selector, Workload, of_service};
use common::kubernetes::effective;

/// A Service and the workloads behind it.
#[derive(Debug)]
pub(crate) struct Service<'a> {
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
    pub(crate) fn of(overlay: &'a Overlay<'_>, pods: &Pods<'a>) -> Self {
        let mut by_name = HashMap::new();
        for object in overlay.of_kind("Service").filter(|object| object.id().group.is_empty()) {
            let Some(selector) = of_service(object) else { continue };
            let namespace = effective(object.namespace());
            let chosen = pods.select(namespace, &Selector::plain(&selector.value));
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
        let ports = spec.items_at(&["ports"]);
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
