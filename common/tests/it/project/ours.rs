//! The project of this reader, in the form in which Docker Compose prints it.

use std::path::PathBuf;

use common::compose::scalar::Scalar;
use common::compose::{dotenv, ports, words};
use common::diagnostic::Report;
use common::project::{
    Env, Project, Scope, Tree, Value as TreeValue, dependencies, known, pairs, paths, with,
};
use serde_json::{Map, Value, json};

use rideshare_tests::compose::UNKNOWN;

use super::{LISTS, sorted};

/// The whole project.
pub(super) fn project(project: &Project, used: impl Fn(&str, &str) -> bool) -> Value {
    let members = |section: &str| project.root.get(section).map_or(&[][..], Tree::members);
    let services: Map<String, Value> = members("services")
        .iter()
        .map(|(name, tree)| (name.clone(), service(tree, &project.scope)))
        .collect();
    // Compose prints only the members that a service uses.
    let names = |section: &str| -> Vec<&String> {
        let members = members(section).iter().map(|(name, _)| name);
        let mut names: Vec<&String> = members.filter(|name| used(section, name)).collect();
        names.sort();
        names
    };
    let labels = |section: &str| -> Map<String, Value> {
        let labels = members(section).iter().filter(|(name, _)| used(section, name));
        labels
            .filter_map(|(name, tree)| Some((name.clone(), map(Some(tree.get("labels")?), ""))))
            .collect()
    };
    let file = |(name, tree): &(String, Tree)| {
        (name.clone(), tree.get("file").map_or(Value::Null, |file| json!(whole(file))))
    };
    let subnets: Vec<Value> = members("networks")
        .iter()
        .filter_map(|(_, tree)| tree.get("ipam")?.get("config"))
        .map(plain)
        .collect();
    json!({
        "name": project.name,
        "services": services,
        "configs": members("configs").iter().map(file).collect::<Map<_, _>>(),
        "volumes": names("volumes"),
        "networks": names("networks"),
        "labels": [labels("volumes"), labels("networks")],
        "subnets": subnets,
    })
}

/// A text, or a mark for one that is not known here.
fn text(tree: &Tree) -> Value {
    tree.printed().map_or(Value::Null, |text| known(&text).map_or(json!(UNKNOWN), Value::from))
}

fn texts(tree: Option<&Tree>) -> Vec<Value> {
    match tree {
        Some(tree) if tree.text().is_some() => vec![text(tree)],
        Some(tree) => tree.items().iter().map(text).collect(),
        None => Vec::new(),
    }
}

/// A value with the numbers that it has.
fn plain(tree: &Tree) -> Value {
    match &tree.value {
        TreeValue::Plain(Scalar::Integer(number), _) => json!(number),
        TreeValue::Plain(Scalar::Unsigned(number), _) => json!(number),
        TreeValue::List(items) => items.iter().map(plain).collect(),
        TreeValue::Map(members) => members
            .iter()
            .map(|(key, tree)| (key.clone(), plain(tree)))
            .collect::<Map<_, _>>()
            .into(),
        _ => text(tree),
    }
}

fn map(tree: Option<&Tree>, nothing: &str) -> Value {
    let members = tree.and_then(pairs).unwrap_or_default();
    let value = |tree: &Tree| if tree.is_null() { json!(nothing) } else { text(tree) };
    members.iter().map(|(name, tree)| (name.clone(), value(tree))).collect::<Map<_, _>>().into()
}

/// The path of a text, from the root of the file system.
fn whole(tree: &Tree) -> PathBuf {
    paths::below(&tree.origin.folder, tree.text().unwrap_or_default())
}

fn line(tree: Option<&Tree>) -> Value {
    match tree.map(|tree| (tree.text(), tree)) {
        Some((Some(_), tree)) if text(tree) == json!(UNKNOWN) => json!(UNKNOWN),
        Some((Some(line), _)) => words::split(line).map_or(Value::Null, |split| json!(split.words)),
        Some((None, tree)) => json!(texts(Some(tree))),
        None => Value::Null,
    }
}

fn environment(service: &Tree, scope: &Scope) -> Value {
    let mut all = Map::new();
    let mut earlier = Env::new();
    let one = service.get("env_file");
    for item in one.iter().flat_map(|tree| {
        if tree.items().is_empty() { std::slice::from_ref(*tree) } else { tree.items() }
    }) {
        let path = item.get("path").unwrap_or(item);
        let Ok(file) = dotenv::read(&whole(path), &mut Report::default()) else { continue };
        let value = |name: &str| earlier.get(name).or_else(|| scope.env.get(name)).cloned();
        let values = with(&value, |names| dotenv::values(&file.assignments, names));
        let shown = |value: &String| known(value).map_or(json!(UNKNOWN), Value::from);
        all.extend(values.iter().map(|(name, value)| (name.clone(), shown(value))));
        earlier.extend(values);
    }
    for (name, tree) in service.get("environment").and_then(pairs).unwrap_or_default() {
        let outside = || scope.env.get(&name).map_or(json!(UNKNOWN), |value| json!(value));
        let value = if tree.is_null() { outside() } else { text(&tree) };
        all.insert(name, value);
    }
    all.into()
}

fn port(item: &Tree) -> Vec<Value> {
    let field = |key: &str| item.get(key).map(text);
    match item.printed() {
        Some(text) => ports::short(&text)
            .unwrap_or_default()
            .into_iter()
            .map(|port| {
                let published = known(&port.published).unwrap_or(UNKNOWN.to_owned());
                json!([port.host_ip, published, port.target, port.protocol])
            })
            .collect(),
        None => {
            let target = item.get("target").and_then(Tree::printed).unwrap_or_default();
            vec![json!([
                field("host_ip"),
                field("published").unwrap_or(json!("")),
                target.parse::<u16>().ok(),
                field("protocol").unwrap_or(json!("tcp")),
            ])]
        }
    }
}

