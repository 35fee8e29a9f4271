//! The Compose file.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::model::{Amounts, Health, Mount, Origin, Platform, Service};
use crate::path::relative;
use crate::render::object;
use crate::spec::quantity::compose_bytes;
use crate::spec::text;
use crate::spec::types::{Condition, Mode};
use common::project::paths::normal;

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
        // The default is a path of the specification, as any other; the value that replaces it at
        // `docker compose up` is a path from the Compose file, as Compose has it.
        if let Some(path) = text::with_default(path, |default| self.rebase(default)) {
            return path;
        }
        // Not a path: docker-image://…, https://…, service:name.
        if path.starts_with(['/', '~', '$']) || path.contains("://") || path.starts_with("service:")
        {
            return path.to_owned();
        }
        relative(&normal(&self.from.join(path)), &normal(&self.to))
    }
}

/// The whole file.
pub(crate) fn render(platform: &Platform, paths: &Paths) -> Value {
    let services = platform.services.iter();
    let services =
        services.map(|(name, definition)| (name.clone(), service(platform, definition, paths)));
    let volumes = platform.volumes.iter();
    let volumes =
        volumes.map(|(name, volume)| (name.clone(), Value::Object(volume.compose.clone())));
    let bridge = || json!({"driver": "bridge"});
    let networks = platform.networks.iter();
    let networks =
        networks.map(|(name, network)| (name.clone(), network.clone().unwrap_or_else(bridge)));
    let mut networks: Map<String, Value> = networks.collect();
    if networks.is_empty() {
        networks.insert("default".into(), bridge());
    }
    let mut secrets = platform.secrets.clone();
    secrets.values_mut().for_each(|secret| each_path(secret.get_mut("file"), paths));
    let configs = platform.services.values().flat_map(inline);
    let configs = configs.map(|(name, content, _)| (name.to_owned(), json!({"content": content})));
    let made = platform.services.values().flat_map(external);
    let made = made.map(|(name, key, _)| (key.to_owned(), json!({"external": true, "name": name})));
    let configs = configs.chain(made);
    written(object([
        ("name", json!(platform.name)),
        ("networks", Value::Object(networks)),
        ("services", services.collect()),
        ("volumes", volumes.collect()),
        ("secrets", json!(secrets)),
        ("configs", configs.collect()),
    ]))
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

fn service(platform: &Platform, service: &Service, paths: &Paths) -> Value {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| crate::render::put(&mut out, key, value);
    put("image", json!(service.image));
    put("build", build(service, paths));
    put("profiles", json!(platform.closed_profiles.get(&service.name)));
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
            .chain(
                external(service).map(|(_, key, target)| json!({"source": key, "target": target})),
            )
            .collect(),
    );
    put("tmpfs", memory_folders(service));
    put("restart", json!(service.restart_word));
    put("shm_size", json!(service.shm.map(compose_bytes)));
    let mut deploy = service.deploy_rest.clone();
    amounts(&service.amounts, &mut deploy, &mut put);
    if service.mode == Mode::Global {
        deploy.insert("mode".into(), json!("global"));
    } else if service.replicas != 1 {
        deploy.insert("replicas".into(), json!(service.replicas));
    }
    put("deploy", Value::Object(deploy));
    put("user", json!(service.user_word));
    put("group_add", json!(service.groups));
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
    // One of the service's own comes last, and replaces it.
    put("logging", json!(platform.logging));
    for (key, value) in &service.uncarried {
        let mut value = value.clone();
        match key.as_str() {
            "develop" => {
                let rules = value.get_mut("watch").and_then(Value::as_array_mut);
                rules.into_iter().flatten().for_each(|rule| each_path(rule.get_mut("path"), paths));
            }
            "credential_spec" => each_path(value.get_mut("file"), paths),
            _ => {}
        }
        put(key, value);
    }
    // An empty list clears what the image says, and is not the same as none.
    for (key, words) in [("entrypoint", &service.entrypoint), ("command", &service.command)] {
        if words.as_ref().is_some_and(Vec::is_empty) {
            out.insert(key.into(), json!([]));
        }
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
            // The Dockerfile's path starts at the context, these at the project's folder.
            each_path(map.get_mut("additional_contexts"), paths);
            Value::Object(map)
        }
        _ => Value::Null,
    }
}

/// The short keys; below `deploy` where that has limits already, because Compose refuses both.
fn amounts(amounts: &Amounts, deploy: &mut Map<String, Value>, put: &mut impl FnMut(&str, Value)) {
    let cpus = |millis: u64| millis as f64 / 1000.0;
    let Some(resources) = deploy.get_mut("resources") else {
        put("mem_limit", json!(amounts.memory.map(compose_bytes)));
        put("mem_reservation", json!(amounts.memory_request.map(compose_bytes)));
        put("cpus", json!(amounts.cpus.map(cpus)));
        return;
    };
    let parts = [
        ("limits", amounts.memory, amounts.cpus),
        ("reservations", amounts.memory_request, amounts.cpus_request),
    ];
    for (part, memory, millis) in parts {
        if let Some(memory) = memory {
            resources[part]["memory"] = json!(compose_bytes(memory));
        }
        if let Some(millis) = millis {
            resources[part]["cpus"] = json!(cpus(millis).to_string());
        }
    }
}

