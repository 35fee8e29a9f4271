//! NetworkPolicies: services of different networks do not reach each other in Compose, and one without a
//! network reaches nobody.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::view::View;
use crate::model::{Port, Service};
use crate::render::object;

/// The policies of a service's Pod.
pub(super) fn policies(view: &View<'_>, service: &Service) -> Vec<Value> {
    let wanted = view.environment.and_then(|name| view.platform.environments.get(name));
    let wanted = wanted.is_some_and(|environment| environment.network_policies);
    if service.pod.no_network {
        return vec![policy(service, json!([]), Some(json!([])))];
    }
    if !wanted || service.pod.host_network {
        return Vec::new();
    }
    let joined = networks(service);
    let peers: Vec<Value> = view
        .platform
        .services_in(view.environment)
        .filter(|other| view.platform.leader(other).name == other.name)
        .filter(|other| !networks(other).is_disjoint(&joined))
        .map(
            |other| json!({"podSelector": {"matchLabels": {"app.kubernetes.io/name": other.name}}}),
        )
        .collect();
    let mut ingress = vec![json!({"from": peers})];
    let first = service.ports.first().map(|port| port.target);
    let is_routed =
        |port: &Port| service.routes.iter().any(|route| route.port.or(first) == Some(port.target));
    let is_published = |port: &Port| port.published.is_some() && port.loopback().is_none();
    let open = service.ports.iter().filter(|port| is_published(port) || is_routed(port));
    let ports: Vec<Value> = open
        .map(|port| {
            let protocol = port.protocol.to_uppercase();
            match port.is_range() {
                true => json!({"protocol": protocol, "port": port.target, "endPort": port.last}),
                false => json!({"protocol": protocol, "port": port.target}),
            }
        })
        .collect();
    if !ports.is_empty() {
        ingress.push(json!({"ports": ports}));
    }
    let internal = |name: &String| {
        let network = view.platform.networks.get(name).and_then(Option::as_ref);
        network.is_some_and(|network| network["internal"] == true)
    };
    let egress = joined.iter().all(internal).then(|| {
        let dns = ["UDP", "TCP"].map(|protocol| json!({"protocol": protocol, "port": 53}));
        json!([{"to": peers}, {"ports": dns}])
    });
    vec![policy(service, json!(ingress), egress)]
}

/// The networks of a service; one that names none is in the default network.
fn networks(service: &Service) -> BTreeSet<String> {
    match service.networks.is_empty() {
        true => BTreeSet::from(["default".to_owned()]),
        false => service.networks.keys().cloned().collect(),
    }
}

fn policy(service: &Service, ingress: Value, egress: Option<Value>) -> Value {
    let mut types = vec!["Ingress"];
    types.extend(egress.is_some().then_some("Egress"));
    let mut spec = object([
        ("podSelector", json!({"matchLabels": {"app.kubernetes.io/name": service.name}})),
        ("policyTypes", json!(types)),
    ]);
    spec["ingress"] = ingress;
    if let Some(egress) = egress {
        spec["egress"] = egress;
    }
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": service.name},
        "spec": spec,
    })
}
