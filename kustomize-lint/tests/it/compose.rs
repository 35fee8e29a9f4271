//! Compose projects, as read here and by Docker Compose: the same values, or an error everywhere.

use std::collections::BTreeMap;
use std::path::Path;

use common::compose::{ports, quantity};
use kustomize_lint::compose::{Env, Field, Origin, Project, Service, Test, read, read_with};
use rideshare_tests::compose::{UNKNOWN, config, difference, outer, write};
use rideshare_tests::{peers, root};
use serde_json::{Map, Value, json};

use rideshare_tests::archive::{Case, cases};

/// Collects the values of this reader, and counts those that are unknown.
#[derive(Default)]
struct Shown {
    unknown: usize,
}

impl Shown {
    fn one<T>(&mut self, value: Option<T>, show: impl Fn(T) -> Value) -> Value {
        value.map_or_else(
            || {
                self.unknown += 1;
                json!(UNKNOWN)
            },
            show,
        )
    }

    fn field<T: Clone>(&mut self, field: &Option<Field<T>>, show: impl Fn(T) -> Value) -> Value {
        match field {
            Some(field) => self.one(field.value.clone(), show),
            None => Value::Null,
        }
    }

    fn service(&mut self, service: &Service) -> Value {
        let environment: Map<String, Value> = service
            .environment
            .iter()
            .filter(|variable| !matches!(variable.from, Origin::Secret { .. }))
            .map(|variable| {
                (variable.name.clone(), self.one(variable.value.clone(), |text| json!(text)))
            })
            .collect();
        let ports = service.ports.iter().map(|port| json!([port.protocol, port.target]));
        let health = service.healthcheck.as_ref().map(|check| {
            let test = self.field(&check.test, |test| match test {
                Test::Words(words) => json!([&["CMD".to_owned()][..], &words].concat()),
                Test::Shell(line) => json!(["CMD-SHELL", line]),
                Test::Off => json!("off"),
            });
            let mut number = |field| self.field(field, |number: u64| json!(number));
            json!({
                "test": test,
                "interval": number(&check.interval),
                "timeout": number(&check.timeout),
                "start_period": number(&check.start_period),
                "retries": number(&check.retries),
            })
        });
        json!({
            "profiles": service.profiles,
            "image": self.field(&service.image, |text| json!(text)),
            "build": service.build,
            "environment": environment,
            "ports": sorted(ports.collect()),
            "healthcheck": health,
            "command": self.field(&service.command, |words| json!(words)),
            "entrypoint": self.field(&service.entrypoint, |words| json!(words)),
        })
    }

    fn project(&mut self, project: &Project) -> Value {
        let services: Map<String, Value> = project
            .services
            .iter()
            .map(|service| (service.name.clone(), self.service(service)))
            .collect();
        json!({"name": project.name, "services": services})
    }
}

fn sorted(mut values: Vec<Value>) -> Value {
    values.sort_by_key(Value::to_string);
    values.dedup();
    Value::Array(values)
}

/// `config` prints a `$` as it would have to be written again.
fn unescaped(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text.replace("$$", "$")),
        Value::Array(items) => items.iter().map(unescaped).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.replace("$$", "$"), unescaped(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// Docker Compose's output, in the same form.
fn theirs(config: &str) -> Value {
    let whole = unescaped(&serde_json::from_str(config).unwrap());
    let services: Map<String, Value> = whole["services"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, service)| (name.clone(), their_service(service)))
        .collect();
    json!({"name": whole["name"], "services": services})
}

fn their_service(service: &Value) -> Value {
    let list = |key: &str| service[key].as_array().cloned().unwrap_or_default();
    let map = |key: &str| service[key].as_object().cloned().unwrap_or_default();
    let mut ports: Vec<Value> =
        list("ports").iter().map(|port| json!([port["protocol"], port["target"]])).collect();
    let exposed = list("expose");
    let exposed = exposed.iter().flat_map(|text| ports::short(text.as_str().unwrap()).unwrap());
    ports.extend(exposed.map(|port| json!([port.protocol, port.target])));
    let time = |value: &Value| value.as_str().and_then(quantity::duration);
    let health = service.get("healthcheck").map(|check| {
        let off = check["disable"] == json!(true) || check["test"] == json!(["NONE"]);
        json!({
            "test": if off { json!("off") } else { check["test"].clone() },
            "interval": time(&check["interval"]),
            "timeout": time(&check["timeout"]),
            "start_period": time(&check["start_period"]),
            "retries": check["retries"],
        })
    });
    json!({
        "profiles": list("profiles"),
        "image": service["image"],
        "build": service.get("build").is_some(),
        "environment": map("environment"),
        "ports": sorted(ports),
        "healthcheck": health,
        "command": service["command"],
        "entrypoint": service["entrypoint"],
    })
}

