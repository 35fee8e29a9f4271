//! docs/compose-keys.md: every key of the Compose Specification and what becomes of it, as an import of
//! `keys/compose.yml` reports it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use rideshare_tests::{peers, root, run::run};
use serde_json::Value;

use crate::support::{Bench, tool};

const PAGE: &str = "docs/compose-keys.md";

/// The fields of Kubernetes objects that carried keys become. A key below one of them has the same.
const FIELDS: [(&str, &str); 52] = [
    ("configs.*.content", "ConfigMap"),
    ("configs.*.file", "ConfigMap"),
    ("configs.*.name", "ConfigMap, where it is external"),
    ("configs.*.environment", "ConfigMap"),
    ("configs.*.external", "volumes.configMap.name"),
    ("name", "namespace"),
    ("secrets.*.environment", "Secret"),
    ("secrets.*.external", "volumes.secret.secretName"),
    ("secrets.*.file", "Secret"),
    ("secrets.*.name", "volumes.secret.secretName, where it is external"),
    ("services.*.cap_add", "securityContext.capabilities.add"),
    ("services.*.cap_drop", "securityContext.capabilities.drop"),
    ("services.*.command", "args"),
    ("services.*.configs", "volumeMounts"),
    ("services.*.cpus", "resources.limits.cpu"),
    ("services.*.depends_on", "initContainers, sync-wave"),
    ("services.*.deploy.mode", "Deployment, DaemonSet"),
    ("services.*.deploy.replicas", "replicas"),
    ("services.*.deploy.resources.limits", "resources.limits"),
    ("services.*.deploy.resources.reservations", "resources.requests"),
    ("services.*.dns_opt", "dnsConfig.options"),
    ("services.*.dns_search", "dnsConfig.searches"),
    ("services.*.entrypoint", "command"),
    ("services.*.env_file", "env"),
    ("services.*.environment", "env"),
    ("services.*.expose", "Service, containerPort"),
    ("services.*.extra_hosts", "hostAliases"),
    ("services.*.gpus", "resources.limits"),
    ("services.*.group_add", "securityContext.supplementalGroups"),
    ("services.*.healthcheck", "readinessProbe"),
    ("services.*.healthcheck.start_period", "startupProbe"),
    ("services.*.hostname", "hostname"),
    ("services.*.image", "image"),
    ("services.*.ipc", "hostIPC"),
    ("services.*.labels", "annotations"),
    ("services.*.mem_limit", "resources.limits.memory"),
    ("services.*.mem_reservation", "resources.requests.memory"),
    ("services.*.networks.*.aliases", "Service"),
    ("services.*.pid", "hostPID"),
    ("services.*.ports", "Service, containerPort"),
    ("services.*.privileged", "securityContext.privileged"),
    ("services.*.profiles", "folder of the overlay"),
    ("services.*.pull_policy", "imagePullPolicy"),
    ("services.*.read_only", "securityContext.readOnlyRootFilesystem"),
    ("services.*.restart", "Deployment, Job"),
    ("services.*.secrets", "volumeMounts"),
    ("services.*.shm_size", "emptyDir"),
    ("services.*.stdin_open", "stdin"),
    ("services.*.sysctls", "securityContext.sysctls"),
    ("services.*.tmpfs", "emptyDir"),
    ("services.*.tty", "tty"),
    ("services.*.user", "securityContext.runAsUser, runAsGroup, fsGroup"),
];

/// Further fields, of keys with a long form.
const MORE: [(&str, &str); 6] = [
    ("services.*.security_opt", "securityContext.allowPrivilegeEscalation"),
    ("services.*.stop_grace_period", "terminationGracePeriodSeconds"),
    ("services.*.volumes", "volumeMounts"),
    ("services.*.volumes.volume.subpath", "subPath"),
    ("services.*.volumes.tmpfs.size", "emptyDir.sizeLimit"),
    ("services.*.working_dir", "workingDir"),
];

#[test]
fn every_key_of_the_compose_specification_is_on_its_page() {
    let Some(schema) = peers::find("PEER_COMPOSE_SPEC") else { return };
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let mut paths = BTreeSet::new();
    keys(&schema, &schema, &mut Vec::new(), &mut paths);
    assert!(paths.len() > 600, "{}", paths.len());
    let (rows, generated) = imported();
    let mut table: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    let mut missing = Vec::new();
    for path in &paths {
        let found = rows.iter().filter(|row| matches(path, &row.path));
        let found: Vec<&Row> = found.collect();
        let above = || rows.iter().any(|row| row.whole && begins(path, &row.path));
        if found.is_empty() && !above() {
            missing.push(path.as_str());
        }
        for row in found.into_iter().filter(|row| !row.inherited) {
            assert!(!row.reason.contains("does not know it"), "{path} has no reason");
            let pair = (row.outcome.clone(), row.reason.clone());
            let all = table.entry(path).or_default();
            if !all.contains(&pair) {
                all.push(pair);
            }
        }
    }
    assert!(missing.is_empty(), "not in keys/compose.yml: {missing:#?}");
    // Where some uses of a key are carried as they are, the others say how they differ.
    let (page, unknown) = page(&table, &generated);
    assert!(unknown.is_empty(), "fields that no generated object has: {unknown:?}");
    let path = root().join(PAGE);
    if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == page, "{PAGE} is stale: INSTA_UPDATE=always writes it");
}

/// A row of the report.
struct Row {
    /// The steps of its key without the indices of lists.
    path: Vec<String>,
    outcome: String,
    reason: String,
    /// Its reason is that of a key above.
    inherited: bool,
    /// It speaks for everything below it.
    whole: bool,
}

