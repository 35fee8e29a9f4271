//! One service: from the forms Compose allows to one.

use std::collections::{BTreeMap, BTreeSet};

use common::compose::words;
use common::diagnostic::did_you_mean;
use serde_json::{Map, Value};

use super::names::{is_annotation, is_label};
use super::uncarried::NOT_CARRIED;
use super::{Amounts, Builder, Dependency, Restart, Service};
use crate::spec::dotenv;
use crate::spec::quantity;
use crate::spec::types::{
    self, Dependencies, EnvFile, EnvFiles, Mode, Networks, Pairs, Scalar, Words,
};

/// Docker's time between SIGTERM and SIGKILL.
const GRACE: u64 = 10_000;

impl Builder<'_> {
    pub(super) fn service(&mut self, name: &str, service: &types::Service) -> Service {
        if !is_label(name) {
            let message = format!("a service cannot be called \"{name}\": its name is a host name");
            let hint = "lower-case letters, digits and - only";
            self.error_hint("bad-name", message, &["services", name], hint);
        }
        if service.image.is_none() && service.build.is_none() {
            let message = format!("service \"{name}\" has no image");
            self.error_hint("no-image", message, &["services", name], "image: name:tag");
        }
        let environment = self.environment(name, service);
        let secrets = self.secrets(name);
        let (restart, restart_word) = self.restart(name, service);
        let user_word = service.user.as_ref().map(ToString::to_string);
        let mut built = Service {
            name: name.to_owned(),
            source: self.spec.sources.file_of(name),
            image: service.image.clone().unwrap_or_else(|| self.built_image(name)),
            build: service.build.clone(),
            profiles: service.profiles.clone(),
            entrypoint: self.words(name, "entrypoint", &service.entrypoint),
            command: self.words(name, "command", &service.command),
            environment,
            overrides: service
                .overrides
                .iter()
                .map(|(environment, own)| {
                    let text = |(name, text): (&String, &Option<Scalar>)| {
                        (name.clone(), text.as_ref().map(ToString::to_string))
                    };
                    (environment.clone(), own.iter().map(text).collect())
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
            mode: service.deploy.as_ref().and_then(|d| d.mode).unwrap_or(Mode::Replicated),
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
            hosts: hosts(service.extra_hosts.as_ref()),
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
            uncarried: self.uncarried(name),
            wave: 0,
        };
        if let Some(text) = &service.stop_grace_period {
            match quantity::duration(text) {
                Some(time) => built.grace = time,
                None => {
                    let path = ["services", name, "stop_grace_period"];
                    let message = format!("\"{text}\" is no duration");
                    self.error_hint("bad-duration", message, &path, "such as 10s or 1m30s");
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
        built
    }

    fn words(&mut self, name: &str, key: &str, value: &Option<Words>) -> Option<Vec<String>> {
        match value.as_ref()? {
            Words::List(words) => Some(words.clone()),
            Words::Line(line) => {
                let path = ["services", name, key];
                let Some(split) = words::split(line) else {
                    self.error("bad-quote", format!("a quote in {key} does not end"), &path);
                    return None;
                };
                if split.end < line.len() {
                    let operator = &line[split.end..=split.end];
                    let message = format!("Compose ends {key} at {operator}: no shell reads it");
                    self.warning("command-ends", message, &path);
                }
                Some(split.words)
            }
        }
    }

    /// The variables: env files in their order, then `environment`, which wins.
    fn environment(&mut self, name: &str, service: &types::Service) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        let files: Vec<(String, bool)> = match &service.env_file {
            None => Vec::new(),
            Some(EnvFiles::One(path)) => vec![(path.clone(), true)],
            Some(EnvFiles::List(list)) => list
                .iter()
                .map(|file| match file {
                    EnvFile::Path(path) => (path.clone(), true),
                    EnvFile::Long(long) => (long.path.clone(), long.required.unwrap_or(true)),
                })
                .collect(),
        };
        for (index, (file, required)) in files.into_iter().enumerate() {
            let index = index.to_string();
            let path = ["services", name, "env_file", &index];
            let full = self.spec.sources.base().join(&file);
            if !required && !full.exists() {
                continue;
            }
            match dotenv::read(&full, self.report) {
                Ok(pairs) => all.extend(pairs),
                Err(error) => {
                    self.error("no-file", format!("cannot read {file}: {error}"), &path);
                }
            }
        }
        let own = self.pairs(name, "environment", Some(&service.environment));
        all.extend(own);
        for variable in all.keys() {
            let good = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
            let starts = variable.starts_with(|c: char| !c.is_ascii_digit());
            if variable.is_empty() || !starts || !variable.chars().all(good) {
                let path = ["services", name, "environment", variable];
                let message = format!("a variable cannot be called \"{variable}\"");
                self.error("bad-name", message, &path);
            }
        }
        all
    }

    pub(super) fn pairs(
        &mut self,
        name: &str,
        key: &str,
        pairs: Option<&Pairs>,
    ) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for (variable, value) in pairs.map(Pairs::entries).unwrap_or_default() {
            if value.is_none() && key == "environment" {
                let message =
                    format!("{variable} has no value: Compose would take it from whoever runs it");
                let path = ["services", name, key, &variable];
                let hint =
                    format!("declare it under x-variables and write {variable}: ${{{variable}}}");
                self.error_hint("from-outside", message, &path, hint);
                continue;
            }
            all.insert(variable, value.unwrap_or_default());
        }
        all
    }

    /// Variable → secret, for the secrets that list the service.
    fn secrets(&self, name: &str) -> BTreeMap<String, String> {
        let uses = self.catalogue().secrets.iter().filter(|s| s.services.iter().any(|s| s == name));
        uses.flat_map(|secret| {
            secret.keys.iter().map(|key| (key.variable.clone(), secret.name.clone()))
        })
        .collect()
    }

    /// The first env file that holds all of a service's secrets.
    fn env_file(
        &self,
        secrets: &BTreeMap<String, String>,
        service: &types::Service,
    ) -> Option<String> {
        let catalogue = self.catalogue();
        let has = |file: &common::catalogue::EnvFile, name: &String| {
            file.secrets.iter().any(|index| catalogue.secrets[*index].name == *name)
        };
        let home = |file: &&common::catalogue::EnvFile| {
            service.profiles.first().is_some_and(|p| file.profiles.contains(p))
        };
        let all = |file: &&common::catalogue::EnvFile| secrets.values().all(|name| has(file, name));
        if secrets.is_empty() {
            return None;
        }
        let files = &catalogue.env_files;
        let found = files.iter().filter(home).find(all).or_else(|| files.iter().find(all))?;
        Some(found.name.clone())
    }

    /// Without a word Compose starts nothing again, but a service is a server unless it says no,
    /// or somebody waits for its end.
    fn restart(&mut self, name: &str, service: &types::Service) -> (Restart, Option<String>) {
        let Some(word) = service.restart.clone() else {
            let ends = self.document.services.values().any(|other| {
                let waits = depends(other).remove(name).map(|dependency| dependency.condition);
                waits == Some(types::Condition::ServiceCompletedSuccessfully)
            });
            return (if ends { Restart::Job(0) } else { Restart::Always }, None);
        };
        let path = ["services", name, "restart"];
        let restart = match word.as_str() {
            "no" => Restart::Job(0),
            "always" | "unless-stopped" => Restart::Always,
            "on-failure" => Restart::Job(6),
            other => match other.strip_prefix("on-failure:").and_then(|n| n.parse().ok()) {
                Some(tries) => Restart::Job(tries),
                None => {
                    let known = ["no", "always", "unless-stopped", "on-failure"];
                    let all = "no, always, unless-stopped, on-failure or on-failure:3";
                    let hint = did_you_mean(other, known).unwrap_or_else(|| all.into());
                    let message = format!("restart cannot be \"{other}\"");
                    self.error_hint("unknown-value", message, &path, hint);
                    Restart::Always
                }
            },
        };
        (restart, Some(word))
    }

    fn memory(&mut self, value: Option<&Scalar>, path: &[&str]) -> Option<u64> {
        let text = value?.to_string();
        let bytes = quantity::memory(&text);
        if bytes.is_none() {
            let message = format!("\"{text}\" is no amount of memory");
            let hint = "such as 512m or 1g, in powers of 1024";
            self.error_hint("bad-quantity", message, path, hint);
        }
        bytes
    }

    fn cpus(&mut self, value: Option<&Scalar>, path: &[&str]) -> Option<u64> {
        let text = value?.to_string();
        let millis = quantity::cpus(&text);
        if millis.is_none() {
            let message = format!("\"{text}\" is no number of CPUs");
            self.error_hint("bad-quantity", message, path, "such as 0.5 or 2");
        }
        millis
    }

    /// Other amounts in an environment.
    fn resources(&mut self, name: &str, service: &types::Service) -> BTreeMap<String, Amounts> {
        let mut all = BTreeMap::new();
        for (environment, own) in &service.resources {
            let path = |what| ["services", name, "x-resources", environment.as_str(), what];
            let amounts = Amounts {
                memory: self.memory(own.memory.as_ref(), &path("memory")),
                cpus: self.cpus(own.cpus.as_ref(), &path("cpus")),
                memory_request: self.memory(own.memory_request.as_ref(), &path("memory-request")),
                cpus_request: self.cpus(own.cpus_request.as_ref(), &path("cpus-request")),
            };
            all.insert(environment.clone(), amounts);
        }
        all
    }

    fn amounts(&mut self, name: &str, service: &types::Service) -> Amounts {
        let s = ["services", name];
        let mut amounts = Amounts::default();
        if let Some(deploy) = &service.deploy {
            let (limits, requests) = (&deploy.resources.limits, &deploy.resources.reservations);
            let path = |part, what| [s[0], s[1], "deploy", "resources", part, what];
            let request = "reservations";
            amounts = Amounts {
                memory: self.memory(limits.memory.as_ref(), &path("limits", "memory")),
                cpus: self.cpus(limits.cpus.as_ref(), &path("limits", "cpus")),
                memory_request: self.memory(requests.memory.as_ref(), &path(request, "memory")),
                cpus_request: self.cpus(requests.cpus.as_ref(), &path(request, "cpus")),
            };
        }
        let memory = self.memory(service.mem_limit.as_ref(), &[s[0], s[1], "mem_limit"]);
        amounts.memory = memory.or(amounts.memory);
        let path = [s[0], s[1], "mem_reservation"];
        let request = self.memory(service.mem_reservation.as_ref(), &path);
        amounts.memory_request = request.or(amounts.memory_request);
        let cpus = self.cpus(service.cpus.as_ref(), &[s[0], s[1], "cpus"]);
        amounts.cpus = cpus.or(amounts.cpus);
        if let (Some(limit), Some(request)) = (amounts.memory, amounts.memory_request)
            && request > limit
        {
            let message = format!("service \"{name}\" requests more memory than its limit");
            self.error("bad-quantity", message, &s);
        }
        amounts
    }

    fn user(&mut self, name: &str, user: Option<&str>) -> Option<(u64, Option<u64>)> {
        let user = user?;
        let (uid, gid) = match user.split_once(':') {
            Some((uid, gid)) => (uid, Some(gid)),
            None => (user, None),
        };
        match (uid.parse(), gid.map(str::parse)) {
            (Ok(uid), None) => Some((uid, None)),
            (Ok(uid), Some(Ok(gid))) => Some((uid, Some(gid))),
            _ => {
                let message = format!(
                    "Kubernetes needs numbers for the user \"{user}\"; the image's own is used there"
                );
                self.warning(NOT_CARRIED, message, &["services", name, "user"]);
                None
            }
        }
    }

    fn labels(&mut self, name: &str, service: &types::Service) -> BTreeMap<String, String> {
        let labels = self.pairs(name, "labels", Some(&service.labels));
        for key in labels.keys().filter(|key| !is_annotation(key)) {
            let message = format!("the label \"{key}\" of \"{name}\" is no annotation's name");
            self.warning(NOT_CARRIED, message, &["services", name, "labels", key]);
        }
        labels
    }

    /// Compose's name of the image that it builds.
    fn built_image(&self, name: &str) -> String {
        let project = self.document.name.clone().unwrap_or_else(|| self.project());
        format!("{project}-{name}")
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
        let mut own = Map::new();
        own.extend(amounts.pids.map(|pids| ("pids".to_owned(), pids.into())));
        own.extend(amounts.devices.clone().map(|devices| ("devices".to_owned(), devices)));
        if !own.is_empty() {
            resources.insert(part.into(), own.into());
        }
    }
    put("resources", (!resources.is_empty()).then_some(Value::Object(resources)));
    rest
}

fn depends(service: &types::Service) -> BTreeMap<String, Dependency> {
    match &service.depends_on {
        None => BTreeMap::new(),
        Some(Dependencies::List(names)) => {
            let started = Dependency {
                condition: types::Condition::ServiceStarted,
                required: true,
                restart: false,
            };
            names.iter().map(|name| (name.clone(), started)).collect()
        }
        Some(Dependencies::Map(map)) => map
            .iter()
            .map(|(name, own)| {
                let required = own.required.unwrap_or(true);
                let restart = own.restart.unwrap_or(false);
                (name.clone(), Dependency { condition: own.condition, required, restart })
            })
            .collect(),
    }
}

fn networks(service: &types::Service) -> BTreeMap<String, types::Network> {
    match &service.networks {
        None => BTreeMap::new(),
        Some(Networks::List(names)) => {
            names.iter().map(|name| (name.clone(), types::Network::default())).collect()
        }
        Some(Networks::Map(map)) => {
            map.iter().map(|(name, own)| (name.clone(), own.clone().unwrap_or_default())).collect()
        }
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
