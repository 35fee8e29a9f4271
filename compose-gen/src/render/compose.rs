//! The Compose file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::model::{Health, Origin, Platform, Service};
use crate::spec::quantity::compose_bytes;
use crate::spec::text;
use crate::spec::types::{Condition, Mode};

/// Where relative paths of the specification lead from the generated file.
pub(crate) struct Paths {
    /// The specification's folder.
    pub(crate) from: PathBuf,
    /// The Compose file's folder.
    pub(crate) to: PathBuf,
}

impl Paths {
    /// A relative path of the specification as the Compose file must write it.
    fn rebase(&self, path: &str) -> String {
        if !path.starts_with('.') {
            return path.to_owned();
        }
        let target = normal(&self.from.join(path));
        let base = normal(&self.to);
        let shared = target.components().zip(base.components()).take_while(|(a, b)| a == b).count();
        let mut relative = PathBuf::new();
        relative.extend(base.components().skip(shared).map(|_| Component::ParentDir));
        relative.extend(target.components().skip(shared));
        let text = relative.display().to_string();
        if text.starts_with("..") { text } else { format!("./{text}") }
    }
}

fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

/// The whole file.
pub(crate) fn render(platform: &Platform, paths: &Paths) -> Value {
    let profiles = closed_profiles(platform);
    let mut services = Map::new();
    for (name, service) in &platform.services {
        let own = profiles.get(name.as_str()).cloned().unwrap_or_default();
        services.insert(name.clone(), self::service(platform, service, &own, paths));
    }
    let volumes: Map<String, Value> = platform
        .volumes
        .iter()
        .map(|(name, volume)| (name.clone(), Value::Object(volume.compose.clone())))
        .collect();
    let mut networks: Map<String, Value> = platform
        .networks
        .iter()
        .map(|(name, own)| {
            (name.clone(), own.clone().unwrap_or_else(|| json!({"driver": "bridge"})))
        })
        .collect();
    if networks.is_empty() {
        networks.insert("default".into(), json!({"driver": "bridge"}));
    }
    let mut file = json!({"name": platform.name, "networks": networks, "services": services});
    if !volumes.is_empty() {
        file["volumes"] = Value::Object(volumes);
    }
    let configs = platform.services.values().flat_map(inline);
    let configs: Map<String, Value> =
        configs.map(|(name, content, _)| (name.to_owned(), json!({"content": content}))).collect();
    if !configs.is_empty() {
        file["configs"] = Value::Object(configs);
    }
    written(file)
}

/// Every text as Compose reads it back.
fn written(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text::compose(&text)),
        Value::Array(items) => items.into_iter().map(written).collect(),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, value)| (key, written(value))).collect())
        }
        other => other,
    }
}

/// The profiles of each service, with those of everything that cannot start without it: a
/// profile then starts by itself, and so does every combination.
pub(crate) fn closed_profiles(platform: &Platform) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut all: BTreeMap<&str, BTreeSet<&str>> = platform
        .services
        .iter()
        .map(|(name, s)| (name.as_str(), s.profiles.iter().map(String::as_str).collect()))
        .collect();
    loop {
        let mut changed = false;
        for (name, service) in &platform.services {
            let own = all.get(name.as_str()).cloned().unwrap_or_default();
            for (other, _) in service.depends.iter().filter(|(_, d)| d.required) {
                let Some(theirs) = all.get_mut(other.as_str()) else { continue };
                // A service without profiles always runs, and so must what it needs.
                if own.is_empty() && !theirs.is_empty() {
                    theirs.clear();
                    changed = true;
                } else if !theirs.is_empty() {
                    let before = theirs.len();
                    theirs.extend(&own);
                    changed |= theirs.len() != before;
                }
            }
        }
        if !changed {
            return all;
        }
    }
}