/// The report of the import, and the text of everything that is generated from it.
fn imported() -> (Vec<Row>, String) {
    let bench = Bench::new("services: {}\n");
    bench.write("old/compose.yml", include_str!("keys/compose.yml"));
    for (name, text) in [
        (".env", "MODE=fast\n"),
        ("app.env", "A=1\n"),
        ("base.yml", "services: {base: {image: base}}\n"),
        ("conf/a", "a\n"),
        ("db.labels", "a=b\n"),
        ("more.env", ""),
        ("more.yml", "services: {}\n"),
        ("token.txt", "t\n"),
    ] {
        bench.write(&format!("old/{name}"), text);
    }
    let import = ["import", "old/compose.yml", "--out", "platform-2", "--format", "json"];
    let run_one = |arguments: &[&str]| run(tool().args(arguments).current_dir(bench.path()));
    let report = run_one(&import).expect(0).stdout;
    run_one(&["--spec", "platform-2"]).expect(0);
    let report: Value = serde_json::from_str(&report).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let row = |row: &Value| {
        let (outcome, reason) = (text(&row["outcome"]).replace('-', " "), text(&row["reason"]));
        let inherited = reason.starts_with("with ");
        let steps = row["key"].as_str().unwrap().split('.').map(str::to_owned);
        Row {
            path: steps.filter(|step| step.parse::<usize>().is_err()).collect(),
            whole: outcome == "not carried" || words(&reason).any(|word| word == "now"),
            outcome,
            reason,
            inherited,
        }
    };
    let rows = report["keys"].as_array().unwrap().iter().map(row);
    let rows = rows.filter(|row| row.outcome != "added").collect();
    let files = bench.files().into_iter();
    let files = files.filter(|(path, _)| path.starts_with("kubernetes"));
    let texts = files.map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned());
    (rows, texts.collect::<String>().to_ascii_lowercase())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
}

/// Whether a path of the schema, in which `*` is any name, is that of a row.
fn matches(path: &str, row: &[String]) -> bool {
    let steps: Vec<&str> = path.split('.').collect();
    steps.len() == row.len() && begins(path, row)
}

/// Whether a row is at a path of the schema or above it.
fn begins(path: &str, row: &[String]) -> bool {
    let steps: Vec<&str> = path.split('.').collect();
    row.len() <= steps.len()
        && row.iter().zip(steps).all(|(pattern, step)| step == "*" || pattern == step)
}

/// Every key that the schema knows, without the indices of lists.
fn keys(schema: &Value, root: &Value, path: &mut Vec<String>, found: &mut BTreeSet<String>) {
    if path.len() > 9 {
        return;
    }
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        let known = if root["definitions"].is_object() { "definitions" } else { "$defs" };
        return keys(&root[known][name], root, path, found);
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        for choice in schema[key].as_array().into_iter().flatten() {
            keys(choice, root, path, found);
        }
    }
    let below =
        |step: &str, inner: &Value, path: &mut Vec<String>, found: &mut BTreeSet<String>| {
            path.push(step.to_owned());
            keys(inner, root, path, found);
            path.pop();
        };
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        path.push(key.clone());
        found.insert(path.join("."));
        path.pop();
        below(key, inner, path, found);
    }
    for (pattern, inner) in schema["patternProperties"].as_object().into_iter().flatten() {
        if pattern != "^x-" {
            below("*", inner, path, found);
        }
    }
    if schema["additionalProperties"].is_object() {
        below("*", &schema["additionalProperties"], path, found);
    }
    if schema["items"].is_object() {
        keys(&schema["items"], root, path, found);
    }
}

/// The page, and the fields on it that no generated object has.
fn page(
    table: &BTreeMap<&str, Vec<(String, String)>>,
    generated: &str,
) -> (String, Vec<&'static str>) {
    let mut unknown = Vec::new();
    let mut text = String::from(
        "# Every key of Compose and what becomes of it\n\n\
         `compose-gen import` made this table from a project that has every key of the Compose\n\
         Specification's JSON schema; a test fails for a key that is missing. A key that is not here\n\
         has the answer of the nearest key above it. `x-*` keys outside of the\n\
         [vocabulary](../compose-gen/VOCABULARY.md) are for other programs and not carried.\n\n\
         | key | becomes | in Kubernetes |\n|---|---|---|\n",
    );
    for (path, uses) in table {
        let outcomes: BTreeSet<&str> = uses.iter().map(|(outcome, _)| outcome.as_str()).collect();
        let reasons =
            uses.iter().map(|(_, reason)| reason.as_str()).filter(|reason| !reason.is_empty());
        let mut how: Vec<String> = reasons.map(str::to_owned).collect();
        if outcomes.contains("carried")
            && let Some(field) = field(path)
        {
            for word in field.split(", ").map(|name| name.rsplit('.').next().unwrap()) {
                // A generator of kustomize begins with a small letter.
                let known = generated.contains(&word.to_ascii_lowercase()) || word.contains(' ');
                unknown.extend((!known).then_some(word));
            }
            how.insert(0, format!("`{}`", field.replace(", ", "`, `")));
        }
        let outcomes: Vec<&str> = outcomes.into_iter().collect();
        let how = how.join("; ").replace('|', "\\|");
        writeln!(text, "| `{path}` | {} | {how} |", outcomes.join(" or ")).unwrap();
    }
    (text, unknown)
}

/// The field of the nearest key at or above a path.
fn field(path: &str) -> Option<&'static str> {
    let all = FIELDS.iter().chain(&MORE);
    let near = all.filter(|(key, _)| path == *key || path.starts_with(&format!("{key}.")));
    near.max_by_key(|(key, _)| key.len()).map(|(_, field)| *field)
}
