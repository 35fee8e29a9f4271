//! One service: from the forms Compose allows to one.

use std::collections::{BTreeMap, BTreeSet};

use common::compose::words;
use common::diagnostic::Diagnostic;
use serde_json::{Map, Value};

use super::depends::depends;
use super::names::{is_annotation, is_label, is_subdomain};
use super::uncarried::NOT_CARRIED;
use super::{Builder, Origin, Pod, Restart, Service};
use crate::spec::quantity;
use crate::spec::text;
use crate::spec::types::{self, Mode, Networks, Pairs, Scalar, Words};

/// Docker's time between SIGTERM and SIGKILL.
const GRACE: u64 = 10_000;

impl Builder<'_> {
    pub(super) fn service(&mut self, name: &str, service: &types::Service) -> Service {
        if !is_label(name) {
            let message = format!("a service cannot be called \"{name}\": its name is a host name");
            let hint = "write lower-case letters, digits and -";
            self.say.hinted("bad-name", message, &["services", name], hint);
        }
        let environment = self.environment(name, service);
        let secrets = self.secrets(name);
        let (restart, restart_word) = self.restart(name, service);
        let user_word = service.user.as_ref().map(ToString::to_string);
        let mut built = Service {
            name: name.to_owned(),
            source: self.spec.sources.file_of(name),
            image: self.image(name, service),
            build: service.build.clone(),
            profiles: service.profiles.clone(),
            entrypoint: self.words(name, "entrypoint", &service.entrypoint),
            command: self.words(name, "command", &service.command),
            environment,
            overrides: service
                .overrides
                .iter()
                .map(|(environment, variables)| {
                    let text = |(name, text): (&String, &Option<Scalar>)| {
                        (name.clone(), text.as_ref().map(ToString::to_string))
                    };
                    (environment.clone(), variables.iter().map(text).collect())
                })
                .collect(),
            env_file: self.env_file(&secrets, service),
            secrets,
            ports: self.ports(name, service),
            depends: depends(service),
            health: self.health(name, service),
            mounts: self.mounts(name, service),
            shm: self.memory(service.shm_size.as_ref(), &["services", name, "shm_size"]),
            restart,
            restart_word,
            mode: self.mode(name, service),
            deploy_rest: deploy_rest(service),
            amounts: self.amounts(name, service),
            resources: self.resources(name, service),
            replicas: 1,
            replicas_by: BTreeMap::new(),
            user: self.user(name, user_word.as_deref()),
            user_word,
            groups: self.groups(name, service),
            working_dir: service.working_dir.clone(),
            privileged: service.privileged.unwrap_or(false),
            cap_add: service.cap_add.clone(),
            cap_drop: service.cap_drop.clone(),
            read_only: service.read_only.unwrap_or(false),
            grace: GRACE,
            networks: networks(service),
            hosts: self.hosts(name, service),
            sysctls: self.pairs(name, "sysctls", Some(&service.sysctls)),
            labels: self.labels(name, service),
            pull_policy: service.pull_policy.clone(),
            tty: service.tty.unwrap_or(false),
            stdin: service.stdin_open.unwrap_or(false),
            absent: service.absent.clone(),
            routes: service.routes.clone(),
            liveness: service.liveness,
            role: service.role.clone(),
            contract: service.contract.clone(),
            patches: service
                .patches
                .iter()
                .map(|(name, patch)| (name.clone(), patch.clone().into_iter().collect::<Value>()))
                .collect(),
            more_names: self.more_names(name),
            pod: Pod::default(),
            uncarried: BTreeMap::new(),
            wave: 0,
        };
        let volumes = built.mounts.iter().any(|mount| matches!(mount.origin, Origin::Volume(_)));
        let stateful =
            volumes && built.restart == Restart::Always && built.mode == Mode::Replicated;
        (built.uncarried, built.pod) = self.uncarried(name, stateful);
        self.devices(name, service, &mut built.pod);
        if let Some(text) = &service.stop_grace_period {
            match quantity::duration(text) {
                Some(time) => built.grace = time,
                None => {
                    let path = ["services", name, "stop_grace_period"];
                    let message = format!("\"{text}\" is not a duration");
                    self.say.hinted("bad-duration", message, &path, "write it like 10s or 1m30s");
                }
            }
        }
        let deployed = service.deploy.as_ref().and_then(|deploy| deploy.replicas);
        match &service.replicas {
            Some(types::Replicas::All(count)) => built.replicas = *count,
            Some(types::Replicas::Map(by)) => {
                built.replicas = deployed.unwrap_or(1);
                built.replicas_by = by.clone();
            }
            None => built.replicas = deployed.unwrap_or(1),
        }
        self.lesser(name, service);
        self.ends(&built);
        self.sysctls(&built);
        built
    }

    fn words(&mut self, name: &str, key: &str, value: &Option<Words>) -> Option<Vec<String>> {
        match value.as_ref()? {
            Words::List(words) => Some(words.clone()),
            Words::Line(line) => {
                let path = ["services", name, key];
                // Compose splits the text behind a variable, too.
                let line = &if breaks(line) { text::settled(line) } else { line.clone() };
                let Some(split) = words::split(line) else {
                    self.say.error("bad-quote", format!("a quote in {key} is not closed"), &path);
                    return None;
                };
                if split.end < line.len() {
                    let operator = &line[split.end..=split.end];
                    let message = format!("Compose ends {key} at {operator}: no shell reads it");
                    self.say.warning("command-ends", message, &path);
                }
                Some(split.words)
            }
        }
    }

    /// Reports the kernel settings that belong to the node.
    fn sysctls(&mut self, service: &Service) {
        for name in service.sysctls.keys().filter(|name| !service.pod.allows(name)) {
            let message = format!("{name} of \"{}\" is a setting of the node", service.name);
            self.say.warning(NOT_CARRIED, message, &["services", &service.name, "sysctls", name]);
        }
    }

    /// GPUs that are reserved under `deploy`.
    fn devices(&mut self, name: &str, service: &types::Service, pod: &mut Pod) {
        let Some(deploy) = &service.deploy else { return };
        let Some(devices) = &deploy.resources.reservations.devices else { return };
        let kept = pod.devices(devices);
        let kept = match kept {
            super::pod::Kept::Not(None) => {
                super::pod::Kept::Not(Some("devices need a device plugin".into()))
            }
            kept => kept,
        };
        self.tell(name, &["deploy", "resources", "reservations", "devices"], "devices", kept);
    }

    /// Host and address; a host may have several. A Pod has addresses only, and names of DNS.
    fn hosts(&mut self, name: &str, service: &types::Service) -> BTreeSet<(String, String)> {
        let all = hosts(service.extra_hosts.as_ref());
        for (host, address) in &all {
            let path = ["services", name, "extra_hosts"];
            let why = if address == "host-gateway" {
                "a Pod has no address of its host that stays the same"
            } else if address.parse::<std::net::IpAddr>().is_err() {
                "this is not an address"
            } else if !is_subdomain(host) {
                "this is not a DNS name"
            } else {
                continue;
            };
            let short = format!("{host} is not in the hosts of the Pod: {why}");
            let message = format!("extra_hosts of \"{name}\": {short}");
            self.say.push(Diagnostic::warning(NOT_CARRIED, message).short(short), &path);
        }
        all
    }

    fn user(&mut self, name: &str, user: Option<&str>) -> Option<(u64, Option<u64>)> {
        let user = user?;
        let (uid, gid) = match user.split_once(':') {
            Some((uid, gid)) => (uid, Some(gid)),
            None => (user, None),
        };
        let number = |text: &str| text.parse::<u64>().ok().filter(|id| *id <= i32::MAX as u64);
        match (number(uid), gid.map(number)) {
            (Some(uid), None) => Some((uid, None)),
            (Some(uid), Some(Some(gid))) => Some((uid, Some(gid))),
            _ => {
                let message = format!(
                    "Kubernetes needs numbers below 2^31 for the user \"{user}\"; the image's own is used there"
                );
                self.say.warning(NOT_CARRIED, message, &["services", name, "user"]);
                None
            }
        }
    }

    fn labels(&mut self, name: &str, service: &types::Service) -> BTreeMap<String, String> {
        let labels = self.pairs(name, "labels", Some(&service.labels));
        for key in labels.keys().filter(|key| !is_annotation(key)) {
            let message = format!("the label \"{key}\" of \"{name}\" is not an annotation key");
            self.say.warning(NOT_CARRIED, message, &["services", name, "labels", key]);
        }
        labels
    }
}

