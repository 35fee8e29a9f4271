//! The objects of an environment, or of the base.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::view::{Key, Objects, View, alias_label};
use super::{policies, routes, secrets, wait, workload};
use crate::model::names::{LABEL, fit};
use crate::model::outside::{self, Outside};
use crate::model::{Origin, Platform, Restart, Service};
use crate::render::object;
use crate::spec::types::{Mode, PublishedPorts};

impl View<'_> {
    /// Every object of this view.
    pub(crate) fn objects(&self) -> Objects {
        let mut objects = Objects::new();
        let outside = self.environment.map(|name| outside::outside(self.platform, name));
        let outside = outside.unwrap_or_default();
        for service in self.platform.services_in(self.environment) {
            let mut add = |rank: u8, value: Value| {
                let text = |pointer: &str| {
                    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
                };
                let key = Key {
                    home: service.home().to_owned(),
                    file: service.name.clone(),
                    rank,
                    kind: text("/kind"),
                    name: text("/metadata/name"),
                };
                objects.insert(key, value);
            };
            if self.platform.leader(service).name == service.name {
                add(0, workload::workload(self, service));
            }
            for value in services(self, service) {
                add(1, value);
            }
            if let Some(ports) = outside.get(service.name.as_str()) {
                add(1, published(self, service, ports));
            }
            for value in workload::claims(self, service) {
                add(2, value);
            }
            for value in wait::account(self, service) {
                add(3, value);
            }
            if self.platform.leader(service).name == service.name {
                for value in policies::policies(self, service) {
                    add(4, value);
                }
            }
        }
        secrets::external(self, &mut objects);
        routes::routes(self, &mut objects);
        objects
    }
}

/// Job names carry a hash over what the Job is in every environment, because a Job's template
/// can never change.
pub(crate) fn job_names(
    platform: &Platform,
    catalogue: &common::catalogue::Catalogue,
) -> BTreeMap<String, String> {
    let mut jobs = BTreeMap::new();
    let mut ordered: Vec<&Service> =
        platform.services.values().filter(|s| s.restart != Restart::Always).collect();
    // A Job that waits for another names it.
    ordered.sort_by_key(|service| (service.wave, &service.name));
    for service in ordered {
        let mut text = String::new();
        let environments = platform.environments.keys().map(|name| Some(name.as_str()));
        for environment in std::iter::once(None).chain(environments) {
            let view = View { platform, catalogue, environment, jobs: &jobs };
            text.push_str(&workload::workload(&view, service).to_string());
            let images =
                environment.and_then(|name| platform.environments.get(name)?.images.as_ref());
            if let Some(images) = images {
                text.push_str(&format!("{} {}", images.registry, images.tag));
            }
            text.push_str(&format!("{:?}", environment.and_then(|e| service.patches.get(e))));
        }
        text.push_str(&format!("{:?}", service.patches.get("all")));
        // A ConfigMap's name carries a hash of its content, and stands in the template.
        for mount in &service.mounts {
            if let Origin::Files { files, .. } = &mount.origin {
                for file in files {
                    let content = crate::render::checksum(&file.content);
                    text.push_str(&format!("{} {} {content}", file.name, file.executable));
                }
            }
        }
        let hash = crate::render::checksum(text.as_bytes());
        // The name of a Job is a label of its Pods.
        let start = fit(&service.name, LABEL - 9);
        jobs.insert(service.name.clone(), format!("{start}-{}", &hash[..8]));
    }
    jobs
}

/// The Services: one for its own name and one for each alias. Ports are the container's. Without
/// ports it is headless, because in Compose a name is reachable whether or not a port is declared. Without a
/// TCP port it is headless, too: a wait cannot try the port, and the name of a headless Service is known
/// only while a Pod is ready.
fn services(view: &View<'_>, service: &Service) -> Vec<Value> {
    // A service in the Pod of another has no name of its own on the network.
    if view.platform.leader(service).name != service.name {
        return Vec::new();
    }
    if service.restart != Restart::Always
        && service.ports.is_empty()
        && service.aliases().is_empty()
    {
        return Vec::new();
    }
    let by_name = json!({"app.kubernetes.io/name": service.name});
    let mut all = vec![of_name(view, &service.name, service, &by_name, &[service])];
    for alias in service.aliases() {
        let owners = view.platform.owners(alias);
        let here: Vec<&Service> = owners
            .iter()
            .filter(|owner| view.platform.runs(owner, view.environment))
            .copied()
            .collect();
        if view.platform.services.contains_key(alias)
            || here.first().map(|owner| &owner.name) != Some(&service.name)
        {
            continue;
        }
        let selector =
            if owners.len() > 1 { json!({alias_label(alias): "true"}) } else { by_name.clone() };
        all.push(of_name(view, alias, service, &selector, &here));
    }
    all
}

/// The Service that leads to published ports from outside.
fn published(view: &View<'_>, service: &Service, ports: &[Outside]) -> Value {
    let kind = match ports[0].kind {
        PublishedPorts::LoadBalancer => "LoadBalancer",
        PublishedPorts::NodePort => "NodePort",
    };
    let port = |outside: &Outside| {
        object([
            ("name", json!(format!("{}-{}", outside.protocol, outside.port))),
            ("nodePort", json!(outside.node)),
            ("port", json!(outside.port)),
            ("protocol", json!(outside.protocol.to_uppercase())),
            ("targetPort", json!(outside.target)),
        ])
    };
    let labels = json!({"app.kubernetes.io/name": service.name});
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": outside::name(view.platform, service), "labels": labels},
        "spec": {
            "type": kind,
            "selector": labels,
            "ports": ports.iter().map(port).collect::<Vec<Value>>(),
        },
    })
}

fn of_name(
    view: &View<'_>,
    name: &str,
    service: &Service,
    selector: &Value,
    pods: &[&Service],
) -> Value {
    let mut seen = BTreeSet::new();
    let crew = pods.iter().flat_map(|pod| view.platform.crew(pod, view.environment));
    let declared = crew.flat_map(|member| &member.ports).filter(|port| !port.is_range());
    let declared: Vec<_> = declared.filter(|port| seen.insert(port.name())).collect();
    let ports: Vec<Value> = declared
        .iter()
        .map(|port| {
            json!({
                "name": port.name(),
                "port": port.target,
                "protocol": port.protocol.to_uppercase(),
                "targetPort": port.target,
            })
        })
        .collect();
    // A client of a DaemonSet's Service wants the pods of all nodes.
    let global = pods.iter().any(|pod| pod.mode == Mode::Global);
    let headless = global || declared.iter().all(|port| port.protocol != "tcp");
    let spec = object([
        ("selector", selector.clone()),
        ("ports", json!(ports)),
        ("clusterIP", json!(headless.then_some("None"))),
    ]);
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/name": service.name}},
        "spec": spec,
    })
}