fn service(
    platform: &Platform,
    service: &Service,
    profiles: &BTreeSet<&str>,
    paths: &Paths,
) -> Value {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        let empty = match &value {
            Value::Null | Value::Bool(false) => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        if !empty {
            out.insert(key.into(), value);
        }
    };
    put("image", json!(service.image));
    put("build", build(service, paths));
    put("profiles", json!(profiles));
    process(platform, service, &mut put);
    let plain = service.environment.iter().filter(|(_, text)| text::secrets(text).is_empty());
    put("environment", plain.map(|(name, text)| (name.clone(), json!(text))).collect());
    let (published, exposed): (Vec<_>, Vec<_>) =
        service.ports.iter().partition(|port| port.published.is_some());
    put("ports", published.iter().map(|port| port.compose()).collect());
    put("expose", exposed.iter().map(|port| port.compose()).collect());
    put("depends_on", depends(platform, service));
    put("healthcheck", health(platform, service));
    put("volumes", volumes(service, paths));
    put(
        "configs",
        inline(service)
            .map(|(name, _, target)| json!({"source": name, "target": target}))
            .collect(),
    );
    put("tmpfs", memory_folders(service));
    put("restart", json!(service.restart_word));
    put("shm_size", json!(service.shm.map(compose_bytes)));
    put("mem_limit", json!(service.amounts.memory.map(compose_bytes)));
    put("mem_reservation", json!(service.amounts.memory_request.map(compose_bytes)));
    put("cpus", json!(service.amounts.cpus.map(|millis| millis as f64 / 1000.0)));
    if service.mode == Mode::Global {
        put("deploy", json!({"mode": "global"}));
    } else if service.replicas != 1 {
        put("deploy", json!({"replicas": service.replicas}));
    }
    put("user", json!(service.user_word));
    put("group_add", service.groups.iter().map(|group| json!(group.to_string())).collect());
    put("working_dir", json!(service.working_dir));
    put("privileged", json!(service.privileged));
    put("cap_add", json!(service.cap_add));
    put("cap_drop", json!(service.cap_drop));
    put("read_only", json!(service.read_only));
    put("stop_grace_period", json!(duration(service.grace)));
    put("networks", networks(service));
    put(
        "extra_hosts",
        service.hosts.iter().map(|(host, ip)| json!(format!("{host}={ip}"))).collect(),
    );
    put("sysctls", json!(service.sysctls));
    put("labels", json!(service.labels));
    put("pull_policy", json!(service.pull_policy));
    put("tty", json!(service.tty));
    put("stdin_open", json!(service.stdin));
    for (key, value) in &service.uncarried {
        put(key, value.clone());
    }
    Value::Object(out)
}

fn build(service: &Service, paths: &Paths) -> Value {
    match &service.build {
        Some(Value::String(context)) => json!(paths.rebase(context)),
        Some(Value::Object(map)) => {
            let mut map = map.clone();
            if let Some(Value::String(context)) = map.get("context") {
                let context = paths.rebase(context);
                map.insert("context".into(), json!(context));
            }
            Value::Object(map)
        }
        _ => Value::Null,
    }
}

/// Entrypoint and command. With secrets a shell reads the env file, exports what belongs to
/// the service and nothing else, and becomes the entrypoint: the images read their settings
/// from the environment, which `env_file` could not fill, because Compose reads those files
/// before the service that writes them has run.
fn process(platform: &Platform, service: &Service, put: &mut impl FnMut(&str, Value)) {
    put("command", json!(service.command));
    let Some(preamble) = preamble(platform, service) else {
        put("entrypoint", json!(service.entrypoint));
        return;
    };
    let mut words = vec![json!("/bin/sh"), json!("-c"), json!(format!("{preamble}exec \"$@\"\n"))];
    words.push(json!(service.name));
    words.extend(service.entrypoint.iter().flatten().map(|word| json!(word)));
    put("entrypoint", Value::Array(words));
}

