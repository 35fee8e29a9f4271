//! Rules between the parts of a platform.

use std::collections::BTreeMap;

use common::diagnostic::{Diagnostic, Report};
use common::environment;

use super::budget::Budget;
use super::names::{CLUSTER, is_label, is_label_value};
use super::reporter::Reporter;
use super::uncarried::{CHANGED, NOT_CARRIED};
use super::{Health, Origin, Platform, Restart, Service, order, outside, patch};
use crate::spec::quantity::bytes;
use crate::spec::types::{Access, Cluster, Condition};
use crate::spec::{Spec, at};

/// Checks everything and puts the order of starting into the services.
pub(super) fn all(platform: &mut Platform, spec: &Spec, report: &mut Report) {
    let say = Reporter { sources: &spec.sources, report };
    let mut checks = Checks { platform, spec, say };
    checks.environments();
    checks.profiles();
    checks.dependencies();
    checks.secrets();
    checks.published();
    outside::report(platform, &mut checks.say);
    checks.routes();
    checks.load_balancers();
    checks.patches();
    checks.volumes();
    checks.names();
    checks.wait();
    let cycles = order::cycles(&platform.services);
    if cycles.is_empty() {
        let waves = order::waves(&platform.services);
        for (name, service) in &mut platform.services {
            service.wave = waves.get(name).copied().unwrap_or(0);
        }
    }
    for cycle in cycles {
        let message = format!("services wait for each other: {}", cycle.join(" → "));
        let path = ["services", &cycle[0], "depends_on", &cycle[1]];
        report.push(at(Diagnostic::error("cycle", message), &spec.sources, &path));
    }
    if !report.has_errors() {
        budgets(platform, spec, report);
    }
}

pub(super) struct Checks<'a> {
    pub(super) platform: &'a Platform,
    pub(super) spec: &'a Spec,
    pub(super) say: Reporter<'a>,
}

