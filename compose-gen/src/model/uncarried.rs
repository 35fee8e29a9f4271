//! Keys that Kubernetes does not get, or gets in another form: each key is reported, and stays in the
//! Compose file where Compose reads it.

use std::collections::{BTreeMap, BTreeSet};

use common::diagnostic::Diagnostic;
use serde_json::Value;

use super::names::is_label;
use super::pod::Kept;
use super::{Builder, Pod};
use crate::spec::text;
use crate::spec::types::{self, Dependencies, Networks};

/// The code of what Kubernetes does not get.
pub(crate) const NOT_CARRIED: &str = "not-carried";
/// The code of what Kubernetes gets in another form.
pub(crate) const CHANGED: &str = "changed";
/// The largest number of a user or group.
const LARGEST: u64 = i32::MAX as u64;

impl Builder<'_> {
    pub(super) fn groups(&mut self, name: &str, service: &types::Service) -> Vec<String> {
        let groups: Vec<String> = service.group_add.iter().map(ToString::to_string).collect();
        for (index, group) in groups.iter().enumerate() {
            if group.parse::<u64>().ok().is_none_or(|number| number > LARGEST) {
                let message =
                    format!("Kubernetes needs a number below 2^31 for the group \"{group}\"");
                let index = index.to_string();
                self.say.warning(NOT_CARRIED, message, &["services", name, "group_add", &index]);
            }
        }
        groups
    }

    /// The names that Compose's keys without a counterpart give to `name` or to others: aliases
    /// of `links` and `container_name`. They become Services.
    pub(super) fn more_names(&self, name: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (service, key, value) in &self.spec.uncarried {
            match key.as_str() {
                "container_name" if service == name => {
                    names.extend(value.as_str().map(text::settled));
                }
                "links" => {
                    let links = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                    let aliases = links.filter_map(|link| link.split_once(':'));
                    let aliases = aliases.filter(|(target, _)| *target == name);
                    names.extend(aliases.map(|(_, alias)| alias.to_owned()));
                }
                _ => {}
            }
        }
        names.retain(|alias| is_label(alias) && !self.document.services.contains_key(alias));
        names
    }

    /// Keys that the Compose file keeps as they are, and what the Pod gets of them.
    pub(super) fn uncarried(
        &mut self,
        name: &str,
        stateful: bool,
    ) -> (BTreeMap<String, Value>, Pod) {
        let (mut keys, mut pod) = (BTreeMap::new(), Pod::default());
        let spec = self.spec;
        for (service, key, value) in &spec.uncarried {
            if service != name {
                continue;
            }
            keys.insert(key.clone(), value.clone());
            let kept = pod.take(key, value, stateful);
            self.tell(name, &[key], key, kept);
        }
        (keys, pod)
    }

    /// Reports the fate of a key of a service.
    pub(super) fn tell(&mut self, name: &str, path: &[&str], key: &str, kept: Kept) {
        let (code, short) = match kept {
            Kept::Whole => return,
            Kept::Changed(how) => (CHANGED, how),
            Kept::Not(why) => {
                let usual = crate::spec::uncarried::reason(key).unwrap_or_default();
                let usual = match key {
                    "container_name" => self.container_name(name, usual),
                    _ => usual.to_owned(),
                };
                let why = why.unwrap_or(usual);
                (NOT_CARRIED, format!("stays in the Compose file: {why}"))
            }
        };
        let message = format!("{key} of \"{name}\": {short}");
        let diagnostic = Diagnostic::warning(code, message).short(short);
        let steps: Vec<&str> = ["services", name].into_iter().chain(path.iter().copied()).collect();
        self.say.push(diagnostic, &steps);
    }

    /// Whether a Service has the container's name depends on the name.
    fn container_name(&self, service: &str, usual: &str) -> String {
        let said = self
            .spec
            .uncarried
            .iter()
            .find(|(owner, key, _)| owner == service && key == "container_name");
        let name =
            said.and_then(|(_, _, value)| value.as_str()).map(text::settled).unwrap_or_default();
        match is_label(&name) {
            true => usual.to_owned(),
            false => {
                format!("pods are named by their workload, and no Service can be called {name}")
            }
        }
    }

    /// Keys inside keys that neither side gets: Docker Swarm's, and details of long forms.
    pub(super) fn lesser(&mut self, name: &str, service: &types::Service) {
        let mut found: Vec<(Vec<String>, &str)> = Vec::new();
        let mut note = |path: &[&str], present: bool, why: &'static str| {
            if present {
                found.push((path.iter().map(|step| (*step).to_owned()).collect(), why));
            }
        };
        if let Some(deploy) = &service.deploy {
            let swarm = "only Docker Swarm reads it";
            note(&["deploy", "restart_policy"], deploy.restart_policy.is_some(), swarm);
            note(&["deploy", "update_config"], deploy.update_config.is_some(), swarm);
            note(&["deploy", "rollback_config"], deploy.rollback_config.is_some(), swarm);
            note(&["deploy", "placement"], deploy.placement.is_some(), swarm);
            note(&["deploy", "endpoint_mode"], deploy.endpoint_mode.is_some(), swarm);
            note(&["deploy", "labels"], deploy.labels.is_some(), swarm);
            let parts = [
                ("limits", &deploy.resources.limits),
                ("reservations", &deploy.resources.reservations),
            ];
            for (part, amounts) in parts {
                let path = ["deploy", "resources", part];
                let why = "the kubelet's setting";
                note(&[&path[..], &["pids"]].concat(), amounts.pids.is_some(), why);
            }
        }
        for (index, port) in service.ports.iter().enumerate() {
            let types::Port::Long(long) = port else { continue };
            let index = index.to_string();
            let why = "ports are named by protocol and number";
            note(&["ports", &index, "name"], long.name.is_some(), why);
            note(&["ports", &index, "mode"], long.mode.is_some(), "only Docker Swarm reads it");
            note(&["ports", &index, "app_protocol"], long.app_protocol.is_some(), why);
        }
        for (index, mount) in service.volumes.iter().enumerate() {
            let types::Mount::Long(long) = mount else { continue };
            let index = index.to_string();
            let why = "options of a mount belong to the engine";
            note(&["volumes", &index, "bind"], long.bind.is_some(), why);
            let copied = "Kubernetes copies nothing into a volume, and has no such option";
            let memory = "memory of a Pod has a size and no permissions";
            for (part, options, carried, why) in [
                ("volume", &long.volume, "subpath", copied),
                ("tmpfs", &long.tmpfs, "size", memory),
            ] {
                let keys = options.as_ref().and_then(Value::as_object).into_iter().flatten();
                for (key, _) in keys {
                    note(&["volumes", &index, part, key], key != carried, why);
                }
            }
            note(&["volumes", &index, "consistency"], long.consistency.is_some(), why);
        }
        for (index, used) in service.configs.iter().enumerate() {
            let types::ConfigUse::Long(long) = used else { continue };
            let index = index.to_string();
            let why = "the files of a ConfigMap belong to root";
            note(&["configs", &index, "uid"], long.uid.is_some(), why);
            note(&["configs", &index, "gid"], long.gid.is_some(), why);
        }
        if let Some(Dependencies::Map(map)) = &service.depends_on {
            for (other, dependency) in map {
                let why = "a restart is not passed on in Kubernetes";
                note(&["depends_on", other, "restart"], dependency.restart.is_some(), why);
            }
        }
        if let Some(Networks::Map(map)) = &service.networks {
            for (network, settings) in
                map.iter().filter_map(|(name, settings)| Some((name, settings.as_ref()?)))
            {
                let why = "the network assigns addresses";
                for (key, value) in settings.engine() {
                    note(&["networks", network, key], !value.is_null(), why);
                }
            }
        }
        let interval = service.healthcheck.as_ref().and_then(|check| check.start_interval.as_ref());
        note(
            &["healthcheck", "start_interval"],
            interval.is_some(),
            "a startup probe has one period",
        );
        for (path, why) in found {
            let message =
                format!("{} of \"{name}\" is not carried to Kubernetes: {why}", path.join("."));
            let mut steps = vec!["services", name];
            steps.extend(path.iter().map(String::as_str));
            let diagnostic = Diagnostic::warning(NOT_CARRIED, message).short(why);
            self.say.push(diagnostic, &steps);
        }
    }
}
