//! The platform in one form: what Compose writes in several ways is one thing here, every
//! reference has been checked, and amounts are numbers.

pub(crate) mod budget;
mod builder;
mod checks;
mod health;
mod mounts;
mod order;
mod patch;
mod ports;
mod profiles;
mod secrets;
mod service;
mod uncarried;

use std::collections::{BTreeMap, BTreeSet};

use common::diagnostic::{Diagnostic, Report};
use serde_json::Value;

use crate::spec::types::{
    Access, Condition, Environment, Mode, Network, Resources, Route, SecretFiles,
};
use crate::spec::{Sources, Spec};

use builder::Builder;
pub(crate) use health::{Check, Health};
pub(crate) use mounts::{File, Mount, Origin};
pub(crate) use ports::Port;

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
    in_base: BTreeSet<String>,
    /// Env file → the variables in it.
    pub(crate) env_files: BTreeMap<String, BTreeSet<String>>,
    /// The image that waits for others, if one is named.
    pub(crate) wait_image: Option<String>,
    /// Service → its profiles and those of everything that cannot start without it: a profile
    /// then starts by itself, and so does every combination.
    pub(crate) closed_profiles: BTreeMap<String, BTreeSet<String>>,
}

/// A named volume.
#[derive(Debug)]
pub(crate) struct Volume {
    pub(crate) size: String,
    pub(crate) access: Access,
    /// What the engine is told about it.
    pub(crate) compose: serde_json::Map<String, Value>,
}

/// A service.
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
    /// What of `deploy` only engines read.
    pub(crate) deploy_rest: serde_json::Map<String, Value>,
    pub(crate) amounts: Amounts,
    pub(crate) resources: BTreeMap<String, Resources>,
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
    pub(crate) patches: BTreeMap<String, Value>,
    /// Further names it has on the network: links' aliases, its container's name.
    pub(crate) more_names: BTreeSet<String>,
    /// Keys that only Compose has.
    pub(crate) uncarried: BTreeMap<String, Value>,
    /// Its place in the order of starting, from 0.
    pub(crate) wave: usize,
}

/// What a dependant waits for.
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

    /// Aliases in all its networks.
    pub(crate) fn aliases(&self) -> BTreeSet<&str> {
        let aliases = self.networks.values().flat_map(|n| &n.aliases).chain(&self.more_names);
        aliases.map(String::as_str).filter(|alias| *alias != self.name).collect()
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
        use crate::spec::quantity::{cpus, memory};
        let mut amounts = self.amounts;
        if let Some(own) = environment.and_then(|name| self.resources.get(name)) {
            let text = |scalar: &Option<crate::spec::types::Scalar>| {
                scalar.as_ref().map(ToString::to_string)
            };
            if let Some(value) = text(&own.memory).and_then(|t| memory(&t)) {
                amounts.memory = Some(value);
                amounts.memory_request = None;
            }
            if let Some(value) = text(&own.cpus).and_then(|t| cpus(&t)) {
                amounts.cpus = Some(value);
                amounts.cpus_request = None;
            }
            if let Some(value) = text(&own.memory_request).and_then(|t| memory(&t)) {
                amounts.memory_request = Some(value);
            }
            if let Some(value) = text(&own.cpus_request).and_then(|t| cpus(&t)) {
                amounts.cpus_request = Some(value);
            }
        }
        amounts
    }

    /// Pods in an environment.
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
        let own = environment.and_then(|e| self.overrides.get(e));
        let kept = |name: &str| own.is_none_or(|own| !own.contains_key(name));
        self.secrets
            .iter()
            .map(|(variable, secret)| (variable.as_str(), secret.as_str()))
            .filter(|(name, _)| kept(name) && !self.environment.contains_key(*name))
            .collect()
    }
}

impl Platform {
    /// The platform of a specification, and the same for the Compose file. Every mistake goes
    /// to the report.
    pub(crate) fn build(spec: &Spec, report: &mut Report) -> (Platform, Platform) {
        let mut platform = Builder { spec, document: &spec.document, report }.platform();
        checks::all(&mut platform, spec, report);
        let mut quiet = Report::default();
        let mut compose = Builder { spec, document: &spec.compose, report: &mut quiet }.platform();
        secrets::late(&compose, spec, report);
        for (name, service) in &mut compose.services {
            service.wave = platform.services.get(name).map_or(0, |other| other.wave);
        }
        (platform, compose)
    }

    /// Whether a service runs in an environment; `None` stands for the base, which holds what
    /// every environment has that runs something of its home profile.
    pub(crate) fn runs(&self, service: &Service, environment: Option<&str>) -> bool {
        match environment {
            Some(name) => self.deployed(service, name),
            None => self.in_base.contains(&service.name),
        }
    }

    /// The services of the base.
    fn base(&self) -> BTreeSet<String> {
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
        let own = self.closed_profiles.get(&service.name);
        let wanted = |wanted: &Vec<String>| {
            own.is_none_or(|own| own.is_empty() || wanted.iter().any(|p| own.contains(p)))
        };
        !service.absent.contains_key(environment) && profiles.is_none_or(wanted)
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

/// Puts a diagnostic at a path of the specification.
pub(crate) fn at(diagnostic: Diagnostic, sources: &Sources, path: &[&str]) -> Diagnostic {
    match sources.place(path) {
        Some(place) => diagnostic.at(place, ""),
        None => diagnostic,
    }
}

/// A name of Compose as a DNS label: `_` and `.` become `-`, and letters lower-case.
pub(crate) fn label(name: &str) -> String {
    let good = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(good).collect()
}

/// Whether `key` can be an annotation's: `[domain/]name`, at most 63 letters, digits, -, _ and .
/// with a letter or digit at both ends.
pub(crate) fn is_annotation(key: &str) -> bool {
    let (prefix, name) = match key.rsplit_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let ends = |c: char| c.is_ascii_alphanumeric();
    !name.is_empty()
        && name.len() <= 63
        && name.chars().all(good)
        && name.starts_with(ends)
        && name.ends_with(ends)
        && prefix.is_none_or(|domain| domain.split('.').all(is_label))
}

/// Whether `name` is a DNS label, which names of Kubernetes objects and hosts must be.
pub(crate) fn is_label(name: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty()
        && name.len() <= 63
        && name.chars().all(good)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
}
