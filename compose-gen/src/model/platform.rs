//! The platform and its services, and what can be asked of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::health::Health;
use super::mounts::{Mount, Origin};
use super::names::is_label;
use super::pod::Pod;
use super::ports::Port;
use crate::spec::types::{
    Access, Cluster, Condition, Contract, Environment, Mode, Network, Route, SecretFiles,
};

/// Everything there is to generate from.
#[derive(Debug)]
pub(crate) struct Platform {
    /// The project's name.
    pub(crate) name: String,
    /// By name.
    pub(crate) services: BTreeMap<String, Service>,
    /// Named volumes.
    pub(crate) volumes: BTreeMap<String, Volume>,
    /// Networks as written.
    pub(crate) networks: BTreeMap<String, Option<Value>>,
    /// The Kubernetes environments.
    pub(crate) environments: BTreeMap<String, Environment>,
    /// How Compose services get their secrets.
    pub(crate) secret_files: Option<SecretFiles>,
    /// Compose's own secrets, which the Compose file keeps.
    pub(crate) secrets: BTreeMap<String, Value>,
    /// The services that every environment has which runs something of their home profile.
    pub(super) in_base: BTreeSet<String>,
    /// Env file → the variables in it.
    pub(crate) env_files: BTreeMap<String, BTreeSet<String>>,
    /// Compose's `logging` of every service that has none.
    pub(crate) logging: Option<Value>,
    /// The image that waits for others, if one is named.
    pub(crate) wait_image: Option<String>,
    /// Service → its profiles and those of everything that cannot start without it: a profile
    /// then starts by itself, and so does every combination.
    pub(crate) closed_profiles: BTreeMap<String, BTreeSet<String>>,
}

/// A named volume.
#[derive(Debug)]
pub(crate) struct Volume {
    /// The name of its claim.
    pub(crate) claim: String,
    pub(crate) size: String,
    pub(crate) access: Access,
    /// The settings that only the engine reads.
    pub(crate) compose: serde_json::Map<String, Value>,
}

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    /// The file it is written in, from the specification's folder.
    pub(crate) source: String,
    pub(crate) image: String,
    pub(crate) build: Option<Value>,
    pub(crate) profiles: Vec<String>,
    pub(crate) entrypoint: Option<Vec<String>>,
    pub(crate) command: Option<Vec<String>>,
    /// Variable → text, in which a secret's variable may be mentioned.
    pub(crate) environment: BTreeMap<String, String>,
    /// Environment → variable → another text, or none.
    pub(crate) overrides: BTreeMap<String, BTreeMap<String, Option<String>>>,
    /// Variable → the secret that holds it.
    pub(crate) secrets: BTreeMap<String, String>,
    /// The env file that has the secrets.
    pub(crate) env_file: Option<String>,
    pub(crate) ports: Vec<Port>,
    pub(crate) depends: BTreeMap<String, Dependency>,
    pub(crate) health: Health,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) shm: Option<u64>,
    pub(crate) restart: Restart,
    /// Compose's own word for it.
    pub(crate) restart_word: Option<String>,
    pub(crate) mode: Mode,
    /// The keys of `deploy` that only engines read.
    pub(crate) deploy_rest: serde_json::Map<String, Value>,
    pub(crate) amounts: Amounts,
    /// Other amounts by environment.
    pub(crate) resources: BTreeMap<String, Amounts>,
    pub(crate) replicas: u32,
    pub(crate) replicas_by: BTreeMap<String, u32>,
    pub(crate) user: Option<(u64, Option<u64>)>,
    pub(crate) user_word: Option<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) working_dir: Option<String>,
    pub(crate) privileged: bool,
    pub(crate) cap_add: Vec<String>,
    pub(crate) cap_drop: Vec<String>,
    pub(crate) read_only: bool,
    /// Milliseconds.
    pub(crate) grace: u64,
    pub(crate) networks: BTreeMap<String, Network>,
    pub(crate) hosts: BTreeSet<(String, String)>,
    pub(crate) sysctls: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) pull_policy: Option<String>,
    pub(crate) tty: bool,
    pub(crate) stdin: bool,
    pub(crate) absent: BTreeMap<String, String>,
    pub(crate) routes: Vec<Route>,
    pub(crate) liveness: bool,
    pub(crate) role: Option<String>,
    /// The data of an image that is built elsewhere.
    pub(crate) contract: Option<Contract>,
    pub(crate) patches: BTreeMap<String, Value>,
    /// Further names it has on the network: links' aliases, its container's name.
    pub(crate) more_names: BTreeSet<String>,
    /// Its wishes about the Pod.
    pub(crate) pod: Pod,
    /// Keys that only Compose has.
    pub(crate) uncarried: BTreeMap<String, Value>,
    /// Its place in the order of starting, from 0.
    pub(crate) wave: usize,
}