/// Rewrites the relative paths of a text, a list or a mapping.
fn each_path(value: Option<&mut Value>, paths: &Paths) {
    match value {
        Some(Value::String(text)) => match text.split_once('=') {
            Some((name, path)) => *text = format!("{name}={}", paths.rebase(path)),
            None => *text = paths.rebase(text),
        },
        Some(Value::Array(items)) => items.iter_mut().for_each(|item| each_path(Some(item), paths)),
        Some(Value::Object(map)) => {
            map.values_mut().for_each(|member| each_path(Some(member), paths))
        }
        _ => {}
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
    let in_file = platform.env_files.get(file).into_iter().flatten();
    let in_file: BTreeSet<&String> = in_file.collect();
    for (name, value) in &service.environment {
        // A variable of the service wins over one of that name in the file.
        if in_file.contains(name) || !text::secrets(value).is_empty() {
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
            let mut entry = json!({"condition": condition});
            if !dependency.required {
                entry["required"] = json!(false);
            }
            if dependency.restart {
                entry["restart"] = json!(true);
            }
            (name.clone(), entry)
        })
        .collect()
}

fn health(platform: &Platform, service: &Service) -> Value {
    let check = match &service.health {
        Health::Unsaid => return Value::Null,
        Health::Off => return json!({"disable": true}),
        Health::Image(keys) => return Value::Object(keys.clone()),
        Health::Check(check) => check,
    };
    let test = match check.command.as_slice() {
        [shell, flag, line] if shell == "/bin/sh" && flag == "-c" => {
            // Docker runs the check in the container's own environment, without the secrets.
            let line = match preamble(platform, service).filter(|_| line.contains('$')) {
                // The check itself starts as Docker starts it, without our shell's strictness.
                Some(preamble) => format!("{preamble}set +eu\n{line}"),
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
    let mut out = json!({
        "test": test,
        "interval": duration(check.interval),
        "timeout": duration(check.timeout),
        "retries": check.retries,
        "start_period": duration(check.start_period),
    });
    if let Some(interval) = check.start_interval {
        out["start_interval"] = json!(duration(interval));
    }
    out
}

fn duration(milliseconds: u64) -> String {
    match milliseconds.is_multiple_of(1000) {
        true => format!("{}s", milliseconds / 1000),
        false => format!("{milliseconds}ms"),
    }
}

fn volumes(service: &Service, paths: &Paths) -> Value {
    let mounts = service.mounts.iter().filter(|mount| !mount.kept).filter_map(|mount| {
        let source = match &mount.origin {
            Origin::Volume(name) => name.clone(),
            Origin::Files { inline: true, .. } => return None,
            Origin::Files { path, .. } => paths.rebase(path),
            Origin::Host(path) => path.clone(),
            Origin::Image(reference) => return Some(long(mount, reference)),
            Origin::Made { .. } => return None,
            Origin::Scratch if mount.options.is_empty() => return Some(json!(mount.target)),
            Origin::Scratch => String::new(),
            Origin::Memory { .. } if mount.options.is_empty() => return None,
            Origin::Memory { .. } => String::new(),
        };
        // The short form would make a drive of one letter.
        let drive = matches!(mount.origin, Origin::Volume(_)) && source.len() == 1;
        if !mount.options.is_empty() || drive {
            return Some(long(mount, &source));
        }
        let mode = if mount.mode.is_empty() { "" } else { ":" };
        Some(json!(format!("{source}:{}{mode}{}", mount.target, mount.mode.join(","))))
    });
    mounts.collect()
}

/// The long form, which alone has options.
fn long(mount: &Mount, source: &str) -> Value {
    let kind = match &mount.origin {
        Origin::Memory { .. } => "tmpfs",
        Origin::Volume(_) | Origin::Scratch => "volume",
        Origin::Image(_) => "image",
        Origin::Files { .. } | Origin::Host(_) | Origin::Made { .. } => "bind",
    };
    let mut out = json!({"type": kind, "target": mount.target});
    if !source.is_empty() {
        out["source"] = json!(source);
    }
    if mount.read_only {
        out["read_only"] = json!(true);
    }
    for (key, value) in &mount.options {
        out[key] = value.clone();
    }
    out
}

/// Name, content and target of the configs that stand in the specification itself.
fn inline(service: &Service) -> impl Iterator<Item = (&str, String, &str)> {
    service.mounts.iter().filter(|mount| !mount.kept).filter_map(|mount| match &mount.origin {
        Origin::Files { path, files, inline: true, .. } => {
            let content = String::from_utf8_lossy(&files.first()?.content).into_owned();
            Some((path.as_str(), content, mount.target.as_str()))
        }
        _ => None,
    })
}

/// Name, key and target of the configs that are made elsewhere.
fn external(service: &Service) -> impl Iterator<Item = (&str, &str, &str)> {
    service.mounts.iter().filter_map(|mount| match &mount.origin {
        Origin::Made { secret: false, name, key } => {
            Some((name.as_str(), key.as_str(), mount.target.as_str()))
        }
        _ => None,
    })
}

fn memory_folders(service: &Service) -> Value {
    let folders = service.mounts.iter().filter(|mount| mount.options.is_empty());
    folders
        .filter_map(|mount| match &mount.origin {
            Origin::Memory { options, .. } if options.is_empty() => Some(json!(mount.target)),
            Origin::Memory { options, .. } => Some(json!(format!("{}:{options}", mount.target))),
            _ => None,
        })
        .collect()
}

fn networks(service: &Service) -> Value {
    let settings = |network: &crate::spec::types::Network| {
        let mut out = Map::new();
        crate::render::put(&mut out, "aliases", json!(network.aliases));
        for (key, value) in network.engine() {
            crate::render::put(&mut out, key, value);
        }
        Value::Object(out)
    };
    if service.networks.values().all(|network| settings(network) == json!({})) {
        return service.networks.keys().map(|name| json!(name)).collect();
    }
    service.networks.iter().map(|(name, network)| (name.clone(), settings(network))).collect()
}