fn mount(item: &Tree) -> Value {
    let Some(text) = item.text() else {
        let field = |key: &str| item.get(key).map(self::text);
        let bind = item.get("type").and_then(Tree::text) == Some("bind");
        let source = if bind {
            item.get("source").map(|source| json!(whole(source)))
        } else {
            field("source")
        };
        let read_only = item.get("read_only").and_then(Tree::printed).as_deref() == Some("true");
        return json!([field("type"), source, field("target"), read_only]);
    };
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target) = match parts.as_slice() {
        [target] => (None, *target),
        [source, target, ..] => (Some(*source), *target),
        [] => (None, ""),
    };
    let bind = source.is_some_and(|source| source.starts_with(['.', '/']));
    let source = source.map(|source| match bind {
        true => paths::below(&item.origin.folder, source).display().to_string(),
        false => source.to_owned(),
    });
    let read_only =
        parts.iter().skip(2).flat_map(|modes| modes.split(',')).any(|mode| mode == "ro");
    let target = if target.len() > 1 { target.trim_end_matches('/') } else { target };
    json!([if bind { "bind" } else { "volume" }, source, target, read_only])
}

fn secret(item: &Tree) -> Value {
    let source = item.get("source").map_or_else(|| text(item), text);
    let name = source.as_str().unwrap_or_default();
    let target = item.get("target").map_or(json!(format!("/run/secrets/{name}")), text);
    json!([source, target])
}

fn config(item: &Tree) -> Value {
    json!([item.get("source").map_or_else(|| text(item), text), item.get("target").map(text)])
}

/// The extra hosts of a service or of its build.
fn hosts(tree: &Tree) -> Vec<Value> {
    let Some(hosts) = tree.get("extra_hosts") else { return Vec::new() };
    let pair =
        |name: &str, address: &Tree| format!("{name}={}", address.printed().unwrap_or_default());
    let addresses = |(name, tree): &(String, Tree)| match tree.items() {
        [] => vec![pair(name, tree)],
        items => items.iter().map(|address| pair(name, address)).collect(),
    };
    let texts = hosts.items().iter().filter_map(Tree::printed);
    let mut all: Vec<String> = texts
        .map(|text| text.replacen(':', "=", usize::from(!text.contains('='))))
        .chain(hosts.members().iter().flat_map(addresses))
        .collect();
    all.sort();
    all.into_iter().map(Value::from).collect()
}

fn service(service: &Tree, scope: &Scope) -> Value {
    let items = |key: &str| service.get(key).map_or(&[][..], Tree::items);
    let one = |key: &str| service.get(key).map(text);
    let under = |key: &str, inner: &str| service.get(key).and_then(|outer| outer.get(inner));
    let depends = service.get("depends_on").map(dependencies);
    let depends: Map<String, Value> = depends
        .iter()
        .flat_map(Tree::members)
        .filter(|(_, dependency)| dependency.get("restart").is_none())
        .map(|(name, dependency)| {
            let required = dependency
                .get("required")
                .is_none_or(|required| required.printed().as_deref() == Some("true"));
            (name.clone(), json!([dependency.get("condition").map(text), required]))
        })
        .collect();
    let mut networks: Vec<Value> = texts(service.get("networks"));
    networks.extend(
        service.get("networks").map_or(&[][..], Tree::members).iter().map(|(name, _)| json!(name)),
    );
    let build = service.get("build").map(|build| {
        let context = if build.text().is_some() { Some(build) } else { build.get("context") };
        json!([
            context.map(whole),
            map(build.get("args"), ""),
            texts(build.get("tags")),
            map(build.get("labels"), ""),
            hosts(build)
        ])
    });
    let test = under("healthcheck", "test").map(|test| match test.text() {
        Some(_) => json!(["CMD-SHELL", text(test)]),
        None => json!(texts(Some(test))),
    });
    let ulimits = service.get("ulimits").map_or(json!({}), plain);
    let device = |item: &Tree| {
        let text = item.text().unwrap_or_default();
        let mut parts = text.split(':');
        json!([parts.next(), parts.next()])
    };
    json!({
        "image": one("image"),
        "restart": one("restart"),
        "command": line(service.get("command")),
        "entrypoint": line(service.get("entrypoint")),
        "environment": environment(service, scope),
        "labels": map(service.get("labels"), ""),
        "annotations": map(service.get("annotations"), ""),
        "sysctls": map(service.get("sysctls"), ""),
        "extra_hosts": hosts(service),
        "lists": LISTS.iter().map(|key| texts(service.get(key))).collect::<Vec<_>>(),
        "ports": sorted(items("ports").iter().flat_map(port).collect()),
        "volumes": sorted(items("volumes").iter().map(mount).collect()),
        "secrets": sorted(items("secrets").iter().map(secret).collect()),
        "configs": sorted(items("configs").iter().map(config).collect()),
        "devices": sorted(items("devices").iter().map(device).collect()),
        "depends_on": depends,
        "networks": networks,
        "ulimits": ulimits,
        "logging": [under("logging", "driver").map(text), under("logging", "options").map(plain)],
        "build": build,
        "replicas": under("deploy", "replicas").and_then(Tree::printed).and_then(|count| count.parse::<u64>().ok()),
        "test": test,
    })
}