/// The shell's lines that put the secrets into the environment.
fn preamble(platform: &Platform, service: &Service) -> Option<String> {
    let file = service.env_file.as_ref()?;
    let folder = &platform.secret_files.as_ref()?.path;
    let mut script = format!("set -eu\n. {folder}/{file}.env\n");
    let names: Vec<&str> = service.secret_variables(None).into_keys().collect();
    script.push_str(&format!("export {}\n", names.join(" ")));
    for (name, value) in &service.environment {
        if !text::secrets(value).is_empty() {
            script.push_str(&format!("export {name}={}\n", text::shell(value)));
        }
    }
    Some(script)
}

fn depends(platform: &Platform, service: &Service) -> Value {
    let known = service.depends.iter().filter(|(name, _)| platform.services.contains_key(*name));
    known
        .map(|(name, dependency)| {
            let condition = match dependency.condition {
                Condition::ServiceStarted => "service_started",
                Condition::ServiceHealthy => "service_healthy",
                Condition::ServiceCompletedSuccessfully => "service_completed_successfully",
            };
            let mut own = json!({"condition": condition});
            if !dependency.required {
                own["required"] = json!(false);
            }
            (name.clone(), own)
        })
        .collect()
}

fn health(platform: &Platform, service: &Service) -> Value {
    let check = match &service.health {
        Health::Unsaid => return Value::Null,
        Health::Off => return json!({"disable": true}),
        Health::Check(check) => check,
    };
    let test = match check.command.as_slice() {
        [shell, flag, line] if shell == "/bin/sh" && flag == "-c" => {
            // Docker runs the check in the container's own environment, without the secrets.
            let line = match preamble(platform, service).filter(|_| line.contains('$')) {
                Some(preamble) => format!("{preamble}{line}"),
                None => line.clone(),
            };
            json!(["CMD-SHELL", line])
        }
        words => {
            let mut all = vec!["CMD".to_owned()];
            all.extend(words.iter().cloned());
            json!(all)
        }
    };
    json!({
        "test": test,
        "interval": duration(check.interval),
        "timeout": duration(check.timeout),
        "retries": check.retries,
        "start_period": duration(check.start_period),
    })
}

fn duration(milliseconds: u64) -> String {
    match milliseconds.is_multiple_of(1000) {
        true => format!("{}s", milliseconds / 1000),
        false => format!("{milliseconds}ms"),
    }
}

fn volumes(service: &Service, paths: &Paths) -> Value {
    let mounts = service.mounts.iter().filter_map(|mount| {
        let source = match &mount.origin {
            Origin::Volume(name) => name.clone(),
            Origin::Files { inline: true, .. } => return None,
            Origin::Files { path, .. } => paths.rebase(path),
            Origin::Host(path) => path.clone(),
            Origin::Scratch => return Some(json!(mount.target)),
            Origin::Memory => return None,
        };
        let mode = if mount.read_only { ":ro" } else { "" };
        Some(json!(format!("{source}:{}{mode}", mount.target)))
    });
    mounts.collect()
}

/// Name, content and target of the configs that stand in the specification itself.
fn inline(service: &Service) -> impl Iterator<Item = (&str, String, &str)> {
    service.mounts.iter().filter_map(|mount| match &mount.origin {
        Origin::Files { path, files, inline: true, .. } => {
            let content = String::from_utf8_lossy(&files.first()?.content).into_owned();
            Some((path.as_str(), content, mount.target.as_str()))
        }
        _ => None,
    })
}

fn memory_folders(service: &Service) -> Value {
    let memory = |mount: &&crate::model::Mount| matches!(mount.origin, Origin::Memory);
    service.mounts.iter().filter(memory).map(|mount| json!(mount.target)).collect()
}

fn networks(service: &Service) -> Value {
    if service.networks.values().all(|network| network.aliases.is_empty()) {
        return service.networks.keys().map(|name| json!(name)).collect();
    }
    let own = |network: &crate::spec::types::Network| json!({"aliases": network.aliases});
    service.networks.iter().map(|(name, network)| (name.clone(), own(network))).collect()
}
