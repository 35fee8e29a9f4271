//! Parity, proved without the generator: the outputs of the real `docker compose config` and the real
//! `kubectl kustomize` are compared service by service, for every environment.
//!
//! Nothing here knows the specification. The environment of a Compose service is what its
//! process would see: a service with secrets starts through a shell that reads an env file,
//! and that shell is really run, on an env file of hard values. In Kubernetes the kubelet's
//! expansion of `$(NAME)` is done here by its own rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::kubelet::expand;
use rideshare_tests::run::run;
use rideshare_tests::{peers, root};
use serde_json::Value;

/// The facts that both sides must agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Effective {
    image: String,
    environment: BTreeMap<String, String>,
    command: Vec<String>,
    ports: BTreeSet<u64>,
}

type Platform = BTreeMap<String, Effective>;

const PROFILES: [&str; 4] = ["core", "data-pipeline", "monitoring", "spark-testing"];

/// The value that a secret's variable has in these tests: everything that quoting can break.
fn hard(name: &str) -> String {
    format!("it's {name} $HOME $$(id) `x` \\ \"q\" ${{Y}}")
}

fn tools() -> Option<(PathBuf, PathBuf)> {
    Some((peers::find("PEER_COMPOSE")?, peers::find("PEER_KUBECTL")?))
}

/// A copy of the generated files that a test may break.
fn copy() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for folder in ["docker", "kubernetes"] {
        let from = root().join("infrastructure").join(folder);
        run(Command::new("cp").arg("-r").arg(from).arg(copy.path())).expect(0);
    }
    copy
}

fn compose(tool: &Path, files: &Path, profiles: &[&str]) -> Platform {
    let mut command = Command::new(tool);
    command.arg("-f").arg(files.join("docker/compose.yaml")).env_remove("LOG_LEVEL");
    for profile in profiles {
        command.args(["--profile", profile]);
    }
    let text = run(command.args(["config", "--format", "json"])).expect(0).stdout;
    let config: Value = serde_json::from_str(&text).unwrap();
    let services = config["services"].as_object().unwrap();
    services.iter().map(|(name, service)| (name.clone(), compose_service(service))).collect()
}

