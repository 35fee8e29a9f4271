//! The commands of the guides name services, workloads and volumes that there are; the pages on operation leave no secret
//! and no volume out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use rideshare_tests::kubernetes::Server;
use rideshare_tests::run::run;
use rideshare_tests::{root, yaml};
use serde_json::Value;

use super::all;
use super::commands::{commands, lines};

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn services() -> BTreeSet<String> {
    let file = yaml::documents(&read("infrastructure/docker/compose.yaml")).remove(0);
    file["services"].as_object().unwrap().keys().cloned().collect()
}

fn volumes() -> BTreeSet<String> {
    let file = yaml::documents(&read("infrastructure/docker/compose.yaml")).remove(0);
    file["volumes"].as_object().unwrap().keys().cloned().collect()
}

/// `kind/name` of each workload in the base.
fn workloads() -> BTreeSet<String> {
    fn collect(folder: &Path, all: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, all);
            } else if path.extension().is_some_and(|one| one == "yaml") {
                for object in yaml::documents(&fs::read_to_string(&path).unwrap()) {
                    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                    let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
                    all.insert(format!("{}/{name}", kind.to_lowercase()));
                }
            }
        }
    }
    let mut all = BTreeSet::new();
    for folder in ["base", "overlays/local"] {
        collect(&root().join("infrastructure/kubernetes").join(folder), &mut all);
    }
    all
}

/// The names that a command gives and that are not there.
fn unknown(words: &[String]) -> Vec<String> {
    let (services, workloads, volumes) = (services(), workloads(), volumes());
    let mut missing = Vec::new();
    if words.starts_with(&["docker".to_owned(), "compose".to_owned()]) {
        // docker compose --file FILE COMMAND [OPTION...] [SERVICE...]; of `exec` and `run` the rest is the container's command.
        let names = words.iter().skip(5).filter(|word| !word.starts_with('-'));
        let count = if words.get(4).is_some_and(|command| command == "exec" || command == "run") {
            1
        } else {
            usize::MAX
        };
        let is_unknown = |name: &&String| *name != "NAME" && !services.contains(*name);
        missing.extend(names.take(count).filter(is_unknown).cloned());
    }
    if words[0] == "kubectl" {
        let kinds = ["deployment/", "statefulset/", "daemonset/"];
        let names = words.iter().filter(|word| kinds.iter().any(|kind| word.starts_with(kind)));
        missing.extend(names.filter(|name| !workloads.contains(*name)).cloned());
    }
    let named = words.iter().filter_map(|word| word.strip_prefix("rideshare_"));
    let named = named.map(|word| word.split(':').next().unwrap_or_default().to_owned());
    missing.extend(named.filter(|volume| !volumes.contains(volume)));
    let built = words.iter().filter_map(|word| word.strip_prefix("SERVICES="));
    missing.extend(built.filter(|name| !services.contains(*name)).map(str::to_owned));
    missing
}

#[test]
fn each_command_names_services_workloads_and_volumes_that_there_are() {
    let mut seen = 0;
    for page in all().iter().filter(|page| page.path.starts_with("docs/")) {
        let quoted = page.text.split('`').skip(1).step_by(2);
        let quoted = quoted.filter(|text| text.starts_with("docker compose --file"));
        let quoted = quoted.map(|text| text.split_whitespace().map(str::to_owned).collect());
        for words in commands(page).into_iter().chain(quoted) {
            seen += 1;
            let missing = unknown(&words);
            assert!(missing.is_empty(), "{}: {missing:?} in {}", page.path, words.join(" "));
        }
    }
    assert!(seen > 30, "only {seen} commands were found");
}

