//! From the document to the model, with every mistake in the report.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::builder::Builder;
use super::mounts::{Mount, Origin};
use super::platform::{Dependency, Platform, Service, Volume};
use super::profiles;
use super::uncarried::NOT_CARRIED;
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
                service.mounts.push(Mount {
                    origin: Origin::Volume(files.volume.clone()),
                    target: files.path.trim_end_matches('/').to_owned(),
                    read_only: true,
                    mode: vec!["ro".into()],
                    options: serde_json::Map::new(),
                });
            }
        }
        let wait_image = document
            .wait
            .as_ref()
            .and_then(|name| services.get(name))
            .map(|service| service.image.clone());
        let environments = self.environments();
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
            secrets.flat_map(|s| &s.keys).map(|key| key.variable.clone()).collect()
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

    fn environments(&self) -> BTreeMap<String, Environment> {
        let mut all = self.document.environments.clone();
        if all.is_empty() {
            // An ordinary Compose project still gets its Kubernetes side.
            let environment = Environment {
                namespace: self.document.name.clone().unwrap_or_else(|| self.project()),
                ..Environment::default()
            };
            all.insert("local".into(), environment);
        }
        all
    }

    fn volumes(&mut self) -> BTreeMap<String, Volume> {
        let mut all = BTreeMap::new();
        for (name, volume) in &self.document.volumes {
            let compose = serde_json::Map::new();
            let mut made = Volume { size: "1Gi".into(), access: Access::ReadWriteOnce, compose };
            if let Some(volume) = volume {
                let labels = self.pairs(name, "labels", volume.labels.as_ref());
                let keys = [
                    ("driver", volume.driver.clone().map(Value::from)),
                    ("name", volume.name.clone().map(Value::from)),
                    ("driver_opts", volume.driver_opts.clone()),
                    ("external", volume.external.map(Value::from)),
                    ("labels", (!labels.is_empty()).then(|| labels.into_iter().collect())),
                ];
                let keys = keys.into_iter().filter_map(|(key, own)| Some((key.to_owned(), own?)));
                made.compose.extend(keys);
                if volume.external == Some(true) {
                    let message = format!("volume \"{name}\" exists already, and its claim is new");
                    self.warning(NOT_CARRIED, message, &["volumes", name, "external"]);
                }
                if let Some(claim) = &volume.claim {
                    if let Some(size) = &claim.size {
                        if !crate::spec::quantity::is_storage(size) {
                            let path = ["volumes", name, "x-claim", "size"];
                            let message = format!("\"{size}\" is no size of a claim, such as 5Gi");
                            self.error("bad-quantity", message, &path);
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
