//! `volumes_from` and `network_mode: container:…`, written out: the mounts stand at each service, and
//! the container is named by its service.

use std::collections::BTreeMap;

use super::Import;
use super::tree::{Fate, Tree, Value};

/// Settles both.
pub(super) fn settle(import: &mut Import) {
    let Some(services) = import.project.root.get_mut("services") else { return };
    let containers: BTreeMap<String, String> = services
        .members()
        .filter_map(|(name, service)| {
            Some((service.get("container_name")?.text()?.to_owned(), name.to_owned()))
        })
        .collect();
    let mounts: BTreeMap<String, Vec<Tree>> = services
        .members()
        .map(|(name, service)| {
            let volumes = service.get("volumes").into_iter().flat_map(Tree::items).cloned();
            (name.to_owned(), volumes.collect())
        })
        .collect();
    for (_, service) in services.members_mut() {
        if let Some(mode) = service.get_mut("network_mode") {
            let name = mode.text().and_then(|text| text.strip_prefix("container:"));
            if let Some(other) = name.and_then(|name| containers.get(name)) {
                mode.value = Value::Text(format!("service:{other}"));
                mode.say(Fate::Rewritten, format!("the container of {other}"));
            }
        }
        volumes_from(service, &mounts, &containers);
    }
}

fn volumes_from(
    service: &mut Tree,
    mounts: &BTreeMap<String, Vec<Tree>>,
    containers: &BTreeMap<String, String>,
) {
    let Some(from) = service.get_mut("volumes_from") else { return };
    let mut added = Vec::new();
    for item in from.items_mut() {
        let Some(text) = item.text().map(str::to_owned) else { continue };
        let (name, mode) = match text.strip_prefix("container:") {
            Some(rest) => {
                let (container, mode) = rest.split_once(':').unwrap_or((rest, ""));
                (containers.get(container).cloned().unwrap_or_default(), mode.to_owned())
            }
            None => {
                let (name, mode) = text.split_once(':').unwrap_or((&text, ""));
                (name.to_owned(), mode.to_owned())
            }
        };
        let Some(inherited) = mounts.get(&name) else {
            item.leave("there is no service with this name");
            continue;
        };
        let anonymous =
            inherited.iter().any(|mount| mount.text().is_some_and(|text| !text.contains(':')));
        item.gone = true;
        item.say(Fate::Rewritten, format!("the mounts of {name} are in the service now"));
        if anonymous {
            item.say(Fate::NotCarried, "a volume without a name is each Pod's own");
        }
        for mount in inherited {
            let mut mount = mount.clone();
            if mode == "ro" {
                read_only(&mut mount);
            }
            mount.fate = Fate::Added;
            mount.why = format!("from volumes_from: {text}");
            added.push(mount);
        }
    }
    from.gone = true;
    if added.is_empty() {
        return;
    }
    let place = service.place.clone();
    if service.get("volumes").is_none() {
        service.insert("volumes", Tree::added(&place, Value::List(Vec::new()), ""));
    }
    let targets: Vec<String> =
        service.get("volumes").into_iter().flat_map(Tree::items).filter_map(target).collect();
    added.retain(|mount| target(mount).is_none_or(|path| !targets.contains(&path)));
    if let Some(Tree { value: Value::List(items), .. }) = service.get_mut("volumes") {
        items.extend(added);
    }
}

fn target(mount: &Tree) -> Option<String> {
    match mount.text() {
        Some(text) => Some(common::compose::mounts::short(text).target.to_owned()),
        None => mount.get("target").and_then(Tree::text).map(str::to_owned),
    }
}

fn read_only(mount: &mut Tree) {
    let place = mount.place.clone();
    match &mut mount.value {
        Value::Text(text) if text.matches(':').count() == 1 => text.push_str(":ro"),
        Value::Map(members) => {
            let yes = Value::Plain(serde_json::Value::Bool(true), "true".to_owned());
            members.retain(|(key, _)| key != "read_only");
            members.push(("read_only".to_owned(), Tree::added(&place, yes, "")));
        }
        _ => {}
    }
}