/// Cases of fields that no rule looks at, and that are not read: the host's ports, replicas, memory.
const NOT_READ: [&str; 3] = [
    "a published port without a value (unknown: 1)",
    "a replica count that is a text",
    "memory that is no amount",
];

fn differs(case: &Case, compose: &Path) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let files = write(case, folder.path());
    let outer = outer(case);
    let ours = read_with(&files, &outer);
    let run = config(compose, &files, &outer);
    let is_read = !NOT_READ.contains(&case.name.as_str());
    let unknown = case.name.split_once("(unknown: ").filter(|_| is_read);
    let expected = unknown.map_or("0)", |(_, count)| count);
    match (ours, run.status) {
        (Ok(project), 0) => {
            let mut shown = Shown::default();
            let ours = shown.project(&project);
            let count = format!("{})", shown.unknown);
            if count != expected {
                return Some(format!("{count} are unknown\n{ours:#}"));
            }
            difference(&ours, &theirs(&run.stdout), "")
        }
        (Ok(_), _) if case.name.ends_with("(only Compose refuses)") || !is_read => None,
        (Ok(_), _) => Some(format!("only Compose refuses\n{}", run.stderr)),
        (Err(report), 0) => Some(format!("Compose takes it\n{}", report.render())),
        (Err(report), _) => {
            let placed = report.diagnostics().iter().all(|diagnostic| diagnostic.place().is_some());
            (!placed && case.name != "an empty file").then(|| report.render())
        }
    }
}

#[test]
fn every_project_is_read_as_docker_compose_reads_it() {
    let Some(compose) = peers::find("PEER_COMPOSE") else { return };
    let only = std::env::var("CASE").unwrap_or_default();
    let all = cases(include_str!("../../../common/tests/it/cases/compose.txt"));
    let all: Vec<&Case> = all.iter().filter(|case| case.name.contains(&only)).collect();
    let failed: Vec<String> = all
        .iter()
        .filter_map(|case| Some(format!("##### {}\n{}", case.name, differs(case, &compose)?)))
        .collect();
    let count = format!("{} of {} cases differ", failed.len(), all.len());
    assert!(failed.is_empty(), "{count}\n{}", failed.join("\n"));
}

#[test]
fn this_repository_is_read_as_docker_compose_reads_it() {
    let file = root().join("infrastructure/docker/compose.yaml");
    let project = read(std::slice::from_ref(&file)).unwrap_or_else(|r| panic!("{}", r.render()));
    let Some(compose) = peers::find("PEER_COMPOSE") else { return };
    let theirs = theirs(&config(&compose, &[file], &Env::new()).expect(0).stdout);
    let mut shown = Shown::default();
    let mut ours = shown.project(&project);
    let mut expected = theirs.clone();
    let mut wrapped = 0;
    for service in &project.services {
        let whole = &mut expected["services"][&service.name];
        let Some(script) = whole["entrypoint"][2].as_str().filter(|s| s.contains("\n. /")) else {
            continue;
        };
        wrapped += 1;
        // Every exported name, and where it comes from.
        let mut exported: BTreeMap<&str, bool> = BTreeMap::new();
        for line in script.lines().filter_map(|line| line.strip_prefix("export ")) {
            match line.split_once('=') {
                Some((name, value)) => exported.extend([(name, value.contains("${"))]),
                None => exported.extend(line.split(' ').map(|name| (name, true))),
            }
        }
        for (name, secret) in exported {
            let known = service.environment.iter().find(|variable| variable.name == name).unwrap();
            assert_eq!(matches!(known.from, Origin::Secret { .. }), secret, "{name}");
        }
        // The words behind the shell, its script and its name.
        let words: Vec<Value> = whole["entrypoint"].as_array().unwrap()[4..].to_vec();
        whole["entrypoint"] = if words.is_empty() { Value::Null } else { json!(words) };
        if let Some(line) = whole["healthcheck"]["test"][1].as_str()
            && let Some((_, command)) = line.split_once("\nset +eu\n")
        {
            whole["healthcheck"]["test"][1] = json!(command);
        }
    }
    assert!(wrapped > 10, "{wrapped}");
    // A trailing line's end of a check is the generator's.
    for side in [&mut ours, &mut expected] {
        for service in side["services"].as_object_mut().unwrap().values_mut() {
            if let Some(Value::String(line)) = service.pointer_mut("/healthcheck/test/1") {
                *line = line.trim().to_owned();
            }
        }
    }
    assert_eq!(difference(&ours, &expected, ""), None);
}

/// The numbers of a generator that gives the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    /// A text of some of the pieces.
    fn text(&mut self, pieces: &[&str], most: usize) -> String {
        (0..=self.below(most)).map(|_| pieces[self.below(pieces.len())]).collect()
    }
}

