use std::collections::HashSet;

use super::prelude::*;
use crate::rule::Severity;
use crate::view::{Pods, Role, Selector, of_service};

rule! {
    /// A port of a Service that leads to no port of the pods it selects.
    ///
    /// A `targetPort` by name must be the name of a port of one of the containers, with the same
    /// protocol; otherwise the Service has no endpoints for it. A number is not bound to the ports
    /// that containers declare, so it is only reported when every container of every selected pod
    /// declares ports, none of them has this number, and the Service is not headless. Then it is a warning,
    /// because a container may listen on a port that it does not declare.
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
    ///       image: nginx:1.27
    ///       ports: [{name: http, containerPort: 8080}]
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec:
    ///   selector: {app: web}
    ///   ports: [{port: 80, targetPort: web}]
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
    ///       image: nginx:1.27
    ///       ports: [{name: http, containerPort: 8080}]
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec:
    ///   selector: {app: web}
    ///   ports: [{port: 80, targetPort: http}]
    /// ```
    KR009 "targetport-missing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    if overlay.is_incomplete() {
        return;
    }
    let pods = Pods::of(overlay.workloads());
    for service in overlay.of_kind("Service").filter(|object| group(object).is_empty()) {
        let Some(selector) = of_service(service) else { continue };
        if overlay.custom().may_make_pods(service.namespace()) {
            continue;
        }
        let chosen = pods.select(service.namespace(), &Selector::plain(&selector.value));
        let mut ports = Ports::default();
        chosen.into_iter().for_each(|at| ports.add(&pods.workloads[at]));
        let headless = service.node.str_at(&["spec", "clusterIP"]) == Some("None");
        let listed = service.node.items_at(&["spec", "ports"]);
        for port in listed.iter().filter(|_| ports.any) {
            // Without a target it is the Service's own number.
            let target = port.get("targetPort").filter(|node| !node.is_null());
            let Some(node) = target.or_else(|| port.get("port")) else { continue };
            let Some(scalar) = node.scalar() else { continue };
            let number = scalar.text.parse::<u16>().is_ok();
            // A number in quotes is a name that no port can have.
            let named = node.as_str().is_some();
            let protocol = port.str_at(&["protocol"]).unwrap_or("TCP");
            let found = match (named, number) {
                (true, _) => ports.names.contains(&(scalar.text.as_str(), protocol)),
                (false, true) => {
                    scalar.text == "0"
                        || headless
                        || !ports.complete
                        || ports.numbers.contains(scalar.text.as_str())
                }
                (false, false) => true,
            };
            if found {
                continue;
            }
            let word = if named { "named " } else { "" };
            let message = format!(
                "{service} leads to a port {word}{} that its pods do not have",
                scalar.text
            );
            let finding = findings.value(node, message);
            if !named {
                finding.at_most(Severity::Warning);
            }
            finding.detail(&scalar.text).about(service, ports.hint(named));
            finding.also(ports.place, "the ports of the pods");
        }
    }
}

/// The ports of the pods that a Service selects.
#[derive(Default)]
struct Ports<'a> {
    any: bool,
    complete: bool,
    names: HashSet<(&'a str, &'a str)>,
    numbers: HashSet<&'a str>,
    place: Option<crate::tree::Place>,
}

impl<'a> Ports<'a> {
    fn add(&mut self, workload: &Workload<'a>) {
        self.complete |= !self.any;
        self.any = true;
        for container in workload.containers() {
            let ports = container.list("ports");
            self.complete &= !ports.is_empty() || container.role == Role::Init;
            for port in ports {
                let Some(number) = port.word_at(&["containerPort"]) else { continue };
                self.numbers.insert(number);
                let protocol = port.str_at(&["protocol"]).unwrap_or("TCP");
                if let Some(name) = port.word_at(&["name"]) {
                    self.names.insert((name, protocol));
                }
                let place = port.get("name").or_else(|| port.get("containerPort"));
                self.place = self.place.or(place.map(|node| node.place()));
            }
        }
    }

    fn hint(&self, named: bool) -> String {
        let mut known: Vec<String> = if named {
            self.names.iter().map(|(name, protocol)| format!("{name} ({protocol})")).collect()
        } else {
            self.numbers.iter().map(|number| (*number).to_owned()).collect()
        };
        known.sort();
        match known.is_empty() {
            true => "give the port of the container this name".to_owned(),
            false => format!("they have {}", known.join(", ")),
        }
    }
}