/// `config` prints `$` as `$$`, as it would have to be written again.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().replace("$$", "$")
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn compose_service(service: &Value) -> Effective {
    let mut environment: BTreeMap<String, String> = service["environment"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect();
    let mut command = words(&service["entrypoint"]);
    command.extend(words(&service["command"]));
    if let [shell, flag, script, _, ..] = command.as_slice()
        && (shell.as_str(), flag.as_str()) == ("/bin/sh", "-c")
        && script.contains(".env\n")
    {
        environment = started(script, &environment);
        command.drain(..4);
    }
    let ports = service["ports"].as_array().into_iter().flatten();
    let exposed = service["expose"].as_array().into_iter().flatten();
    Effective {
        image: text(&service["image"]),
        environment,
        command,
        ports: ports
            .filter_map(|port| port["target"].as_u64())
            .chain(exposed.filter_map(|port| port.as_str()?.parse().ok()))
            .collect(),
    }
}

/// Runs the start script on an env file of hard values, and reads what it hands on.
fn started(script: &str, environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let line = script.lines().find(|line| line.starts_with(". ")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.env");
    let quoted = |name: &str| format!("{name}='{}'\n", hard(name).replace('\'', "'\\''"));
    let secrets = fs::read_to_string(root().join("infrastructure/platform/secrets.yaml")).unwrap();
    let names: BTreeSet<&str> = secrets
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.len() > 3 && word.contains('_'))
        .filter(|word| !word.contains(|c: char| c.is_ascii_lowercase()))
        .collect();
    fs::write(&file, names.iter().map(|name| quoted(name)).collect::<String>()).unwrap();
    let script = script.replace(line, &format!(". {}", file.display()));
    let mut command = Command::new("/bin/sh");
    command.env_clear().envs(environment).args(["-c", &script, "service", "env", "-0"]);
    command.env("PATH", "/usr/bin:/bin");
    let seen = run(&mut command).expect(0).stdout;
    seen.split('\0')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| !matches!(*name, "PWD" | "PATH" | "OLDPWD" | "SHLVL" | "_"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn kubernetes(tool: &Path, files: &Path, overlay: &str) -> Platform {
    let folder = files.join("kubernetes/overlays").join(overlay);
    let text = run(Command::new(tool).arg("kustomize").arg(folder)).expect(0).stdout;
    let documents: Vec<Value> = rideshare_tests::yaml::documents(&text);
    let mut platform = Platform::new();
    for document in &documents {
        let Some(pod) = document.pointer("/spec/template/spec") else { continue };
        if document["kind"] == "ExternalSecret" {
            continue;
        }
        let container = &pod["containers"][0];
        let name = container["name"].as_str().unwrap().to_owned();
        let mut effective = kubernetes_container(container);
        let service = documents.iter().find(|d| {
            d["kind"] == "Service" && d["metadata"]["name"].as_str() == Some(name.as_str())
        });
        let ports = service.and_then(|s| s["spec"]["ports"].as_array()).into_iter().flatten();
        effective.ports = ports.filter_map(|port| port["port"].as_u64()).collect();
        platform.insert(name, effective);
    }
    platform
}

fn kubernetes_container(container: &Value) -> Effective {
    let mut environment: BTreeMap<String, String> = BTreeMap::new();
    for variable in container["env"].as_array().into_iter().flatten() {
        let name = variable["name"].as_str().unwrap().to_owned();
        let value = match variable["valueFrom"]["secretKeyRef"]["key"].as_str() {
            Some(key) => hard(key),
            None => expand(variable["value"].as_str().unwrap_or_default(), &environment),
        };
        environment.insert(name, value);
    }
    let list = |key: &str| -> Vec<String> {
        let words = container[key].as_array().into_iter().flatten();
        words.map(|word| expand(word.as_str().unwrap_or_default(), &environment)).collect()
    };
    let mut command = list("command");
    command.extend(list("args"));
    let image = container["image"].as_str().unwrap().to_owned();
    Effective { image, environment, command, ports: BTreeSet::new() }
}

/// The differences between the two sides, except those that the environment asks for.
fn differences(left: &Platform, right: &Platform, asked: &Asked) -> Vec<String> {
    let mut found = Vec::new();
    for (name, ours) in right {
        let Some(theirs) = left.get(name) else {
            found.push(format!("{name}: not in Compose"));
            continue;
        };
        if asked.image(&theirs.image) != ours.image {
            found.push(format!("{name}: image {} and {}", theirs.image, ours.image));
        }
        if theirs.command != ours.command {
            found.push(format!("{name}: command {:?} and {:?}", theirs.command, ours.command));
        }
        let jobs = ours.ports.is_empty();
        if theirs.ports != ours.ports && !jobs {
            found.push(format!("{name}: ports {:?} and {:?}", theirs.ports, ours.ports));
        }
        let names = theirs.environment.keys().chain(ours.environment.keys());
        for variable in names.collect::<BTreeSet<_>>() {
            let key = (name.clone(), variable.clone());
            let (a, b) = (theirs.environment.get(variable), ours.environment.get(variable));
            if a != b && asked.values.get(&key).is_none_or(|value| value.as_ref() != b) {
                found.push(format!("{name}: {variable} is {a:?} and {b:?}"));
            }
        }
    }
    found
}

/// The differences that the specification asks for in an environment, read without the generator.
struct Asked {
    /// Service and variable → the value there.
    values: BTreeMap<(String, String), Option<String>>,
    /// Prefix of our own images, their registry and tag there.
    images: Option<[String; 3]>,
}

impl Asked {
    fn image(&self, image: &str) -> String {
        match &self.images {
            Some([prefix, registry, tag]) if image.starts_with(prefix.as_str()) => {
                let name = image.split(':').next().unwrap_or_default();
                format!("{registry}/{name}:{tag}")
            }
            _ => image.to_owned(),
        }
    }
}

fn asked(environment: &str) -> Asked {
    let mut asked = Asked { values: BTreeMap::new(), images: None };
    let folder = root().join("infrastructure/platform");
    let values =
        fs::read_to_string(root().join("infrastructure/config/values/production.yaml")).unwrap();
    let values: Value = rideshare_tests::yaml::documents(&values).remove(0);
    let resolve = |text: &str| {
        let text = text.replace("${AWS_REGION}", "us-east-1");
        values.as_object().unwrap().iter().fold(text, |text, (name, value)| {
            text.replace(&format!("${{{name}}}"), value.as_str().unwrap_or_default())
        })
    };
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        for document in rideshare_tests::yaml::documents(&fs::read_to_string(&path).unwrap()) {
            let images = &document["x-environments"][environment]["images"];
            if images.is_object() {
                let part = |key: &str| resolve(images[key].as_str().unwrap());
                asked.images = Some(["prefix", "registry", "tag"].map(part));
            }
            for (service, definition) in document["services"].as_object().into_iter().flatten() {
                let variables = definition["x-environment"][environment].as_object();
                for (name, value) in variables.into_iter().flatten() {
                    let value = value.as_str().map(resolve);
                    asked.values.insert((service.clone(), name.clone()), value);
                }
            }
        }
    }
    asked
}

#[test]
fn compose_and_kubernetes_agree_on_every_service_of_every_profile() {
    let Some((compose_tool, kubectl)) = tools() else { return };
    let files = root().join("infrastructure");
    for overlay in ["local", "production"] {
        let right = kubernetes(&kubectl, &files, overlay);
        assert!(right.len() > 15, "{overlay} has {} workloads", right.len());
        let asked = asked(overlay);
        let mut seen = BTreeSet::new();
        for profile in PROFILES {
            let left = compose(&compose_tool, &files, &[profile]);
            let shared: Platform = right
                .iter()
                .filter(|(name, _)| left.contains_key(*name))
                .map(|(name, effective)| (name.clone(), effective.clone()))
                .collect();
            seen.extend(shared.keys().cloned());
            let found = differences(&left, &shared, &asked);
            assert!(found.is_empty(), "{overlay}, {profile}:\n{}", found.join("\n"));
        }
        let missing: Vec<_> = right.keys().filter(|name| !seen.contains(*name)).collect();
        assert!(missing.is_empty(), "in no profile of Compose: {missing:?}");
    }
}

#[test]
fn every_combination_of_profiles_is_accepted_by_compose() {
    let Some((tool, _)) = tools() else { return };
    for mask in 1..1 << PROFILES.len() {
        let mut command = Command::new(&tool);
        command.arg("-f").arg(root().join("infrastructure/docker/compose.yaml"));
        for (index, profile) in PROFILES.iter().enumerate() {
            if mask >> index & 1 == 1 {
                command.args(["--profile", profile]);
            }
        }
        let done = run(command.args(["config", "--quiet"])).expect(0);
        assert_eq!(done.stderr, "", "a warning of Compose");
    }
}

/// Every fact that parity is about, changed by itself on either side: an image, a variable's
/// name, its value, a `$` in a value or in a word of a command, a port.
#[test]
fn any_single_difference_is_found() {
    let Some((compose_tool, kubectl)) = tools() else { return };
    let files = root().join("infrastructure");
    let left = compose(&compose_tool, &files, &PROFILES);
    for overlay in ["local", "production"] {
        let right = kubernetes(&kubectl, &files, overlay);
        let asked = asked(overlay);
        let broken = mutations(&right);
        assert!(broken.len() > 400, "{overlay}: {}", broken.len());
        for (change, platform) in broken {
            let found = differences(&left, &platform, &asked);
            assert_eq!(found.len(), 1, "{overlay}: {change}: {found:?}");
        }
        for (change, platform) in mutations(&left) {
            let service = change.split(' ').next().unwrap();
            let found = differences(&platform, &right, &asked);
            // A service or variable that the environment lacks or sets cannot differ in it.
            let (name, variable) = (service.to_owned(), change.rsplit(' ').next().unwrap());
            let is_set = asked.values.contains_key(&(name, variable.to_owned()));
            let job = right.get(service).is_some_and(|service| service.ports.is_empty());
            let silent =
                !right.contains_key(service) || is_set || (job && change.contains(" port "));
            assert_eq!(found.len(), usize::from(!silent), "{overlay}: {change}: {found:?}");
        }
    }
}

/// Each fact of the platform changed by itself, with the name of the change.
fn mutations(platform: &Platform) -> Vec<(String, Platform)> {
    let mut all = Vec::new();
    let mut with = |name: String, service: &str, change: &dyn Fn(&mut Effective)| {
        let mut platform = platform.clone();
        change(platform.get_mut(service).unwrap());
        all.push((name, platform));
    };
    for (service, effective) in platform {
        with(format!("{service} image"), service, &|copy| copy.image.insert(0, 'x'));
        for variable in effective.environment.keys() {
            with(format!("{service} value of {variable}"), service, &|copy| {
                copy.environment.get_mut(variable).unwrap().push('x');
            });
            with(format!("{service} without {variable}"), service, &|copy| {
                copy.environment.remove(variable);
            });
            if effective.environment[variable].contains('$') {
                with(format!("{service} $ of {variable}"), service, &|copy| {
                    let value = copy.environment.get_mut(variable).unwrap();
                    *value = value.replacen('$', "$$", 1);
                });
            }
        }
        with(format!("{service} added variable"), service, &|copy| {
            copy.environment.insert("ADDED".into(), String::new());
        });
        for (at, word) in effective.command.iter().enumerate() {
            with(format!("{service} word {at}"), service, &|copy| copy.command[at].push('x'));
            if word.contains('$') {
                with(format!("{service} $ of word {at}"), service, &|copy| {
                    copy.command[at] = copy.command[at].replacen('$', "$$", 1);
                });
            }
        }
        for port in &effective.ports {
            with(format!("{service} port {port}"), service, &|copy| {
                copy.ports.remove(port);
                copy.ports.insert(port + 1);
            });
        }
    }
    all
}

/// The same through the files and the real tools, as a person or a bug would write them.
#[test]
fn a_break_in_the_files_is_found() {
    let Some((compose_tool, kubectl)) = tools() else { return };
    let breaks = [
        (
            "docker/compose.yaml",
            "image: redis:8.8.3-alpine",
            "image: redis:7.0-alpine",
            "redis: image",
        ),
        (
            "kubernetes/base/core/redis.yaml",
            "image: redis:8.8.3-alpine",
            "image: redis:8.1-alpine",
            "redis: image",
        ),
        ("docker/compose.yaml", "KAFKA_NODE_ID: \"1\"", "KAFKA_NODE_ID: \"2\"", "KAFKA_NODE_ID"),
        (
            "kubernetes/base/core/kafka.yaml",
            "name: KAFKA_NODE_ID",
            "name: KAFKA_NODE_IDS",
            "KAFKA_NODE_ID",
        ),
        (
            "kubernetes/base/core/kafka.yaml",
            "key: KAFKA_SASL_PASSWORD",
            "key: KAFKA_SASL_USERNAME",
            "KAFKA_SASL_PASSWORD",
        ),
        (
            "kubernetes/base/core/schema-registry.yaml",
            "- name: tcp-8081\n      port: 8081",
            "- name: tcp-8081\n      port: 8085",
            "schema-registry: ports",
        ),
        ("docker/compose.yaml", "export KAFKA_SASL_PASSWORD ", "export ", "KAFKA_SASL_PASSWORD"),
        (
            "docker/compose.yaml",
            "--requirepass \\\"$${REDIS",
            "--requirepass \\\"$$$${REDIS",
            "redis: command",
        ),
        (
            "kubernetes/base/core/redis.yaml",
            "${REDIS_PASSWORD:",
            "{REDIS_PASSWORD:",
            "redis: command",
        ),
    ];
    for (file, from, to, expected) in breaks {
        let copy = copy();
        let path = copy.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let left = compose(&compose_tool, copy.path(), &PROFILES);
        let right = kubernetes(&kubectl, copy.path(), "local");
        let found = differences(&left, &right, &asked("local")).join("\n");
        assert!(found.contains(expected), "{file}: {from:?} → {to:?} was not found:\n{found}");
    }
}