impl Checks<'_> {
    fn environments(&mut self) {
        let platform = self.platform;
        let known: Vec<&str> = platform.environments.keys().map(String::as_str).collect();
        for (name, environment) in &platform.environments {
            if !is_label(name) {
                let message = format!("an environment cannot be called \"{name}\"");
                let hint =
                    "write lower-case letters, digits and -, because it is the name of a folder";
                self.say.hinted("bad-name", message, &["x-environments", name], hint);
            }
            if !is_label(&environment.namespace) {
                let message = format!("a namespace cannot be called \"{}\"", environment.namespace);
                self.say.error("bad-name", message, &["x-environments", name, "namespace"]);
            }
            let exposure = environment.exposure.as_ref();
            if exposure.is_some_and(|e| e.gateway.is_some() && e.alb.is_some()) {
                let message = "an environment has a gateway or an alb, not both".to_owned();
                self.say.error("conflict", message, &["x-environments", name, "exposure"]);
            }
            if let Some(memory) = &environment.memory {
                for (key, text) in
                    [("budget", Some(&memory.budget)), ("reserved", memory.reserved.as_ref())]
                {
                    let text = text.map(ToString::to_string);
                    if let Some(text) = text.filter(|text| environment::memory(text).is_none()) {
                        let message = format!("\"{text}\" is not an amount of memory");
                        let path = ["x-environments", name, "memory", key];
                        self.say.hinted("bad-quantity", message, &path, environment::BUDGET_HINT);
                    }
                }
            }
        }
        for (service, definition) in &platform.services {
            let keys: [(&str, Vec<&String>); 5] = [
                ("x-absent", definition.absent.keys().collect()),
                ("x-environment", definition.overrides.keys().collect()),
                ("x-resources", definition.resources.keys().collect()),
                ("x-replicas", definition.replicas_by.keys().collect()),
                ("x-patches", definition.patches.keys().filter(|name| *name != "all").collect()),
            ];
            for (key, names) in keys {
                for name in names.into_iter().filter(|name| !known.contains(&name.as_str())) {
                    let path = ["services", service, key, name];
                    self.say.unknown("unknown-environment", "environment", name, &known, &path);
                }
            }
            for (environment, variables) in &definition.overrides {
                let known: Vec<&str> = definition
                    .environment
                    .keys()
                    .chain(definition.secrets.keys())
                    .map(String::as_str)
                    .collect();
                for name in variables.keys().filter(|name| !known.contains(&name.as_str())) {
                    let path = ["services", service, "x-environment", environment, name];
                    self.say.unknown("unknown-name", "variable", name, &known, &path);
                }
            }
        }
    }

    fn profiles(&mut self) {
        let platform = self.platform;
        if platform.services.is_empty() {
            self.say.error("empty", "the specification has no services".to_owned(), &["services"]);
        }
        let known: Vec<&str> = platform.profiles().into_iter().collect();
        for (name, environment) in &platform.environments {
            for (index, profile) in environment.profiles.iter().flatten().enumerate() {
                if !known.contains(&profile.as_str()) {
                    let index = index.to_string();
                    let path = ["x-environments", name, "profiles", &index];
                    self.say.unknown("unknown-profile", "profile", profile, &known, &path);
                }
            }
        }
        for (name, service) in &platform.services {
            for (index, profile) in service.profiles.iter().enumerate() {
                if profile == CLUSTER {
                    let message = format!("no profile can be called \"{CLUSTER}\"");
                    let hint =
                        "each overlay keeps its namespace and stores in a folder of that name";
                    let index = index.to_string();
                    let path = ["services", name, "profiles", &index];
                    self.say.hinted("bad-name", message, &path, hint);
                }
                if !is_label_value(profile) {
                    let index = index.to_string();
                    let message = format!("a profile cannot be called \"{profile}\"");
                    self.say.error("bad-name", message, &["services", name, "profiles", &index]);
                }
            }
        }
    }

    fn dependencies(&mut self) {
        let platform = self.platform;
        let known: Vec<&str> = platform.services.keys().map(String::as_str).collect();
        for (name, service) in &platform.services {
            for (other, dependency) in &service.depends {
                let path = ["services", name, "depends_on", other];
                let Some(target) = platform.services.get(other) else {
                    let generated =
                        platform.secret_files.as_ref().is_some_and(|f| f.service == *other);
                    if !generated {
                        self.say.unknown("unknown-service", "service", other, &known, &path);
                    }
                    continue;
                };
                match dependency.condition {
                    Condition::ServiceStarted => {}
                    Condition::ServiceHealthy => self.healthy(name, target, &path),
                    Condition::ServiceCompletedSuccessfully => {
                        if target.restart == Restart::Always {
                            let message = format!(
                                "\"{name}\" waits for the end of \"{other}\", which never ends"
                            );
                            let hint =
                                format!("restart: \"no\" at {other}, or wait for service_healthy");
                            self.say.hinted("not-a-job", message, &path, hint);
                        }
                    }
                }
            }
        }
    }

    fn healthy(&mut self, name: &str, target: &Service, path: &[&str]) {
        let other = &target.name;
        if !matches!(target.health, Health::Check(_) | Health::Image(_)) {
            let message = format!(
                "\"{name}\" waits for the health of \"{other}\", which has no health check here; \
                 in Kubernetes it waits until \"{other}\" answers"
            );
            let hint = format!("write the image's own health check at {other}");
            let diagnostic = Diagnostic::warning("no-healthcheck", message).hint(hint);
            let diagnostic = at(diagnostic, &self.spec.sources, path);
            let place = self.spec.sources.place(&["services", other]);
            self.say.report.push(diagnostic.also(place, "without healthcheck"));
        }
    }

    /// Two services cannot publish the same port of the host.
    fn published(&mut self) {
        let platform = self.platform;
        let mut taken: BTreeMap<(String, String, String), &str> = BTreeMap::new();
        for (name, service) in &platform.services {
            for port in &service.ports {
                let Some(published) = &port.published else { continue };
                if published.is_empty() {
                    continue;
                }
                let everywhere = String::from("0.0.0.0");
                let ip = port.host_ip.clone().unwrap_or_else(|| everywhere.clone());
                let key = |ip: &str| (published.clone(), port.protocol.clone(), ip.to_owned());
                let clash = taken.iter().find(|((p, protocol, other), first)| {
                    let same = *other == ip || *other == everywhere || ip == everywhere;
                    (p, protocol) == (published, &port.protocol)
                        && same
                        && platform.meet(name, first)
                });
                let clash = clash.map(|(_, first)| *first);
                taken.insert(key(&ip), name);
                let Some(first) = clash else { continue };
                let message = format!("\"{first}\" and \"{name}\" both publish port {published}");
                let [path, first] = [name, first].map(|name| ["services", name, "ports"]);
                self.say.clash("port-taken", message, &path, &first);
            }
        }
    }

    fn routes(&mut self) {
        let platform = self.platform;
        let mut paths: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
        let mut hosts: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
        // To the Gateway API /api and /api/ are one prefix.
        let bare = |text: &'_ String| text.trim_end_matches('/').len();
        for (name, service) in &platform.services {
            for (index, route) in service.routes.iter().enumerate() {
                let step = index.to_string();
                let here = ["services", name, "x-routes", step.as_str()];
                let sub = |key| ["services", name, "x-routes", step.as_str(), key];
                if route.path.is_none() && route.host.is_none() {
                    let message = "a route needs a path, a host, or both".to_owned();
                    self.say.error("bad-route", message, &here);
                }
                for (key, path) in
                    [("path", &route.path), ("rewrite", &route.rewrite), ("health", &route.health)]
                {
                    if let Some(path) = path.as_ref().filter(|path| !path.starts_with('/')) {
                        let message = format!("\"{path}\" does not begin with /");
                        self.say.error("bad-route", message, &sub(key));
                    }
                }
                if let Some(host) = route.host.as_ref().filter(|host| !is_label(host)) {
                    let message = format!("\"{host}\" is not a label below the domain");
                    self.say.error("bad-route", message, &sub("host"));
                }
                let targets: Vec<u16> = service.ports.iter().map(|port| port.target).collect();
                match route.port {
                    None if targets.is_empty() => {
                        let message = format!("\"{name}\" has a route and no port");
                        self.say.error("unknown-port", message, &here);
                    }
                    Some(port) if !targets.contains(&port) => {
                        let known: Vec<String> = targets.iter().map(u16::to_string).collect();
                        let message = format!("\"{name}\" has no container port {port}");
                        let hint = format!("its container ports are {}", known.join(", "));
                        self.say.hinted("unknown-port", message, &sub("port"), hint);
                    }
                    _ => {}
                }
                for (kind, text, all) in
                    [("path", &route.path, &mut paths), ("host", &route.host, &mut hosts)]
                {
                    let Some(text) = text else { continue };
                    let address = &text[..bare(text)];
                    let Some((first, at_index)) = all.insert(address, (name, index)) else {
                        continue;
                    };
                    let message = format!("\"{first}\" and \"{name}\" have the same {kind} {text}");
                    let other = at_index.to_string();
                    let first = ["services", first, "x-routes", &other, kind];
                    self.say.clash("route-taken", message, &sub(kind), &first);
                }
            }
        }
    }

    fn patches(&mut self) {
        let platform = self.platform;
        for (name, service) in &platform.services {
            for (environment, patch) in &service.patches {
                let mut found = Vec::new();
                patch::check(patch, name, &mut found);
                let path = ["services", name, "x-patches", environment];
                for (key, hint) in found {
                    let message = format!("a patch may not touch {key}");
                    self.say.hinted("patch-forbidden", message, &path, hint);
                }
                let known = platform.environments.contains_key(environment);
                if known && !platform.runs(service, Some(environment)) {
                    let message =
                        format!("\"{name}\" does not run in \"{environment}\": nothing to patch");
                    self.say.error("patch-unused", message, &path);
                }
            }
        }
    }

    fn volumes(&mut self) {
        let platform = self.platform;
        for (name, volume) in &platform.volumes {
            let consumers = platform.consumers(name);
            if matches!(volume.access, Access::ReadWriteMany | Access::ReadOnlyMany) {
                continue;
            }
            for (environment, settings) in &platform.environments {
                let here: Vec<&str> = consumers
                    .iter()
                    .filter(|service| platform.runs(service, Some(environment)))
                    .map(|service| service.name.as_str())
                    .collect();
                if settings.cluster == Cluster::Eks && here.len() > 1 {
                    let message = format!(
                        "volume \"{name}\" is shared by {} in \"{environment}\", where they may run on different nodes",
                        here.join(" and ")
                    );
                    let hint = "x-claim: {access: ReadWriteMany}, or x-absent for one of them";
                    self.say.hinted("shared-volume", message, &["volumes", name], hint);
                }
            }
        }
        for (name, service) in &platform.services {
            let volumes = service.claims(platform).count();
            let pods = service.replicas_by.values().copied().chain([service.replicas]).max();
            let job = service.restart != Restart::Always;
            let shared = service.claims(platform).any(|volume| {
                let many = platform.volumes.get(volume).map(|claim| claim.access);
                !matches!(many, Some(Access::ReadWriteMany | Access::ReadOnlyMany))
                    && (job || platform.consumers(volume).len() > 1)
            });
            if volumes > 0 && pods > Some(1) && shared {
                let message =
                    format!("\"{name}\" has several pods and a volume that they would share");
                let hint =
                    "x-claim: {access: ReadWriteMany} at the volume, where the cluster has such";
                // On the one node of a local cluster all Pods may have the volume.
                let local = platform
                    .environments
                    .values()
                    .all(|environment| environment.cluster == Cluster::Kind);
                let make = if local { Diagnostic::warning } else { Diagnostic::error };
                self.say.push(make("shared-volume", message).hint(hint), &["services", name]);
            }
            let mut targets: Vec<String> = Vec::new();
            for mount in &service.mounts {
                if targets.contains(&mount.path()) {
                    let message = format!("\"{name}\" mounts two things at {}", mount.target);
                    self.say.error("mount-taken", message, &["services", name, "volumes"]);
                }
                targets.push(mount.path());
            }
            if service.mounts.iter().any(|m| matches!(m.origin, Origin::Files { single: true, .. }))
                && service.mode == crate::spec::types::Mode::Global
                && job
            {
                let message = format!(
                    "\"{name}\" runs on every node and ends, which nothing in Kubernetes does"
                );
                self.say.error("conflict", message, &["services", name]);
            }
        }
    }

    /// Aliases that a Service cannot have, or that several services have.
    fn names(&mut self) {
        let platform = self.platform;
        for (name, service) in &platform.services {
            for (network, settings) in &service.networks {
                for alias in settings.aliases.iter().filter(|alias| *alias != name) {
                    let path = ["services", name, "networks", network, "aliases"];
                    if !is_label(alias) {
                        let message =
                            format!("no Service can be called \"{alias}\", an alias of \"{name}\"");
                        self.say.warning(NOT_CARRIED, message, &path);
                    }
                }
            }
            for alias in service.aliases() {
                let path = ["services", name, "networks"];
                if platform.services.contains_key(alias) {
                    let message = format!(
                        "the alias \"{alias}\" of \"{name}\" leads to the service \"{alias}\" alone in Kubernetes"
                    );
                    self.say.warning(NOT_CARRIED, message, &path);
                    continue;
                }
                let owners = platform.owners(alias);
                let networks = |service: &Service| -> std::collections::BTreeSet<String> {
                    let with = service
                        .networks
                        .iter()
                        .filter(|(_, network)| network.aliases.iter().any(|a| a == alias));
                    with.map(|(network, _)| network.clone()).collect()
                };
                let here = networks(service);
                if owners.iter().any(|other| networks(other) != here) {
                    let names: Vec<&str> = owners.iter().map(|owner| owner.name.as_str()).collect();
                    let message = format!(
                        "the alias \"{alias}\" leads to {} together: a cluster has one network",
                        names.join(" and ")
                    );
                    self.say.warning(CHANGED, message, &path);
                }
            }
        }
    }

    fn wait(&mut self) {
        let Some(name) = &self.spec.document.wait else { return };
        let known: Vec<&str> = self.platform.services.keys().map(String::as_str).collect();
        if !known.contains(&name.as_str()) {
            self.say.unknown("unknown-service", "service", name, &known, &["x-wait"]);
        }
    }
}

fn budgets(platform: &Platform, spec: &Spec, report: &mut Report) {
    for name in platform.environments.keys() {
        let budget = Budget::of(platform, name);
        let path = ["x-environments", name.as_str(), "memory"];
        if budget.available.is_some() && !budget.unlimited.is_empty() {
            let message = format!(
                "the environment \"{name}\" has a memory budget, and no limit bounds {}",
                budget.unlimited.join(", ")
            );
            let diagnostic = Diagnostic::error("no-limit", message).hint("mem_limit: 256m");
            report.push(at(diagnostic, &spec.sources, &path));
        }
        let Some((available, excess)) = budget.available.zip(budget.excess()) else { continue };
        let largest: Vec<String> = budget
            .parts
            .iter()
            .take(5)
            .map(|part| format!("{} {} ({})", part.service, bytes(part.limit), part.why))
            .collect();
        let message = format!(
            "the pods of \"{name}\" may use {}; {} are available: {} too much",
            bytes(budget.limits),
            bytes(available),
            bytes(excess)
        );
        let hint = format!("the largest are {}", largest.join(", "));
        report.push(at(Diagnostic::error("budget", message).hint(hint), &spec.sources, &path));
    }
}
