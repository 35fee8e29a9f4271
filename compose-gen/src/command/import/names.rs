//! Names of services that no Service can have: each gets another one, in every place that refers to
//! it. In the Compose file the old name stays as an alias.

use std::collections::{BTreeMap, BTreeSet};

use super::Import;
use super::tree::{Fate, Tree, Value};
use crate::model::names::{is_label, label, marked};

/// The keys whose texts may have a host in them.
const TEXTS: [&str; 4] = ["environment", "command", "entrypoint", "healthcheck"];

/// Parts of a variable's name that say that its value is a host.
const HOSTS: [&str; 12] = [
    "HOST", "SERVER", "URL", "URI", "ADDR", "ENDPOINT", "BROKER", "SEED", "PEER", "NODE", "MASTER",
    "CONNECT",
];

/// Renames the services, and the hosts in the texts.
pub(super) fn settle(import: &mut Import) {
    let root = &mut import.project.root;
    let Some(services) = root.get_mut("services") else { return };
    let renamed = renamed(services);
    let mut hosts: BTreeMap<String, String> = BTreeMap::new();
    for (name, service) in services.members() {
        let new = renamed.get(name).map_or(name, String::as_str);
        for alias in other_names(service).into_iter().chain([name.to_owned()]) {
            // DNS does not tell capitals from small letters.
            if !is_label(&alias.to_ascii_lowercase()) {
                hosts.entry(alias).or_insert_with(|| new.to_owned());
            }
        }
        for (target, alias) in links(service) {
            if !is_label(&alias.to_ascii_lowercase()) {
                let target = renamed.get(&target).cloned().unwrap_or(target);
                hosts.entry(alias).or_insert(target);
            }
        }
    }
    for (name, service) in services.members_mut() {
        if let Some(new) = renamed.get(name) {
            let old = std::mem::replace(name, new.clone());
            let why = format!(
                "{new} now: no Service can be called {old}, which stays an alias in Compose"
            );
            service.was = Some(old.clone());
            service.say(Fate::Changed, why);
            alias(service, &old);
        }
        references(service, &renamed);
        for key in TEXTS {
            service.get_mut(key).into_iter().for_each(|value| texts(value, "", &hosts));
        }
    }
    if let Some(pods) = root.get_mut("x-wait")
        && let Some(new) = pods.text().and_then(|name| renamed.get(name))
    {
        pods.value = Value::Text(new.clone());
    }
    import.renamed = renamed;
}

/// Old name → new name.
fn renamed(services: &Tree) -> BTreeMap<String, String> {
    let mut taken: BTreeSet<String> =
        services.members().map(|(name, _)| name.to_owned()).filter(|name| is_label(name)).collect();
    let mut renamed = BTreeMap::new();
    for (name, _) in services.members().filter(|(name, _)| !is_label(name)) {
        let mut new = label(name);
        if !taken.insert(new.clone()) {
            new = marked(&new, name, 63);
            taken.insert(new.clone());
        }
        renamed.insert(name.to_owned(), new);
    }
    renamed
}

/// The names of a service's container and its aliases.
fn other_names(service: &Tree) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let container = service.get("container_name").and_then(Tree::text);
    names.extend(container.map(str::to_owned));
    for (_, network) in service.get("networks").into_iter().flat_map(Tree::members) {
        let aliases = network.get("aliases").into_iter().flat_map(Tree::items);
        names.extend(aliases.filter_map(|item| item.text().map(str::to_owned)));
    }
    names
}

/// Target and alias of a service's links.
fn links(service: &Tree) -> Vec<(String, String)> {
    let links = service.get("links").into_iter().flat_map(Tree::items).filter_map(Tree::text);
    let split = |link: &str| link.split_once(':').map(|(a, b)| (a.to_owned(), b.to_owned()));
    links.filter_map(split).collect()
}

/// Keeps the old name on the network of the Compose file.
fn alias(service: &mut Tree, old: &str) {
    if service.get("network_mode").is_some() {
        return;
    }
    let place = service.place.clone();
    let names = || {
        let name = Tree::added(&place, Value::Text(old.to_owned()), "the service's former name");
        let list = Tree::added(&place, Value::List(vec![name]), "");
        ("aliases".to_owned(), list)
    };
    let map = || Tree::added(&place, Value::Map(vec![names()]), "");
    let Some(networks) = service.get_mut("networks").filter(|networks| !networks.is_null()) else {
        let all = Tree::added(&place, Value::Map(vec![("default".to_owned(), map())]), "");
        return service.insert("networks", all);
    };
    match &mut networks.value {
        Value::List(items) => {
            let of = |item: &Tree| {
                let mut network = Tree::new(item.place.clone(), Value::Map(vec![names()]));
                network.fate = item.fate;
                Some((item.text()?.to_owned(), network))
            };
            networks.value = Value::Map(items.iter().filter_map(of).collect());
        }
        Value::Map(members) => {
            for (_, network) in members {
                match network.get_mut("aliases") {
                    Some(Tree { value: Value::List(list), .. }) => {
                        list.push(Tree::added(
                            &place,
                            Value::Text(old.to_owned()),
                            "the former name",
                        ));
                    }
                    _ => {
                        let (key, list) = names();
                        network.insert(&key, list);
                    }
                }
            }
        }
        _ => {}
    }
}

