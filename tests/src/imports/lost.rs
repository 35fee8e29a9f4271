//! Parts of a project that Docker Compose sees and Kubernetes lacks, without a word in the report.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::project::Imported;

/// One line for each image, command, variable, port, mount and dependency that is lost. Services of
/// profiles that are not deployed are compared with nothing.
pub fn lost(project: &Imported, objects: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    let Some(config) = &project.config else { return lines };
    for (name, service) in config["services"].as_object().into_iter().flatten() {
        let kubernetes = project.report.name(name);
        let workload = objects.iter().find(|object| {
            object.pointer("/spec/template").is_some()
                && containers(object).iter().any(|container| container["name"] == kubernetes)
        });
        let Some(workload) = workload else {
            if !project.report.mentions(name, &["profiles", "provider", "deploy"], name) {
                lines.push(format!("{name}: no workload"));
            }
            continue;
        };
        let empty = Value::Null;
        let all = containers(workload);
        let container =
            all.iter().find(|container| container["name"] == kubernetes).unwrap_or(&empty);
        let side = Side { project, name, service, workload, container, objects };
        let mut lose = |keys: &[&str], item: &str, why: String| {
            if !project.report.mentions(name, keys, item) {
                lines.push(format!("{name}: {why}"));
            }
        };
        side.image(&mut lose);
        side.words(&mut lose);
        side.environment(&mut lose);
        side.ports(&mut lose);
        side.mounts(&mut lose);
        side.dependencies(&mut lose);
        side.rest(&mut lose);
    }
    lines
}

struct Side<'a> {
    project: &'a Imported,
    name: &'a str,
    service: &'a Value,
    workload: &'a Value,
    container: &'a Value,
    objects: &'a [Value],
}

type Lose<'l> = dyn FnMut(&[&str], &str, String) + 'l;

