//! One service: from the forms Compose allows to one.

use std::collections::{BTreeMap, BTreeSet};

use common::compose::words;
use common::diagnostic::{Diagnostic, did_you_mean};
use serde_json::{Map, Value};

use super::names::{is_annotation, is_label, is_subdomain};
use super::uncarried::{CHANGED, NOT_CARRIED};
use super::{Amounts, Builder, Dependency, Health, Origin, Pod, Restart, Service};
use crate::spec::dotenv::{self, Form};
use crate::spec::quantity;
use crate::spec::text;
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
                    let message = format!("\"{text}\" is no duration");
                    self.say.hinted("bad-duration", message, &path, "such as 10s or 1m30s");
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
                    self.say.error("bad-quote", format!("a quote in {key} does not end"), &path);
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

    /// The variables: env files in their order, then `environment`, which wins.
    fn environment(&mut self, name: &str, service: &types::Service) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        let files: Vec<(String, bool, Form)> = match &service.env_file {
            None => Vec::new(),
            Some(EnvFiles::One(path)) => vec![(path.clone(), true, Form::Compose)],
            Some(EnvFiles::List(list)) => list
                .iter()
                .map(|file| match file {
                    EnvFile::Path(path) => (path.clone(), true, Form::Compose),
                    EnvFile::Long(long) => {
                        let raw = long.format.as_deref() == Some("raw");
                        let form = if raw { Form::Raw } else { Form::Compose };
                        (long.path.clone(), long.required.unwrap_or(true), form)
                    }
                })
                .collect(),
        };
        for (index, (file, required, form)) in files.into_iter().enumerate() {
            let index = index.to_string();
            let path = ["services", name, "env_file", &index];
            let full = self.spec.sources.base().join(&file);
            if !required && !full.exists() {
                continue;
            }
            match dotenv::read(&full, form, &self.spec.variables, self.say.report) {
                Ok(pairs) => all.extend(pairs),
                Err(error) => {
                    self.say.error("no-file", format!("cannot read {file}: {error}"), &path);
                }
            }
        }
        let own = self.pairs(name, "environment", Some(&service.environment));
        all.extend(own);
        for variable in all.keys() {
            let good = |c: char| c == ' ' || c.is_ascii_graphic() && c != '=';
            if variable.is_empty() || !variable.chars().all(good) {
                let path = ["services", name, "environment", variable];
                let message = format!("a variable cannot be called \"{variable}\"");
                self.say.error("bad-name", message, &path);
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
            let variable = text::settled(&variable);
            if value.is_none() && key == "environment" {
                let message =
                    format!("{variable} has no value: Compose would take it from whoever runs it");
                let path = ["services", name, key, &variable];
                let hint =
                    format!("declare it under x-variables and write {variable}: ${{{variable}}}");
                self.say.hinted("from-outside", message, &path, hint);
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
            secret.variables().map(|variable| (variable.to_owned(), secret.name.clone()))
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
    /// or somebody waits for its end. A service with a port, a health check or several containers is a
    /// server whatever it says: as a Job, it would have no Service, and nobody would see that it is ready.
    fn restart(&mut self, name: &str, service: &types::Service) -> (Restart, Option<String>) {
        let ends = self.document.services.values().any(|other| {
            let waits = depends(other).remove(name).map(|dependency| dependency.condition);
            waits == Some(types::Condition::ServiceCompletedSuccessfully)
        });
        let Some(word) = service.restart.clone() else {
            return (if ends { Restart::Job(0) } else { Restart::Always }, None);
        };
        let path = ["services", name, "restart"];
        let restart = match word.as_str() {
            "no" | "" => Restart::Job(0),
            "always" | "unless-stopped" => Restart::Always,
            "on-failure" => Restart::Job(6),
            other => match other.strip_prefix("on-failure:").and_then(|n| n.parse::<u32>().ok()) {
                Some(tries) => Restart::Job(tries.min(i32::MAX as u32)),
                None => {
                    let known = ["no", "always", "unless-stopped", "on-failure"];
                    let all = "no, always, unless-stopped, on-failure or on-failure:3";
                    let hint = did_you_mean(other, known).unwrap_or_else(|| all.into());
                    let message = format!("restart cannot be \"{other}\"");
                    self.say.hinted("unknown-value", message, &path, hint);
                    Restart::Always
                }
            },
        };
        if restart != Restart::Always && !ends && is_server(service) {
            let short = "it has a port, a health check or replicas: a server, which Kubernetes \
                         starts again whenever it ends";
            let message = format!("restart of \"{name}\": {short}");
            self.say.push(Diagnostic::warning(CHANGED, message).short(short), &path);
            return (Restart::Always, Some(word));
        }
        (restart, Some(word))
    }

    /// Reports the kernel settings that belong to the node.
    fn sysctls(&mut self, service: &Service) {
        for name in service.sysctls.keys().filter(|name| !service.pod.allows(name)) {
            let message = format!("{name} of \"{}\" is a setting of the node", service.name);
            self.say.warning(NOT_CARRIED, message, &["services", &service.name, "sysctls", name]);
        }
    }

    /// Reports what a Job does not have.
    fn ends(&mut self, service: &Service) {
        let name = service.name.as_str();
        if service.restart == Restart::Always {
            return;
        }
        if matches!(service.health, Health::Check(_)) {
            let message =
                format!("healthcheck of \"{name}\" is not carried: a Job is done when it ends");
            self.say.warning(NOT_CARRIED, message, &["services", name, "healthcheck"]);
        }
        if service.replicas != 1 {
            let message = format!("replicas of \"{name}\" are not carried: a Job runs once");
            self.say.warning(NOT_CARRIED, message, &["services", name, "deploy", "replicas"]);
        }
    }

    /// The image; that of a build where none is named.
    fn image(&mut self, name: &str, service: &types::Service) -> String {
        let path = ["services", name, "image"];
        let Some(image) = service.image.as_ref().filter(|image| !image.is_empty()) else {
            if service.build.is_none() {
                let message = format!("service \"{name}\" has no image");
                let place = if service.image.is_some() { &path[..] } else { &path[..2] };
                self.say.hinted("no-image", message, place, "image: name:tag");
            }
            return self.built_image(name);
        };
        // A variable that is missing has been reported.
        if !image.contains('$') && !is_image(&text::settled(image)) {
            let message = format!("\"{}\" is no name of an image", text::settled(image));
            let hint = "[registry/]name[:tag], in lower-case letters; a variable may have no value";
            self.say.hinted("bad-image", message, &path, hint);
        }
        image.clone()
    }

    fn mode(&mut self, name: &str, service: &types::Service) -> Mode {
        let mode = service.deploy.as_ref().and_then(|deploy| deploy.mode);
        let other = match mode.unwrap_or(Mode::Replicated) {
            Mode::ReplicatedJob => Mode::Replicated,
            Mode::GlobalJob => Mode::Global,
            mode => return mode,
        };
        let message =
            format!("mode of \"{name}\": only Docker Swarm makes jobs of it; see restart");
        self.say.warning(NOT_CARRIED, message, &["services", name, "deploy", "mode"]);
        other
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
                "this is no address"
            } else if !is_subdomain(host) {
                "this is no name that DNS knows"
            } else {
                continue;
            };
            let short = format!("{host} is not in the hosts of the Pod: {why}");
            let message = format!("extra_hosts of \"{name}\": {short}");
            self.say.push(Diagnostic::warning(NOT_CARRIED, message).short(short), &path);
        }
        all
    }

    fn memory(&mut self, value: Option<&Scalar>, path: &[&str]) -> Option<u64> {
        let text = value?.to_string();
        if text.trim() == "0" {
            return None;
        }
        let bytes = quantity::memory(&text);
        if bytes.is_none() {
            let message = format!("\"{text}\" is no amount of memory");
            let hint = "such as 512m or 1g, in powers of 1024";
            self.say.hinted("bad-quantity", message, path, hint);
        }
        bytes
    }

    fn cpus(&mut self, value: Option<&Scalar>, path: &[&str]) -> Option<u64> {
        let text = value?.to_string();
        // Nothing, to Compose, is no limit.
        if text.trim().parse::<f64>().is_ok_and(|number| number == 0.0) {
            return None;
        }
        let millis = quantity::cpus(&text);
        if millis.is_none() {
            let message = format!("\"{text}\" is no number of CPUs");
            self.say.hinted("bad-quantity", message, path, "such as 0.5 or 2");
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
            self.say.error("bad-quantity", message, &s);
        }
        if let (Some(limit), Some(request)) = (amounts.cpus, amounts.cpus_request)
            && request > limit
        {
            let message =
                format!("service \"{name}\" requests more CPUs than its limit, and gets the limit");
            self.say.warning(
                CHANGED,
                message,
                &[s[0], s[1], "deploy", "resources", "reservations", "cpus"],
            );
            amounts.cpus_request = Some(limit);
        }
        amounts
    }

    fn user(&mut self, name: &str, user: Option<&str>) -> Option<(u64, Option<u64>)> {
        let user = user?;
        let (uid, gid) = match user.split_once(':') {
            Some((uid, gid)) => (uid, Some(gid)),
            None => (user, None),
        };
        let number = |text: &str| text.parse::<u64>().ok().filter(|own| *own <= i32::MAX as u64);
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
            let message = format!("the label \"{key}\" of \"{name}\" is no annotation's name");
            self.say.warning(NOT_CARRIED, message, &["services", name, "labels", key]);
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

/// Whether a service has something that only a server has.
fn is_server(service: &types::Service) -> bool {
    let checked = service.healthcheck.as_ref().is_some_and(|check| {
        let none = matches!(&check.test, Some(Words::List(words)) if words.first().is_some_and(|own| own == "NONE"));
        check.disable != Some(true) && !none
    });
    let several = match (&service.replicas, service.deploy.as_ref().and_then(|own| own.replicas)) {
        (Some(types::Replicas::All(count)), _) => *count > 1,
        (_, count) => count.is_some_and(|count| count > 1),
    };
    !service.ports.is_empty() || !service.expose.is_empty() || checked || several
}

/// Whether a text is a reference to an image: `[registry[:port]/]name[:tag][@digest]`.
fn is_image(text: &str) -> bool {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let tag = name.rfind(':').filter(|at| !name[*at..].contains('/'));
    let (repository, tag) = match tag {
        Some(at) => (&name[..at], Some(&name[at + 1..])),
        None => (name, None),
    };
    let word = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let good_tag = |tag: &str| !tag.is_empty() && tag.len() <= 128 && tag.chars().all(word);
    let mut parts = repository.split('/').enumerate();
    let several = repository.contains('/');
    let part = |(index, part): (usize, &str)| {
        let registry = index == 0 && several;
        let good = |c: char| {
            c.is_ascii_lowercase()
                || c.is_ascii_digit()
                || "_.-".contains(c)
                || registry && (c == ':' || c.is_ascii_uppercase() || c == '[' || c == ']')
        };
        // Only a registry may have capitals, and it has a dot, a port, or is localhost.
        let capitals = part.chars().any(|c| c.is_ascii_uppercase());
        let host = part.contains(['.', ':']) || part == "localhost";
        !part.is_empty()
            && part.chars().all(good)
            && (!capitals || host)
            && part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && (registry || part.ends_with(|c: char| c.is_ascii_alphanumeric()))
    };
    parts.all(part) && tag.is_none_or(good_tag) && digest.is_none_or(|own| own.contains(':'))
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