/// Every key that refers to a service.
fn references(service: &mut Tree, renamed: &BTreeMap<String, String>) {
    let new = |name: &str| renamed.get(name);
    if let Some(depends) = service.get_mut("depends_on") {
        for (name, dependency) in depends.members_mut() {
            if let Some(new) = new(name) {
                dependency.was = Some(std::mem::replace(name, new.clone()));
                dependency.say(Fate::Rewritten, format!("{new} now"));
            }
        }
        for item in depends.items_mut() {
            rewrite(item, |text| new(text).cloned());
        }
    }
    for key in ["links", "volumes_from"] {
        for item in service.get_mut(key).into_iter().flat_map(Tree::items_mut) {
            rewrite(item, |text| {
                let (name, rest) = text.split_once(':').map_or((text, ""), |(a, b)| (a, b));
                // A link without an alias has the old name.
                let rest = match (key, rest) {
                    ("links", "") => format!(":{name}"),
                    (_, "") => String::new(),
                    (_, rest) => format!(":{rest}"),
                };
                Some(format!("{}{rest}", new(name)?))
            });
        }
    }
    for key in ["network_mode", "ipc", "pid"] {
        if let Some(mode) = service.get_mut(key) {
            rewrite(mode, |text| Some(format!("service:{}", new(text.strip_prefix("service:")?)?)));
        }
    }
    let contexts = service.get_mut("build").and_then(|build| build.get_mut("additional_contexts"));
    for (_, context) in contexts.into_iter().flat_map(Tree::members_mut) {
        rewrite(context, |text| Some(format!("service:{}", new(text.strip_prefix("service:")?)?)));
    }
}

fn rewrite(tree: &mut Tree, change: impl Fn(&str) -> Option<String>) {
    let Some(text) = tree.text().and_then(change) else { return };
    tree.say(Fate::Rewritten, format!("{text} now"));
    tree.value = Value::Text(text);
}

/// Puts the new names where a text has an old one as a host.
fn texts(tree: &mut Tree, variable: &str, hosts: &BTreeMap<String, String>) {
    if let Some(text) = tree.text() {
        let named = text.split_once('=').filter(|_| variable.is_empty());
        let (variable, from) = named.map_or((variable, 0), |(name, _)| (name, name.len() + 1));
        let mut new = text.to_owned();
        let mut said: Vec<String> = Vec::new();
        for (old, name) in hosts {
            let value = &new[from..];
            let replaced = replaced(value, variable, old, name);
            if replaced != value {
                said.push(format!("{name} for {old}"));
                new = format!("{}{replaced}", &new[..from]);
            }
        }
        if !said.is_empty() {
            tree.value = Value::Text(new);
            tree.say(Fate::Changed, format!("{}, which no Service can be called", said.join(", ")));
        }
        return;
    }
    for (key, member) in tree.members_mut() {
        let variable = key.clone();
        texts(member, &variable, hosts);
    }
    tree.items_mut().for_each(|item| texts(item, "", hosts));
}

/// The text with `new` wherever `old` stands as a host: behind `://` or `@`, before a port, or as an
/// entry of a variable whose name speaks of hosts.
fn replaced(text: &str, variable: &str, old: &str, new: &str) -> String {
    let upper = variable.to_ascii_uppercase();
    let speaks = HOSTS.iter().any(|part| upper.contains(part));
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(old) {
        let (before, behind) = (&rest[..at], &rest[at + old.len()..]);
        let whole: String = format!("{out}{before}");
        let word = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let starts = !whole.ends_with(word);
        let ends = !behind.starts_with(|c: char| c.is_ascii_alphanumeric() || "_-".contains(c))
            && !behind
                .strip_prefix('.')
                .is_some_and(|tail| tail.starts_with(|c: char| c.is_ascii_alphanumeric()));
        let address = whole.ends_with("://") || whole.ends_with('@');
        let port = behind.strip_prefix(':').is_some_and(|tail| {
            tail.starts_with(|c: char| c.is_ascii_digit()) || tail.starts_with("$")
        });
        let entry = speaks
            && (whole.is_empty() || whole.ends_with([',', ' ', ';']))
            && (behind.is_empty() || behind.starts_with([',', ' ', ';', '/', ':']));
        let is_host = starts && ends && (address || port && !whole.ends_with('/') || entry);
        out.push_str(before);
        out.push_str(if is_host { new } else { old });
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn only_a_host_is_replaced() {
        for (variable, text, expected) in [
            ("URL", "postgres://u:p@my_db:5432/my_db", "postgres://u:p@db:5432/my_db"),
            ("DB_HOST", "my_db", "db"),
            ("POSTGRES_DB", "my_db", "my_db"),
            ("SEEDS", "my_db,other", "db,other"),
            ("X", "my_db:9092,my_db_2:1", "db:9092,my_db_2:1"),
            ("PATH_URL", "/data/my_db/x", "/data/my_db/x"),
            ("X", "http://my_db.example.com", "http://my_db.example.com"),
            ("X", "0@my_db:9093", "0@db:9093"),
        ] {
            assert_eq!(replaced(text, variable, "my_db", "db"), expected, "{variable}={text}");
        }
    }
}
