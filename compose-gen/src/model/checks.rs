//! Rules between the parts of a platform.

use std::collections::BTreeMap;

use common::diagnostic::{Diagnostic, Report, did_you_mean};
use common::environment;

use super::budget::Budget;
use super::names::{CLUSTER, is_label};
use super::{Health, Origin, Platform, Restart, Service, config_maps, order, patch};
use crate::spec::quantity::bytes;
use crate::spec::types::{Access, Cluster, Condition};
use crate::spec::{Spec, at};

/// Checks everything and puts the order of starting into the services.
pub(super) fn all(platform: &mut Platform, spec: &Spec, report: &mut Report) {
    let mut checks = Checks { platform, spec, report };
    checks.environments();
    checks.profiles();
    checks.dependencies();
    checks.secrets();
    checks.published();
    checks.routes();
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
    pub(super) report: &'a mut Report,
}

impl Checks<'_> {
    pub(super) fn error(&mut self, code: &'static str, message: String, path: &[&str]) {
        self.report.push(at(Diagnostic::error(code, message), &self.spec.sources, path));
    }

    pub(super) fn hinted(
        &mut self,
        code: &'static str,
        message: String,
        path: &[&str],
        hint: impl Into<String>,
    ) {
        let diagnostic = Diagnostic::error(code, message).hint(hint);
        self.report.push(at(diagnostic, &self.spec.sources, path));
    }

    /// An error about a name that is not among the known ones.
    pub(super) fn unknown(
        &mut self,
        code: &'static str,
        what: &str,
        name: &str,
        known: &[&str],
        path: &[&str],
    ) {
        let all = || match known {
            [] => format!("there is no {what} at all"),
            known => format!("the known ones are {}", known.join(", ")),
        };
        let hint = did_you_mean(name, known.iter().copied()).unwrap_or_else(all);
        self.hinted(code, format!("no {what} \"{name}\""), path, hint);
    }

    /// Two things that cannot both be; `first` is the place of the earlier one.
    fn clash(&mut self, code: &'static str, message: String, path: &[&str], first: &[&str]) {
        let diagnostic = at(Diagnostic::error(code, message), &self.spec.sources, path);
        self.report.push(diagnostic.also(self.spec.sources.place(first), "first here"));
    }

    fn environments(&mut self) {
        let platform = self.platform;
        let known: Vec<&str> = platform.environments.keys().map(String::as_str).collect();
        for (name, environment) in &platform.environments {
            if !is_label(name) {
                let message = format!("an environment cannot be called \"{name}\"");
                let hint = "lower-case letters, digits and - only: it is the name of a folder";
                self.hinted("bad-name", message, &["x-environments", name], hint);
            }
            if !is_label(&environment.namespace) {
                let message = format!("a namespace cannot be called \"{}\"", environment.namespace);
                self.error("bad-name", message, &["x-environments", name, "namespace"]);
            }
            let exposure = environment.exposure.as_ref();
            if exposure.is_some_and(|e| e.gateway.is_some() && e.alb.is_some()) {
                let message = "an environment has a gateway or an alb, not both".to_owned();
                self.error("conflict", message, &["x-environments", name, "exposure"]);
            }
            if let Some(own) = &environment.memory {
                for (key, text) in
                    [("budget", Some(&own.budget)), ("reserved", own.reserved.as_ref())]
                {
                    let text = text.map(ToString::to_string);
                    if let Some(text) = text.filter(|text| environment::memory(text).is_none()) {
                        let message = format!("\"{text}\" is no amount of memory");
                        let path = ["x-environments", name, "memory", key];
                        self.hinted("bad-quantity", message, &path, environment::BUDGET_HINT);
                    }
                }
            }
        }
        for (service, own) in &platform.services {
            let keys: [(&str, Vec<&String>); 5] = [
                ("x-absent", own.absent.keys().collect()),
                ("x-environment", own.overrides.keys().collect()),
                ("x-resources", own.resources.keys().collect()),
                ("x-replicas", own.replicas_by.keys().collect()),
                ("x-patches", own.patches.keys().filter(|name| *name != "all").collect()),
            ];
            for (key, names) in keys {
                for name in names.into_iter().filter(|name| !known.contains(&name.as_str())) {
                    let path = ["services", service, key, name];
                    self.unknown("unknown-environment", "environment", name, &known, &path);
                }
            }
            for (environment, variables) in &own.overrides {
                let known: Vec<&str> =
                    own.environment.keys().chain(own.secrets.keys()).map(String::as_str).collect();
                for name in variables.keys().filter(|name| !known.contains(&name.as_str())) {
                    let path = ["services", service, "x-environment", environment, name];
                    self.unknown("unknown-name", "variable", name, &known, &path);
                }
            }
        }
    }

    fn profiles(&mut self) {
        let platform = self.platform;
        if platform.services.is_empty() {
            self.error("empty", "there is no service at all".to_owned(), &["services"]);
        }
        let known: Vec<&str> = platform.profiles().into_iter().collect();
        for (name, environment) in &platform.environments {
            for (index, profile) in environment.profiles.iter().flatten().enumerate() {
                if !known.contains(&profile.as_str()) {
                    let index = index.to_string();
                    let path = ["x-environments", name, "profiles", &index];
                    self.unknown("unknown-profile", "profile", profile, &known, &path);
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
                    self.hinted("bad-name", message, &path, hint);
                }
                if !is_label(profile) {
                    let index = index.to_string();
                    let message = format!("a profile cannot be called \"{profile}\"");
                    self.error("bad-name", message, &["services", name, "profiles", &index]);
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
                        self.unknown("unknown-service", "service", other, &known, &path);
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
                            self.hinted("not-a-job", message, &path, hint);
                        }
                    }
                }
            }
        }
    }

    fn healthy(&mut self, name: &str, target: &Service, path: &[&str]) {
        let other = &target.name;
        if !matches!(target.health, Health::Check(_)) {
            let message = format!(
                "\"{name}\" waits for the health of \"{other}\", which has no health check"
            );
            let hint = format!("write a healthcheck at {other}, or wait for service_started");
            let diagnostic = Diagnostic::error("no-healthcheck", message).hint(hint);
            let diagnostic = at(diagnostic, &self.spec.sources, path);
            let place = self.spec.sources.place(&["services", other]);
            self.report.push(diagnostic.also(place, "without healthcheck"));
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
                let clash = taken.iter().find(|((p, protocol, other), _)| {
                    let same = *other == ip || *other == everywhere || ip == everywhere;
                    (p, protocol) == (published, &port.protocol) && same
                });
                let clash = clash.map(|(_, first)| *first);
                taken.insert(key(&ip), name);
                let Some(first) = clash else { continue };
                let message = format!("\"{first}\" and \"{name}\" both publish port {published}");
                let [path, first] = [name, first].map(|name| ["services", name, "ports"]);
                self.clash("port-taken", message, &path, &first);
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
                    self.error("bad-route", message, &here);
                }
                for (key, path) in
                    [("path", &route.path), ("rewrite", &route.rewrite), ("health", &route.health)]
                {
                    if let Some(path) = path.as_ref().filter(|path| !path.starts_with('/')) {
                        let message = format!("\"{path}\" does not begin with /");
                        self.error("bad-route", message, &sub(key));
                    }
                }
                if let Some(host) = route.host.as_ref().filter(|host| !is_label(host)) {
                    let message = format!("\"{host}\" is no label below the domain");
                    self.error("bad-route", message, &sub("host"));
                }
                let targets: Vec<u16> = service.ports.iter().map(|port| port.target).collect();
                match route.port {
                    None if targets.is_empty() => {
                        let message = format!("\"{name}\" has a route and no port");
                        self.error("unknown-port", message, &here);
                    }
                    Some(port) if !targets.contains(&port) => {
                        let known: Vec<String> = targets.iter().map(u16::to_string).collect();
                        let message = format!("\"{name}\" has no container port {port}");
                        let hint = format!("its container ports are {}", known.join(", "));
                        self.hinted("unknown-port", message, &sub("port"), hint);
                    }
                    _ => {}
                }
                for (kind, text, all) in
                    [("path", &route.path, &mut paths), ("host", &route.host, &mut hosts)]
                {
                    let Some(text) = text else { continue };
                    let own = &text[..bare(text)];
                    let Some((first, at_index)) = all.insert(own, (name, index)) else { continue };
                    let message = format!("\"{first}\" and \"{name}\" have the same {kind} {text}");
                    let other = at_index.to_string();
                    let first = ["services", first, "x-routes", &other, kind];
                    self.clash("route-taken", message, &sub(kind), &first);
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
                    self.hinted("patch-forbidden", message, &path, hint);
                }
                let known = platform.environments.contains_key(environment);
                if known && !platform.runs(service, Some(environment)) {
                    let message =
                        format!("\"{name}\" does not run in \"{environment}\": nothing to patch");
                    self.error("patch-unused", message, &path);
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
            for (environment, own) in &platform.environments {
                let here: Vec<&str> = consumers
                    .iter()
                    .filter(|service| platform.runs(service, Some(environment)))
                    .map(|service| service.name.as_str())
                    .collect();
                if own.cluster == Cluster::Eks && here.len() > 1 {
                    let message = format!(
                        "volume \"{name}\" is shared by {} in \"{environment}\", where they may run on different nodes",
                        here.join(" and ")
                    );
                    let hint = "x-claim: {access: ReadWriteMany}, or x-absent for one of them";
                    self.hinted("shared-volume", message, &["volumes", name], hint);
                }
            }
        }
        for (name, service) in &platform.services {
            let volumes = service.claims(platform).count();
            let pods = service.replicas_by.values().copied().chain([service.replicas]).max();
            let job = service.restart != Restart::Always;
            let shared = service.claims(platform).any(|v| platform.consumers(v).len() > 1);
            if volumes > 0 && pods > Some(1) && (job || shared) {
                let message =
                    format!("\"{name}\" has several pods and a volume that they would share");
                self.error("shared-volume", message, &["services", name]);
            }
            let mut targets: Vec<&str> = Vec::new();
            for mount in &service.mounts {
                if targets.contains(&mount.target.as_str()) {
                    let message = format!("\"{name}\" mounts two things at {}", mount.target);
                    self.error("mount-taken", message, &["services", name, "volumes"]);
                }
                targets.push(&mount.target);
            }
            if service.mounts.iter().any(|m| matches!(m.origin, Origin::Files { single: true, .. }))
                && service.mode == crate::spec::types::Mode::Global
                && job
            {
                let message = format!(
                    "\"{name}\" runs on every node and ends, which nothing in Kubernetes does"
                );
                self.error("conflict", message, &["services", name]);
            }
        }
    }

    /// Names that two services would give to one object of Kubernetes.
    fn names(&mut self) {
        let platform = self.platform;
        let own = platform.services.keys().map(|name| (("name", name.clone()), name));
        let mut taken: BTreeMap<(&str, String), &String> = own.collect();
        for (name, service) in &platform.services {
            let aliases = service.aliases().into_iter().map(|alias| ("name", alias.to_owned()));
            let maps: std::collections::BTreeSet<String> =
                config_maps::names(service).into_values().collect();
            let maps = maps.into_iter().map(|map| ("ConfigMap", map));
            for (kind, what) in aliases.chain(maps) {
                let Some(first) = taken.insert((kind, what.clone()), name) else { continue };
                if first == name {
                    continue;
                }
                let message =
                    format!("\"{first}\" and \"{name}\" would both have the {kind} \"{what}\"");
                self.clash("name-taken", message, &["services", name], &["services", first]);
            }
        }
    }

    fn wait(&mut self) {
        let Some(name) = &self.spec.document.wait else { return };
        let known: Vec<&str> = self.platform.services.keys().map(String::as_str).collect();
        if !known.contains(&name.as_str()) {
            self.unknown("unknown-service", "service", name, &known, &["x-wait"]);
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
            "the pods of \"{name}\" may use {}, and {} are there for them: {} too much",
            bytes(budget.limits),
            bytes(available),
            bytes(excess)
        );
        let hint = format!("the largest are {}", largest.join(", "));
        report.push(at(Diagnostic::error("budget", message).hint(hint), &spec.sources, &path));
    }
}
