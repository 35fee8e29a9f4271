use std::collections::{HashMap, HashSet};

use super::prelude::*;
use crate::netpol::{Address, Direction, Peer, Policies, Policy, Services, addresses};
use crate::view::Pods;

rule! {
    /// A NetworkPolicy that forbids a connection which the overlay's own settings ask for.
    ///
    /// A container is told `redis:6379`, and the policy of redis does not admit it, or its own
    /// policy does not let it out, perhaps not even to the name server. It then waits for an answer
    /// until it gives up, and no event says why.
    ///
    /// Settings are variables (also from ConfigMaps of the overlay), commands and arguments with
    /// the address of a Service of the overlay; those whose name says that the address is for others
    /// (`ADVERTISED`, `ORIGIN`, `CALLBACK`, `PUBLIC` …) are left out. Only certain cases are reported: blocks
    /// of addresses and namespaces with unknown labels are taken to admit, and beside policies of Cilium,
    /// Calico or an administrator the rule is quiet.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, labels: {app: web}}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       env: [{name: REDIS_URL, value: "redis://cache:6379/0"}]
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: cache, labels: {app: cache}}
    /// spec: {containers: [{name: redis, image: "redis:8.0"}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: cache}
    /// spec: {selector: {app: cache}, ports: [{port: 6379}]}
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: {name: cache}
    /// spec:
    ///   podSelector: {matchLabels: {app: cache}}
    ///   ingress: [{from: [{podSelector: {matchLabels: {app: worker}}}]}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web, labels: {app: web}}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       env: [{name: REDIS_URL, value: "redis://cache:6379/0"}]
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: cache, labels: {app: cache}}
    /// spec: {containers: [{name: redis, image: "redis:8.0"}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: cache}
    /// spec: {selector: {app: cache}, ports: [{port: 6379}]}
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: {name: cache}
    /// spec:
    ///   podSelector: {matchLabels: {app: cache}}
    ///   ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]
    /// ```
    KS005 "netpol-blocks-dependency" Warning Check::Overlay(check)
}

/// The port of name servers.
const DNS: i64 = 53;

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    // A policy that is not seen may admit what the others do not.
    if overlay.is_incomplete() {
        return;
    }
    if overlay.of_kind("NetworkPolicy").next().is_none() {
        return;
    }
    let pods = Pods::of(overlay.workloads());
    let Some(policies) = Policies::of(overlay, &pods) else { return };
    let services = Services::of(overlay, &pods);
    let maps: HashMap<(&str, &str), &Object> = overlay
        .of_kind("ConfigMap")
        .map(|object| ((effective(object.namespace()), object.name()), object))
        .collect();
    for (position, client) in pods.workloads.iter().enumerate() {
        if !policies.govern(client) {
            continue;
        }
        let namespace = effective(client.object.namespace());
        let out = policies.closing(position, Direction::Egress);
        let mut said: HashSet<(&str, i64)> = HashSet::new();
        let mut resolves = None;
        for address in addresses(client, &maps) {
            let Some(service) = services.find(address.host, namespace) else { continue };
            let servers = &service.workloads;
            if servers.is_empty()
                || servers.contains(&position)
                || !said.insert((service.object.name(), address.port))
            {
                continue;
            }
            resolves.get_or_insert_with(|| address.clone());
            let blocked = |at: &usize| {
                let server = &pods.workloads[*at];
                let port = service.pod_port(address.port, server)?;
                policies.govern(server).then_some(())?;
                refusal(&policies, &out, Direction::Egress, Peer::Pods(server), port, server)
                    .or_else(|| {
                        let into = policies.closing(*at, Direction::Ingress);
                        let peer = Peer::Pods(client);
                        refusal(&policies, &into, Direction::Ingress, peer, port, server)
                    })
            };
            // As long as one of the pods behind the Service answers, it is no mistake for sure.
            let refusals: Option<Vec<_>> = servers.iter().map(blocked).collect();
            let Some((policy, direction)) = refusals.and_then(|all| all.first().copied()) else {
                continue;
            };
            say(findings, client, &address, policy, direction);
        }
        let Some(address) = resolves else { continue };
        let lets =
            |policy: &Policy<'_>| policies.admits(policy, Direction::Egress, Peer::Dns, DNS, None);
        if let Some(policy) = out.first().filter(|_| !out.iter().any(lets)) {
            let message = format!(
                "{client} cannot ask the name server for `{}`: {} does not let it out to port 53",
                address.host,
                policy.object.id()
            );
            findings
                .origin(&policy.origin(Direction::Egress), message)
                .also(address.place, format!("{} needs the name", address.label))
                .detail(format!("{} dns", client.object.name()))
                .about(policy.object, "admit port 53, UDP and TCP, to namespace kube-system");
        }
    }
}

/// The policy that stands in the way, when there are some and none admits.
fn refusal<'a>(
    policies: &Policies<'a>,
    closing: &[Policy<'a>],
    direction: Direction,
    peer: Peer<'_>,
    port: i64,
    server: &Workload<'_>,
) -> Option<(Policy<'a>, Direction)> {
    let admits = |policy: &Policy<'_>| policies.admits(policy, direction, peer, port, Some(server));
    let first = closing.first().filter(|_| !closing.iter().any(admits))?;
    Some((*first, direction))
}

fn say(
    findings: &mut Findings<'_>,
    client: &Workload<'_>,
    address: &Address<'_>,
    policy: Policy<'_>,
    direction: Direction,
) {
    let (id, host, port) = (client.object.id(), address.host, address.port);
    let message = match direction {
        Direction::Ingress => {
            format!("{} does not admit {id}, which needs {host}:{port}", policy.object.id())
        }
        Direction::Egress => {
            format!("{} does not let {id} out to {host}:{port}, which it needs", policy.object.id())
        }
    };
    findings
        .origin(&policy.origin(direction), message)
        .also(address.place, format!("{} names it", address.label))
        .detail(format!("{} {host}:{port}", client.object.name()))
        .about(policy.object, "admit the connection in a policy, or remove the setting");
}