/// The condition that a dependant waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dependency {
    pub(crate) condition: Condition,
    pub(crate) required: bool,
    /// Whether Compose restarts the dependant with it.
    pub(crate) restart: bool,
}

/// When a service starts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restart {
    /// It runs for ever.
    Always,
    /// It ends; so many further tries.
    Job(u32),
}

/// Limits and requests in bytes and thousandths of a CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) memory: Option<u64>,
    pub(crate) cpus: Option<u64>,
    pub(crate) memory_request: Option<u64>,
    pub(crate) cpus_request: Option<u64>,
}

impl Service {
    /// The profile whose folder and Application it belongs to.
    pub(crate) fn home(&self) -> &str {
        self.profiles.first().map_or("default", String::as_str)
    }

    /// Aliases in all its networks that a Service can have.
    pub(crate) fn aliases(&self) -> BTreeSet<&str> {
        let aliases = self.networks.values().flat_map(|n| &n.aliases).chain(&self.more_names);
        let fits = |alias: &&str| *alias != self.name && is_label(alias);
        aliases.map(String::as_str).filter(fits).collect()
    }

    /// The volumes that become claims.
    pub(crate) fn claims<'a>(&'a self, platform: &'a Platform) -> impl Iterator<Item = &'a str> {
        let secrets = platform.secret_files.as_ref().map(|files| files.volume.as_str());
        let names = self.mounts.iter().filter_map(|mount| match &mount.origin {
            Origin::Volume(name) => Some(name.as_str()),
            _ => None,
        });
        // Mounted in two places it is still one claim.
        let mut seen = BTreeSet::new();
        names.filter(move |name| Some(*name) != secrets && seen.insert(*name))
    }

    /// Resources in an environment; `None` is the base.
    pub(crate) fn amounts(&self, environment: Option<&str>) -> Amounts {
        let mut amounts = self.amounts;
        if let Some(other) = environment.and_then(|name| self.resources.get(name)) {
            // A limit takes the request of the base away.
            if other.memory.is_some() {
                (amounts.memory, amounts.memory_request) = (other.memory, None);
            }
            if other.cpus.is_some() {
                (amounts.cpus, amounts.cpus_request) = (other.cpus, None);
            }
            amounts.memory_request = other.memory_request.or(amounts.memory_request);
            amounts.cpus_request = other.cpus_request.or(amounts.cpus_request);
        }
        amounts
    }

    /// The kind of its workload.
    pub(crate) fn kind(&self, platform: &Platform) -> &'static str {
        match self.restart {
            Restart::Job(_) => "Job",
            Restart::Always if self.mode == Mode::Global => "DaemonSet",
            Restart::Always if self.claims(platform).next().is_some() => "StatefulSet",
            Restart::Always => "Deployment",
        }
    }

    /// How a Deployment replaces its pods, where that is not the default.
    pub(crate) fn strategy(
        &self,
        platform: &Platform,
        environment: Option<&Environment>,
    ) -> Option<Value> {
        // A cluster on one machine has no room for the old pods beside the new ones, and
        // Compose replaces a container in the same way.
        let on_one_machine =
            environment.is_some_and(|environment| environment.cluster == Cluster::Kind);
        (on_one_machine && self.kind(platform) == "Deployment")
            .then(|| serde_json::json!({"type": "Recreate"}))
    }

    /// The services that it waits for in an environment.
    pub(crate) fn waits<'a>(
        &'a self,
        platform: &'a Platform,
        environment: Option<&str>,
    ) -> Vec<(&'a Service, &'a Dependency)> {
        let known = self
            .depends
            .iter()
            .filter_map(|(name, dependency)| Some((platform.services.get(name)?, dependency)));
        known
            .filter(|(service, _)| platform.runs(service, environment))
            .filter(|(service, _)| platform.leader(service).name != platform.leader(self).name)
            .filter(|(_, dependency)| dependency.condition != Condition::ServiceStarted)
            .collect()
    }

    pub(crate) fn pods(&self, environment: Option<&Environment>, name: Option<&str>) -> u32 {
        if self.mode == Mode::Global {
            return environment.and_then(|e| e.nodes).unwrap_or(1);
        }
        name.and_then(|name| self.replicas_by.get(name)).copied().unwrap_or(self.replicas)
    }

    /// The text of each variable in an environment, secrets' own variables aside.
    pub(crate) fn variables(&self, environment: Option<&str>) -> BTreeMap<&str, &str> {
        let mut all: BTreeMap<&str, &str> =
            self.environment.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        for (name, text) in environment.and_then(|e| self.overrides.get(e)).into_iter().flatten() {
            match text {
                Some(text) => all.insert(name, text),
                None => all.remove(name.as_str()),
            };
        }
        all
    }

    /// The secrets' variables that it has in an environment: variable → secret.
    pub(crate) fn secret_variables(&self, environment: Option<&str>) -> BTreeMap<&str, &str> {
        let overrides = environment.and_then(|e| self.overrides.get(e));
        let kept = |name: &str| overrides.is_none_or(|overrides| !overrides.contains_key(name));
        self.secrets
            .iter()
            .map(|(variable, secret)| (variable.as_str(), secret.as_str()))
            .filter(|(name, _)| kept(name) && !self.environment.contains_key(*name))
            .collect()
    }
}

