//! From the document to the model, with every mistake in the report.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::builder::Builder;
use super::mounts::{Mount, Origin};
use super::names::{LABEL, RESERVED, label, marked};
use super::platform::{Dependency, Platform, Restart, Service, Volume};
use super::uncarried::{CHANGED, NOT_CARRIED};
use super::{config_maps, profiles};
use crate::spec::types::{Access, Condition, Environment, SecretFiles};

impl Builder<'_> {
    pub(super) fn platform(&mut self) -> Platform {
        let document = self.document;
        let services = document.services.iter();
        let mut services: BTreeMap<String, Service> =
            services.map(|(name, service)| (name.clone(), self.service(name, service))).collect();
        if let Some(files) = &document.secret_files {
            for service in services.values_mut().filter(|s| !s.secrets.is_empty()) {
                let written = Dependency {
                    condition: Condition::ServiceCompletedSuccessfully,
                    required: true,
                    restart: false,
                };
                service.depends.insert(files.service.clone(), written);
                let origin = Origin::Volume(files.volume.clone());
                let mut mount = Mount::new(origin, files.path.trim_end_matches('/'));
                (mount.read_only, mount.mode) = (true, vec!["ro".into()]);
                service.mounts.push(mount);
            }
        }
        config_maps::name(&mut services, self.spec.sources.base());
        self.crews(&mut services);
        let wait_image = document
            .wait
            .as_ref()
            .and_then(|name| services.get(name))
            .map(|service| service.image.clone());
        let environments = self.environments(&services);
        let mut platform = Platform {
            name: document.name.clone().unwrap_or_else(|| self.project()),
            volumes: self.volumes(),
            networks: document.networks.clone(),
            environments,
            secret_files: document.secret_files.as_ref().map(|files| SecretFiles {
                service: files.service.clone(),
                volume: files.volume.clone(),
                path: files.path.trim_end_matches('/').to_owned(),
            }),
            secrets: document.compose_secrets.clone(),
            env_files: self.env_files(),
            logging: document.logging.as_ref().map(|logging| serde_json::json!(logging)),
            wait_image,
            closed_profiles: profiles::closed(&services),
            in_base: BTreeSet::new(),
            services,
        };
        platform.in_base = platform.base();
        platform
    }

    fn env_files(&self) -> BTreeMap<String, BTreeSet<String>> {
        let catalogue = self.catalogue();
        let variables = |file: &common::catalogue::EnvFile| {
            let secrets = file.secrets.iter().map(|index| &catalogue.secrets[*index]);
            secrets.flat_map(common::catalogue::Secret::variables).map(str::to_owned).collect()
        };
        catalogue.env_files.iter().map(|file| (file.name.clone(), variables(file))).collect()
    }

    /// The folder's name, as Compose would take it.
    pub(super) fn project(&self) -> String {
        let folder = self.spec.sources.folder.canonicalize().ok();
        let name = folder.as_deref().and_then(|f| f.file_name()).unwrap_or_default();
        let name: String = name
            .to_string_lossy()
            .to_lowercase()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        let name = name.trim_matches('-');
        if name.is_empty() { "platform".into() } else { name.into() }
    }

    fn environments(&self, services: &BTreeMap<String, Service>) -> BTreeMap<String, Environment> {
        let mut all = self.document.environments.clone();
        if all.is_empty() {
            // An ordinary Compose project still gets its Kubernetes side.
            let environment = Environment {
                namespace: label(&self.document.name.clone().unwrap_or_else(|| self.project())),
                opt_in: opt_in(services),
                ..Environment::default()
            };
            all.insert("local".into(), environment);
        }
        all
    }

    /// The claim of a volume: its name as a label, with a checksum where another volume has the same.
    fn claim(&self, name: &str) -> String {
        let claim = label(name);
        let mut all = self.document.volumes.keys().filter(|other| label(other) == claim);
        let exact = self.document.volumes.contains_key(&claim);
        let first =
            if exact { claim == *name } else { all.next().is_some_and(|other| other == name) };
        let free = first && !RESERVED.contains(&claim.as_str());
        if free { claim } else { marked(&claim, name, LABEL) }
    }

    /// The services that share a Pod: each has a leader that is there, and runs as long as it.
    fn crews(&mut self, services: &mut BTreeMap<String, Service>) {
        let names: Vec<String> = services.keys().cloned().collect();
        for name in &names {
            let Some(leader) = services[name].pod.leader.clone() else { continue };
            let path = ["services", name, "network_mode"];
            let mut seen = vec![name.clone()];
            let mut here = leader.clone();
            while let Some(next) =
                services.get(&here).and_then(|service| service.pod.leader.clone())
            {
                if seen.contains(&here) {
                    break;
                }
                seen.push(std::mem::replace(&mut here, next));
            }
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            let fault = match services.get(&here) {
                None => {
                    self.say.unknown("unknown-service", "service", &leader, &known, &path);
                    true
                }
                Some(_) if seen.contains(&here) => {
                    let message =
                        format!("services share the network of each other: {}", seen.join(", "));
                    self.say.error("cycle", message, &path);
                    true
                }
                Some(leader) => {
                    let ends = leader.restart != Restart::Always;
                    if ends {
                        let message = format!(
                            "\"{name}\" has a Pod of its own: that of \"{here}\" is a Job's"
                        );
                        self.say.warning(NOT_CARRIED, message, &path);
                    }
                    ends
                }
            };
            let Some(service) = services.get_mut(name) else { continue };
            if fault {
                service.pod.leader = None;
            } else if service.restart != Restart::Always {
                service.restart = Restart::Always;
                let message =
                    format!("\"{name}\" starts again whenever it ends, in the Pod of \"{here}\"");
                self.say.warning(CHANGED, message, &["services", name, "restart"]);
            }
        }
    }

    fn volumes(&mut self) -> BTreeMap<String, Volume> {
        let mut all = BTreeMap::new();
        for (name, volume) in &self.document.volumes {
            let compose = serde_json::Map::new();
            let claim = self.claim(name);
            let size = String::from("1Gi");
            let mut made = Volume { claim, size, access: Access::ReadWriteOnce, compose };
            if let Some(volume) = volume {
                let labels = self.pairs(name, "labels", volume.labels.as_ref());
                let keys = [
                    ("driver", volume.driver.clone().map(Value::from)),
                    ("name", volume.name.clone().map(Value::from)),
                    ("driver_opts", volume.driver_opts.clone()),
                    ("external", volume.external.map(Value::from)),
                    ("labels", (!labels.is_empty()).then(|| labels.into_iter().collect())),
                ];
                let keys =
                    keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
                made.compose.extend(keys);
                if volume.external == Some(true) {
                    let message = format!("volume \"{name}\" exists already, and its claim is new");
                    self.say.warning(NOT_CARRIED, message, &["volumes", name, "external"]);
                }
                if let Some(claim) = &volume.claim {
                    if let Some(size) = &claim.size {
                        if !crate::spec::quantity::is_storage(size) {
                            let path = ["volumes", name, "x-claim", "size"];
                            let message =
                                format!("\"{size}\" is not a size of a claim, such as 5Gi");
                            self.say.error("bad-quantity", message, &path);
                        }
                        made.size = size.clone();
                    }
                    made.access = claim.access.unwrap_or(Access::ReadWriteOnce);
                }
            }
            all.insert(name.clone(), made);
        }
        all
    }
}

/// The profiles that a person asks for: those of a project that also has services without any.
fn opt_in(services: &BTreeMap<String, Service>) -> Vec<String> {
    if services.values().all(|service| !service.profiles.is_empty()) {
        return Vec::new();
    }
    let homes: BTreeSet<&str> = services
        .values()
        .filter(|service| !service.profiles.is_empty())
        .map(Service::home)
        .collect();
    homes.into_iter().map(str::to_owned).collect()
}