/// The pages' commands for Kind and EKS, as a shell runs them.
#[test]
fn the_commands_of_kubectl_find_and_change_their_objects() {
    let Some(server) = Server::start() else { return };
    for overlay in ["local", "production"] {
        let folder = root().join("infrastructure/kubernetes/overlays").join(overlay);
        let objects = run(server.kubectl(&["kustomize"]).arg(folder)).expect(0).stdout;
        let applied = server.apply(&objects);
        assert!(applied.is_clean(), "{overlay}: {applied:#?}");
    }
    let kubectl = server.kubectl(&[]);
    let program = Path::new(kubectl.get_program()).display().to_string();
    let mut tried = 0;
    for page in all().iter().filter(|page| page.path.starts_with("docs/")) {
        for line in lines(page) {
            if !line.starts_with("kubectl --namespace") || line.contains(" exec ") {
                continue;
            }
            tried += 1;
            // No kubelet will ever make the Pods ready.
            let line = line.replace("rollout status", "rollout status --watch=false");
            let mut shell = std::process::Command::new("sh");
            shell.envs(kubectl.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let line = line.replacen("kubectl", &program, 1);
            let said = run(shell.args(["-c", &line])).expect(0).stdout;
            assert!(!said.is_empty(), "{line} has said nothing");
        }
    }
    assert!(tried >= 5, "only {tried} commands were found");
    let asked = ["--namespace", "rideshare", "get", "statefulset/redis", "--output", "yaml"];
    let redis = run(&mut server.kubectl(&asked)).expect(0).stdout;
    assert!(redis.contains("kubectl.kubernetes.io/restartedAt"), "{redis}");
}

/// A command inside a container needs a node with containers. The rehearsal gives the same to Compose, where the secrets are
/// a file.
#[test]
fn each_command_in_a_pod_is_one_that_the_page_gives_to_compose() {
    let mut seen = 0;
    for page in all().iter().filter(|page| page.path.starts_with("docs/")) {
        let (kubectl, compose): (Vec<_>, Vec<_>) =
            lines(page).into_iter().partition(|line| line.starts_with("kubectl"));
        for (options, command) in kubectl.iter().filter_map(|line| line.split_once(" -- ")) {
            let service = options.rsplit('/').next().unwrap_or_default();
            let end = format!(" {service} {command}");
            let same =
                |line: &String| line.replace(". /secrets/data-pipeline.env; ", "").ends_with(&end);
            assert!(compose.iter().any(same), "{}: Compose has no `{end}`", page.path);
            seen += 1;
        }
    }
    assert!(seen >= 3, "only {seen} commands were found");
}

/// The rehearsal finds the commands of a page behind a heading, and needs twenty minutes to miss one.
#[test]
fn the_pages_have_the_headings_that_the_rehearsal_looks_for() {
    let script = read("tests/rehearsal/operation.py");
    let calls = script.split("blocks(\"").skip(1).filter_map(|call| call.split_once("\", "));
    let mut found = 0;
    for (page, rest) in calls {
        let heading = rest.trim_start_matches('f').split('"').nth(1).unwrap_or_default();
        let heading = heading.split('{').next().unwrap_or_default();
        assert!(read(&format!("docs/{page}")).contains(heading), "{page} has no {heading:?}");
        found += 1;
    }
    assert!(found >= 6, "only {found} headings were found");
}

#[test]
fn a_wrong_name_is_found() {
    for (line, name) in [
        ("docker compose --file infrastructure/docker/compose.yaml logs trini", "trini"),
        ("docker compose --file infrastructure/docker/compose.yaml exec kafca ls", "kafca"),
        ("kubectl rollout restart deployment/redis", "deployment/redis"),
        ("docker volume rm rideshare_data", "data"),
        ("make images SERVICES=trini", "trini"),
    ] {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        assert_eq!(unknown(&words), [name], "{line}");
    }
}

#[test]
fn each_secret_has_a_row_with_all_services_that_use_it() {
    let text = read("docs/rotate-a-secret.md");
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `rideshare/")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let services = cells[2..].iter().flat_map(|cell| cell.split(", "));
        let services: BTreeSet<String> =
            services.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        rows.insert(cells[0].trim_matches('`').to_owned(), services);
    }
    let file = yaml::documents(&read("infrastructure/platform/secrets.yaml")).remove(0);
    let secrets = file["x-secrets"].as_object().unwrap();
    let named: BTreeMap<String, BTreeSet<String>> = secrets
        .iter()
        .map(|(name, secret)| {
            let list = secret["services"].as_array().unwrap().iter();
            (name.clone(), list.map(|one| one.as_str().unwrap().to_owned()).collect())
        })
        .collect();
    assert_eq!(rows, named);
}

/// A volume that is not on the page is missed when it is lost.
#[test]
fn each_volume_is_on_the_page_of_backups() {
    let page = read("docs/backup-and-restore.md");
    let missing: Vec<String> =
        volumes().into_iter().filter(|volume| !page.contains(&format!("`{volume}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
