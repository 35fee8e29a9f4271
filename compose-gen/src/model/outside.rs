//! Published ports outside of a cluster: a NodePort or LoadBalancer Service, where an environment asks for it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::RangeInclusive;

use common::diagnostic::Diagnostic;

use super::names::{LABEL, fit, is_label, marked};
use super::reporter::Reporter;
use super::uncarried::{CHANGED, NOT_CARRIED};
use super::{Platform, Port, Service};
use crate::spec::types::PublishedPorts;

/// The node ports that an API server hands out, unless it is told otherwise.
const NODE_PORTS: RangeInclusive<u16> = 30000..=32767;

/// A port of the Service that leads in from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outside {
    pub(crate) port: u16,
    /// The port of the nodes; `None` lets the cluster choose.
    pub(crate) node: Option<u16>,
    pub(crate) target: u16,
    pub(crate) protocol: String,
    /// The type of the Service.
    pub(crate) kind: PublishedPorts,
}

/// The way of one published port out of an environment.
#[derive(Debug)]
enum Fate {
    /// Reachable under the number that Compose has.
    Same(Outside),
    /// Reachable in another way.
    Changed(Outside, String),
    /// Not reachable from outside.
    Inside(String),
}

/// The ports that lead to each service of an environment from outside; empty where it does not ask for them.
pub(crate) fn outside<'a>(
    platform: &'a Platform,
    environment: &str,
) -> BTreeMap<&'a str, Vec<Outside>> {
    let mut all = BTreeMap::new();
    for (service, fates) in fates(platform, environment) {
        let ports = fates.into_iter().filter_map(|(_, fate)| match fate {
            Fate::Same(port) | Fate::Changed(port, _) => Some(port),
            Fate::Inside(_) => None,
        });
        let ports: Vec<Outside> = ports.collect();
        if !ports.is_empty() {
            all.insert(service.name.as_str(), ports);
        }
    }
    all
}

/// The name of the Service that leads to a service from outside.
pub(crate) fn name(platform: &Platform, service: &Service) -> String {
    let name = fit(&format!("{}-published", service.name), LABEL);
    let taken = platform.services.contains_key(&name) || !platform.owners(&name).is_empty();
    let name = if taken { marked(&name, &service.name, LABEL) } else { name };
    debug_assert!(is_label(&name), "{name}");
    name
}

/// Reports the published ports that an environment does not have as Compose has them.
pub(super) fn report(platform: &Platform, say: &mut Reporter<'_>) {
    for environment in platform.environments.keys() {
        for (service, fates) in fates(platform, environment) {
            for (port, fate) in fates {
                let (code, short) = match fate {
                    Fate::Same(_) => continue,
                    Fate::Changed(_, how) => (CHANGED, how),
                    Fate::Inside(why) => (NOT_CARRIED, why),
                };
                let index = port.item.to_string();
                let path = ["services", &service.name, "ports", &index];
                let name = &service.name;
                let message =
                    format!("port {} of \"{name}\" in \"{environment}\": {short}", port.target);
                say.push(Diagnostic::warning(code, message).short(short), &path);
            }
        }
    }
}

fn fates<'a>(
    platform: &'a Platform,
    environment: &str,
) -> Vec<(&'a Service, Vec<(&'a Port, Fate)>)> {
    let wanted =
        platform.environments.get(environment).and_then(|environment| environment.published_ports);
    let Some(wanted) = wanted else { return Vec::new() };
    // A node has each port for one Service, whichever profiles of the environment are deployed. A Service may
    // have it for several protocols.
    let mut nodes: BTreeMap<u16, &str> = BTreeMap::new();
    let mut all = Vec::new();
    for service in
        platform.services.values().filter(|service| platform.runs(service, Some(environment)))
    {
        let mut taken = BTreeSet::new();
        let published = service.ports.iter().filter(|port| port.published.is_some());
        let fates: Vec<_> = published
            .map(|port| (port, fate(service, port, wanted, &mut taken, &mut nodes)))
            .collect();
        all.push((service, fates));
    }
    all
}

fn fate<'a>(
    service: &'a Service,
    port: &Port,
    wanted: PublishedPorts,
    taken: &mut BTreeSet<(u16, String)>,
    nodes: &mut BTreeMap<u16, &'a str>,
) -> Fate {
    if service.pod.host_network {
        return Fate::Inside("its Pod has the ports of the node itself".into());
    }
    if service.pod.no_network {
        return Fate::Inside("it has no network".into());
    }
    if service.pod.leader.is_some() {
        return Fate::Inside("the service whose network it has publishes ports".into());
    }
    if let Some(ip) = port.loopback() {
        return Fate::Inside(format!(
            "only the host itself reaches {ip}, so it stays inside the cluster"
        ));
    }
    if port.is_range() {
        return Fate::Inside(format!(
            "the ports {}-{} have no Service, which lists each",
            port.target, port.last
        ));
    }
    let mut how = Vec::new();
    if let Some(ip) = &port.host_ip
        && !ip.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified())
    {
        how.push(format!("reachable at every address, not at {ip} alone"));
    }
    let text = port.published.as_deref().unwrap_or_default();
    // Of a range, the engine takes the first number that is free.
    let number =
        text.split('-').next().and_then(|first| first.parse::<u16>().ok()).filter(|n| *n > 0);
    let number = match number {
        Some(number) if number.to_string() == text => number,
        Some(number) => {
            how.push(format!("port {number}, of {text}"));
            number
        }
        None => {
            how.push(format!("port {}: in Compose, the engine chooses", port.target));
            port.target
        }
    };
    if !taken.insert((number, port.protocol.clone())) {
        return Fate::Inside(format!("the Service has the port {number} already"));
    }
    let (target, protocol) = (port.target, port.protocol.clone());
    let mut outside = Outside { port: number, node: None, target, protocol, kind: wanted };
    if wanted == PublishedPorts::NodePort {
        let is_free = *nodes.entry(number).or_insert(&service.name) == service.name;
        match (NODE_PORTS.contains(&number), is_free) {
            (true, true) => outside.node = Some(number),
            (true, false) => how.push(format!(
                "the cluster chooses a port of its nodes: another Service may have {number}"
            )),
            (false, _) => how.push(format!(
                "the cluster chooses a port of its nodes: {number} is not from {} to {}",
                NODE_PORTS.start(),
                NODE_PORTS.end()
            )),
        }
    }
    match how.is_empty() {
        true => Fate::Same(outside),
        false => Fate::Changed(outside, how.join("; ")),
    }
}