/// Services `s0…` that each have one of the values, read here and by Docker Compose. A project that one of
/// them refuses is left out, and the other has to refuse it alone.
fn both_agree(compose: &Path, values: &[String], service: impl Fn(&str) -> Value, dotenv: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), dotenv).unwrap();
    let file = folder.path().join("compose.yaml");
    let write = |values: &[&String]| {
        let services: Map<String, Value> = values
            .iter()
            .enumerate()
            .map(|(at, value)| (format!("s{at}"), service(value)))
            .collect();
        // JSON is YAML.
        std::fs::write(&file, json!({"services": services}).to_string()).unwrap();
        read(std::slice::from_ref(&file))
    };
    let (good, bad): (Vec<&String>, Vec<&String>) =
        values.iter().partition(|value| write(&[value]).is_ok());
    assert!(good.len() > values.len() / 4, "{} of {}", good.len(), values.len());
    let project = write(&good).unwrap_or_else(|report| panic!("{}", report.render()));
    let ours = Shown::default().project(&project);
    let files = [file.clone()];
    let theirs = theirs(&config(compose, &files, &Env::new()).expect(0).stdout);
    for (at, text) in good.iter().enumerate() {
        let path = format!("/services/s{at}");
        let actual = ours.pointer(&path).unwrap();
        assert_eq!(difference(actual, theirs.pointer(&path).unwrap(), ""), None, "{text:?}");
    }
    for text in bad.iter().take(20) {
        let report = write(&[text]).unwrap_err().render();
        assert_ne!(config(compose, &files, &Env::new()).status, 0, "{text:?}\n{report}");
    }
}

#[test]
fn hard_command_lines_are_split_as_compose_splits_them() {
    let Some(compose) = peers::find("PEER_COMPOSE") else { return };
    let pieces =
        ["a", "b", " ", " ", "'", "\"", "\\", "`", "$$", "(", ")", ";", "&", ">", "1", "#", "\n"];
    let mut numbers = Numbers(1);
    let lines: Vec<String> = (0..600).map(|_| numbers.text(&pieces, 8)).collect();
    both_agree(&compose, &lines, |line| json!({"image": "x", "command": line}), "");
}

#[test]
fn hard_variables_are_resolved_as_compose_resolves_them() {
    let Some(compose) = peers::find("PEER_COMPOSE") else { return };
    // No single `{`: Compose 2.26 miscounts it, and later ones do not.
    let pieces = [
        "$A", "${A}", "${E:-d}", "${E-d}", "${N:-", "${N-", "${A:+", "${N+", "}", "$$", "x", "-",
        ":", "?", "$5", " ", "${A:?m}", "é",
    ];
    let mut numbers = Numbers(2);
    let texts: Vec<String> = (0..600).map(|_| numbers.text(&pieces, 6)).collect();
    let service = |text: &str| json!({"image": "x", "environment": {"V": text}});
    both_agree(&compose, &texts, service, "A=1\nE=\n");
}

#[test]
fn hard_env_files_are_read_as_compose_reads_them() {
    let Some(compose) = peers::find("PEER_COMPOSE") else { return };
    let pieces = [
        "a", " ", "'", "\"", "\\", "\\n", "\\t", "\\$", "$A", "${N:-d}", "$$", "#", " #", "=", ":",
        "\n",
    ];
    let mut numbers = Numbers(3);
    let folder = tempfile::tempdir().unwrap();
    let texts: Vec<String> = (0..600)
        .map(|at| {
            let path = folder.path().join(format!("{at}.env"));
            std::fs::write(&path, format!("V={}\n", numbers.text(&pieces, 7))).unwrap();
            path.display().to_string()
        })
        .collect();
    let service = |path: &str| json!({"image": "x", "env_file": path});
    both_agree(&compose, &texts, service, "A=1\n");
}

#[test]
fn broken_projects_end_in_an_orderly_way() {
    let mut numbers = Numbers(4);
    let pieces = [
        "{", "}", "[", "]", ":", "\n", "  ", "$", "${", "'", "\"", "- ", "&a ", "*a", "!reset ",
        "<<: ", "é", "|", "#",
    ];
    let mut refused = 0;
    for case in cases(include_str!("../../../common/tests/it/cases/compose.txt")) {
        let folder = tempfile::tempdir().unwrap();
        case.write(folder.path());
        for (path, text) in &case.files {
            let path = folder.path().join(path);
            for _ in 0..8 {
                let mut broken = text.clone();
                let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                if places.is_empty() {
                    continue;
                }
                let at = places[numbers.below(places.len())];
                match numbers.below(3) {
                    0 => broken.truncate(at),
                    1 => {
                        broken.replace_range(at.., &text[at..].chars().skip(1).collect::<String>())
                    }
                    _ => broken.insert_str(at, pieces[numbers.below(pieces.len())]),
                }
                std::fs::write(&path, broken).unwrap();
                if let Err(report) = read(&[folder.path().join("compose.yaml")]) {
                    assert!(report.has_errors());
                    assert!(!report.render().is_empty());
                    refused += 1;
                }
            }
            std::fs::write(&path, text).unwrap();
        }
    }
    assert!(refused > 200, "{refused}");
}