impl Side<'_> {
    fn image(&self, lose: &mut Lose<'_>) {
        let project = self.project.config.as_ref().map(|config| config["name"].clone());
        let built = format!("{}-{}", project.unwrap_or_default().as_str().unwrap_or(""), self.name);
        let wanted = self.service["image"].as_str().unwrap_or(&built);
        let there = self.container["image"].as_str().unwrap_or_default();
        if there != wanted {
            lose(&["image", "build"], wanted, format!("image {wanted} is {there}"));
        }
    }

    fn words(&self, lose: &mut Lose<'_>) {
        let words = |value: &Value| -> Vec<String> {
            let items = value.as_array().into_iter().flatten();
            items.map(|word| kubelet(word.as_str().unwrap_or_default())).collect()
        };
        let said = |key: &str| -> Option<Vec<String>> {
            let items = self.service[key].as_array()?;
            Some(items.iter().map(|word| dollar(word.as_str().unwrap_or_default())).collect())
        };
        let (command, args) = (words(&self.container["command"]), words(&self.container["args"]));
        let there: Vec<String> = command.iter().chain(&args).cloned().collect();
        let entrypoint = said("entrypoint").unwrap_or_default();
        let wanted: Vec<String> =
            entrypoint.into_iter().chain(said("command").unwrap_or_default()).collect();
        if there != wanted {
            lose(&["command", "entrypoint"], "", format!("command {wanted:?} is {there:?}"));
        }
    }

    fn environment(&self, lose: &mut Lose<'_>) {
        for (variable, value) in self.service["environment"].as_object().into_iter().flatten() {
            let there = self.container["env"].as_array().into_iter().flatten();
            let there = there.rev().find(|entry| entry["name"] == dollar(variable));
            let there = there.map(|entry| kubelet(entry["value"].as_str().unwrap_or_default()));
            let wanted = value.as_str().map(dollar);
            // The value of a secret may not be shown.
            if there != wanted {
                let keys = ["environment", "env_file"];
                lose(&keys, variable, format!("variable {variable} has another value, or none"));
            }
        }
    }

    fn ports(&self, lose: &mut Lose<'_>) {
        let mut wanted: BTreeSet<(u64, String)> = BTreeSet::new();
        for port in self.service["ports"].as_array().into_iter().flatten() {
            let protocol = port["protocol"].as_str().unwrap_or("tcp").to_uppercase();
            wanted.insert((port["target"].as_u64().unwrap_or_default(), protocol));
            let key = port["target"].to_string();
            // Nobody outside the cluster reaches the number on the host.
            if port["published"].is_string() {
                let published = port["published"].as_str().unwrap_or_default();
                lose(&["ports"], &key, format!("port {published} of the host"));
            }
        }
        for port in self.service["expose"].as_array().into_iter().flatten() {
            let text = port.as_str().unwrap_or_default();
            let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
            let (first, last) = number.split_once('-').unwrap_or((number, number));
            let (Ok(first), Ok(last)) = (first.parse::<u64>(), last.parse::<u64>()) else {
                continue;
            };
            wanted.extend((first..=last).map(|port| (port, protocol.to_uppercase())));
        }
        let mut served: BTreeSet<(u64, String)> = BTreeSet::new();
        let labels = &self.workload["spec"]["template"]["metadata"]["labels"];
        for object in self.objects.iter().filter(|object| object["kind"] == "Service") {
            let selector = object["spec"]["selector"].as_object();
            if !selector
                .is_some_and(|selector| selector.iter().all(|(key, value)| labels[key] == *value))
            {
                continue;
            }
            for port in object["spec"]["ports"].as_array().into_iter().flatten() {
                let protocol = port["protocol"].as_str().unwrap_or("TCP").to_owned();
                served.insert((port["targetPort"].as_u64().unwrap_or_default(), protocol));
            }
        }
        for (port, protocol) in wanted.difference(&served) {
            let keys = ["ports", "expose", "network_mode"];
            lose(&keys, &port.to_string(), format!("port {port}/{protocol} has no Service"));
        }
    }

    fn mounts(&self, lose: &mut Lose<'_>) {
        let mounts: Vec<&Value> =
            self.container["volumeMounts"].as_array().into_iter().flatten().collect();
        let at = |target: &str| mounts.iter().find(|mount| path(&mount["mountPath"]) == target);
        let long = ["volumes", "configs", "secrets"];
        let mut targets: Vec<(String, &Value)> = Vec::new();
        for mount in self.service["volumes"].as_array().into_iter().flatten() {
            targets.push((path(&mount["target"]), mount));
        }
        for key in ["configs", "secrets"] {
            for used in self.service[key].as_array().into_iter().flatten() {
                let source = used["source"].as_str().unwrap_or_default();
                let folder = if key == "secrets" { "/run/secrets/" } else { "/" };
                let target = used["target"].as_str().unwrap_or(source);
                let target = if target.starts_with('/') {
                    target.to_owned()
                } else {
                    format!("{folder}{target}")
                };
                targets.push((target, used));
            }
        }
        for folder in words_of(&self.service["tmpfs"]) {
            let folder = folder.split(':').next().unwrap_or_default();
            if at(folder).is_none() {
                lose(&["tmpfs"], folder, format!("tmpfs {folder} is not mounted"));
            }
        }
        for (target, mount) in targets {
            let Some(there) = at(&target) else {
                // A folder with private files is mounted in parts.
                if !mounts
                    .iter()
                    .any(|mount| path(&mount["mountPath"]).starts_with(&format!("{target}/")))
                    || mount["type"] == "volume"
                {
                    lose(&long, &target, format!("{target} is not mounted"));
                }
                continue;
            };
            let volume = self.workload["spec"]["template"]["spec"]["volumes"].as_array();
            let volume =
                volume.into_iter().flatten().find(|volume| volume["name"] == there["name"]);
            let map = volume.is_some_and(|volume| {
                volume["configMap"].is_object() || volume["secret"].is_object()
            });
            let writable = mount["type"].is_string() && mount["read_only"] != true;
            if writable && (map || there["readOnly"] == true) {
                lose(&long, &target, format!("{target} can no longer be written"));
            }
            if let Some(sub) = mount.pointer("/volume/subpath").and_then(Value::as_str)
                && there["subPath"] != sub
            {
                lose(&long, &target, format!("{target} is not the folder {sub}"));
            }
        }
    }

    fn dependencies(&self, lose: &mut Lose<'_>) {
        let wave = |workload: &Value| -> i64 {
            let text = &workload["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"];
            text.as_str().and_then(|number| number.parse().ok()).unwrap_or(0)
        };
        let waits = self.workload["spec"]["template"]["spec"]["initContainers"].as_array();
        let waits: Vec<&Value> = waits.into_iter().flatten().collect();
        for (other, dependency) in self.service["depends_on"].as_object().into_iter().flatten() {
            let kubernetes = self.project.report.name(other);
            let target = self.objects.iter().find(|object| {
                object.pointer("/spec/template").is_some()
                    && containers(object).iter().any(|container| container["name"] == kubernetes)
            });
            let Some(target) = target else {
                lose(
                    &["depends_on", "links", "volumes_from"],
                    other,
                    format!("{other} is not there to depend on"),
                );
                continue;
            };
            let same = std::ptr::eq(target, self.workload);
            let waited = waits.iter().any(|init| {
                let command = init["command"].as_array().into_iter().flatten();
                let words: Vec<&str> = command.filter_map(Value::as_str).collect();
                let job = target["metadata"]["name"].as_str().unwrap_or_default();
                words.contains(&kubernetes) || words.contains(&job)
            });
            let kept = match dependency["condition"].as_str() {
                Some("service_healthy" | "service_completed_successfully") => waited || same,
                _ => waited || same || wave(target) < wave(self.workload),
            };
            if !kept {
                lose(
                    &["depends_on", "links", "volumes_from"],
                    other,
                    format!("does not wait for {other}"),
                );
            }
            if dependency["condition"] == "service_completed_successfully"
                && target["kind"] != "Job"
            {
                lose(&["depends_on"], other, format!("{other} never ends"));
            }
            if dependency["condition"] == "service_healthy" && target["kind"] == "Job" {
                lose(&["depends_on"], other, format!("{other} is a Job, whose health nobody asks"));
            }
        }
    }

    /// Everything else has a line in the report whatever it is, or a field of the same value.
    fn rest(&self, lose: &mut Lose<'_>) {
        const COMPARED: [&str; 16] = [
            "image",
            "build",
            "command",
            "entrypoint",
            "environment",
            "ports",
            "expose",
            "volumes",
            "configs",
            "secrets",
            "tmpfs",
            "depends_on",
            "networks",
            "profiles",
            "deploy",
            "scale",
        ];
        let pod = &self.workload["spec"]["template"]["spec"];
        let security = &self.container["securityContext"];
        for (key, value) in self.service.as_object().into_iter().flatten() {
            let carried = match key.as_str() {
                key if COMPARED.contains(&key) => true,
                "working_dir" => self.container["workingDir"] == *value,
                "tty" => self.container["tty"] == *value,
                "stdin_open" => self.container["stdin"] == *value,
                "privileged" => security["privileged"] == *value,
                "read_only" => security["readOnlyRootFilesystem"] == *value,
                "hostname" => pod["hostname"] == *value,
                "pid" => pod["hostPID"] == true,
                "ipc" => pod["hostIPC"] == true,
                "dns_search" | "dns_opt" => pod["dnsConfig"].is_object(),
                "security_opt" => security.is_object(),
                "post_start" | "pre_stop" => self.container["lifecycle"].is_object(),
                "user" => security["runAsUser"].is_u64(),
                "cap_add" => security["capabilities"]["add"].is_array(),
                "cap_drop" => security["capabilities"]["drop"].is_array(),
                "healthcheck" => {
                    value["disable"] == true
                        || value["test"][0] == "NONE"
                        || self.container["readinessProbe"].is_object()
                }
                "mem_limit" | "cpus" | "mem_reservation" => self.container["resources"].is_object(),
                "stop_grace_period" => pod["terminationGracePeriodSeconds"].is_u64(),
                "extra_hosts" => {
                    let all = pod["hostAliases"].as_array().into_iter().flatten();
                    let count: usize =
                        all.map(|alias| alias["hostnames"].as_array().map_or(0, Vec::len)).sum();
                    count == value.as_array().map_or(0, Vec::len)
                }
                "sysctls" | "group_add" => pod["securityContext"].is_object(),
                "shm_size" => pod["volumes"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|volume| volume["name"] == "shm"),
                "labels" => {
                    let there = &self.workload["spec"]["template"]["metadata"]["annotations"];
                    let mut all = value.as_object().into_iter().flatten();
                    all.all(|(key, _)| there.get(key).is_some())
                }
                "restart" => match value.as_str() {
                    Some("always" | "unless-stopped") => self.workload["kind"] != "Job",
                    _ => false,
                },
                "pull_policy" => matches!(
                    value.as_str(),
                    Some("always" | "never" | "missing" | "if_not_present")
                ),
                _ => false,
            };
            if !carried && !matches!(value, Value::Null | Value::Bool(false)) && *value != json!([])
            {
                let keys = [key.as_str(), if key == "labels" { "label_file" } else { "deploy" }];
                lose(&keys[..], "", format!("{key} is gone"));
            }
        }
        let replicas = self.service.pointer("/deploy/replicas").or(self.service.get("scale"));
        if let Some(replicas) = replicas
            && *replicas != self.workload["spec"]["replicas"]
        {
            lose(&["deploy", "scale"], "", format!("{replicas} replicas"));
        }
    }
}

fn containers(workload: &Value) -> Vec<Value> {
    let all = ["containers", "initContainers"].into_iter().filter_map(|list| {
        workload.pointer(&format!("/spec/template/spec/{list}"))?.as_array().cloned()
    });
    all.flatten().collect()
}

fn words_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        _ => value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|word| word.as_str().map(str::to_owned))
            .collect(),
    }
}

/// A path without what changes nothing.
fn path(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let mut steps: Vec<&str> = Vec::new();
    for step in text.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    format!("/{}", steps.join("/"))
}

/// `docker compose config` writes a dollar sign twice, so that its output is a Compose file again.
fn dollar(text: &str) -> String {
    text.replace("$$", "$")
}

/// The text as the kubelet hands it to the container. A reference to a variable stays.
fn kubelet(text: &str) -> String {
    text.replace("$$", "$")
}