/// Limits of processes, devices, and Docker Swarm's own keys.
fn deploy_rest(service: &types::Service) -> Map<String, Value> {
    let mut rest = Map::new();
    let Some(deploy) = &service.deploy else { return rest };
    let mut put = |key: &str, value: Option<Value>| {
        rest.extend(value.map(|value| (key.to_owned(), value)));
    };
    put("restart_policy", deploy.restart_policy.clone());
    put("update_config", deploy.update_config.clone());
    put("rollback_config", deploy.rollback_config.clone());
    put("placement", deploy.placement.clone());
    put("endpoint_mode", deploy.endpoint_mode.clone().map(Value::from));
    put("labels", deploy.labels.clone());
    let mut resources = Map::new();
    let parts =
        [("limits", &deploy.resources.limits), ("reservations", &deploy.resources.reservations)];
    for (part, amounts) in parts {
        let mut limits = Map::new();
        limits.extend(amounts.pids.map(|pids| ("pids".to_owned(), pids.into())));
        limits.extend(amounts.devices.clone().map(|devices| ("devices".to_owned(), devices)));
        if !limits.is_empty() {
            resources.insert(part.into(), limits.into());
        }
    }
    put("resources", (!resources.is_empty()).then_some(Value::Object(resources)));
    rest
}

/// Whether a text of variables would be other words than the text without them.
fn breaks(line: &str) -> bool {
    text::pieces(line).iter().any(|piece| match piece {
        text::Piece::Late(_, default) => {
            default.is_empty()
                || default.contains(|c: char| c.is_whitespace() || "\"'\\`$();&|<>".contains(c))
        }
        _ => false,
    })
}

fn networks(service: &types::Service) -> BTreeMap<String, types::Network> {
    match &service.networks {
        None => BTreeMap::new(),
        Some(Networks::List(names)) => {
            names.iter().map(|name| (name.clone(), types::Network::default())).collect()
        }
        Some(Networks::Map(map)) => map
            .iter()
            .map(|(name, network)| (name.clone(), network.clone().unwrap_or_default()))
            .collect(),
    }
}

/// Host and address; a host may have several.
fn hosts(pairs: Option<&Pairs>) -> BTreeSet<(String, String)> {
    let host = |(host, address): (String, Option<String>)| match (address, host.split_once(':')) {
        (None, Some((host, address))) => (host.to_owned(), address.to_owned()),
        (address, _) => (host.clone(), address.unwrap_or_default()),
    };
    pairs.map(Pairs::entries).unwrap_or_default().into_iter().map(host).collect()
}