impl Platform {
    /// Whether a service runs in an environment; `None` stands for the base, which holds what
    /// every environment has that runs something of its home profile.
    pub(crate) fn runs(&self, service: &Service, environment: Option<&str>) -> bool {
        match environment {
            Some(name) => self.deployed(service, name),
            None => self.in_base.contains(&service.name),
        }
    }

    /// The services of the base.
    pub(super) fn base(&self) -> BTreeSet<String> {
        let here = |home: &str, environment: &str| {
            self.services.values().any(|s| s.home() == home && self.deployed(s, environment))
        };
        let mut homes: BTreeMap<(&str, &str), bool> = BTreeMap::new();
        for environment in self.environments.keys() {
            for home in self.homes() {
                homes.insert((home, environment), here(home, environment));
            }
        }
        let everywhere = |service: &&Service| {
            self.environments.keys().all(|environment| {
                self.deployed(service, environment)
                    || !homes[&(service.home(), environment.as_str())]
            })
        };
        self.services.values().filter(everywhere).map(|service| service.name.clone()).collect()
    }

    /// As in Compose, a profile brings everything with it that cannot be missing.
    fn deployed(&self, service: &Service, environment: &str) -> bool {
        let profiles = self.environments.get(environment).and_then(|e| e.profiles.as_ref());
        let closed = self.closed_profiles.get(&service.name);
        let wanted = |wanted: &Vec<String>| {
            closed
                .is_none_or(|closed| closed.is_empty() || wanted.iter().any(|p| closed.contains(p)))
        };
        !service.absent.contains_key(environment) && profiles.is_none_or(wanted)
    }

    /// The service whose Pod a service runs in; nearly always itself.
    pub(crate) fn leader<'a>(&'a self, service: &'a Service) -> &'a Service {
        let mut here = service;
        // A circle is a mistake that is reported elsewhere.
        for _ in 0..self.services.len() {
            let Some(next) = here.pod.leader.as_ref().and_then(|name| self.services.get(name))
            else {
                break;
            };
            here = next;
        }
        here
    }

    /// The services whose containers are in the Pod of a service, itself first.
    pub(crate) fn crew<'a>(
        &'a self,
        service: &'a Service,
        environment: Option<&str>,
    ) -> Vec<&'a Service> {
        let others = self.services.values().filter(|other| {
            other.name != service.name
                && self.leader(other).name == service.name
                && self.runs(other, environment)
        });
        std::iter::once(service).chain(others).collect()
    }

    /// Whether two services may run at the same time: not with different profiles, of which nobody asks
    /// for both.
    pub(crate) fn meet(&self, one: &str, other: &str) -> bool {
        let [one, other] = [one, other].map(|name| self.closed_profiles.get(name));
        match (one, other) {
            (Some(one), Some(other)) => {
                one.is_empty() || other.is_empty() || !one.is_disjoint(other)
            }
            _ => true,
        }
    }

    /// The services that have an alias.
    pub(crate) fn owners(&self, alias: &str) -> Vec<&Service> {
        self.services.values().filter(|service| service.aliases().contains(alias)).collect()
    }

    /// The claim of a volume.
    pub(crate) fn claim<'a>(&'a self, volume: &'a str) -> &'a str {
        self.volumes.get(volume).map_or(volume, |volume| volume.claim.as_str())
    }

    /// Whether an environment leaves a home profile to whoever asks for it.
    pub(crate) fn is_opt_in(&self, environment: &Environment, home: &str) -> bool {
        let always = |service: &&Service| {
            service.home() == home
                && self.closed_profiles.get(&service.name).is_none_or(BTreeSet::is_empty)
        };
        environment.opt_in.iter().any(|profile| profile == home)
            && self.services.values().find(always).is_none()
    }

    /// The services of an environment.
    pub(crate) fn services_in<'a>(
        &'a self,
        environment: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Service> {
        self.services.values().filter(move |service| self.runs(service, environment))
    }

    /// The services that mount a volume as a claim.
    pub(crate) fn consumers(&self, volume: &str) -> Vec<&Service> {
        self.services.values().filter(|s| s.claims(self).any(|name| name == volume)).collect()
    }

    /// Every profile, sorted.
    pub(crate) fn profiles(&self) -> BTreeSet<&str> {
        self.services.values().flat_map(|s| &s.profiles).map(String::as_str).collect()
    }

    /// Every home profile, sorted.
    pub(crate) fn homes(&self) -> BTreeSet<&str> {
        self.services.values().map(Service::home).collect()
    }
}
