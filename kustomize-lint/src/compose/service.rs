//! From the tree to services.

use common::compose::{OPAQUE, words};
use common::diagnostic::{Diagnostic, Report};
use common::project::{self, Scope, Tree, Value};

use super::model::{Field, Project, Service};
use super::typed::Typed;
use super::{environment, health, ports, wrapper};

/// The project of a tree in which everything is put together.
pub(super) fn project(read: &project::Project, report: &mut Report) -> Project {
    let members = read.root.get("services").map_or(&[][..], Tree::members);
    let mut typed = Typed { report };
    let mut services: Vec<Service> = members
        .iter()
        .filter_map(|(name, tree)| service(name, tree, &read.scope, &mut typed))
        .collect();
    services.sort_by(|a, b| a.name.cmp(&b.name));
    Project { name: read.name.clone(), services }
}

fn service(name: &str, tree: &Tree, scope: &Scope, typed: &mut Typed<'_>) -> Option<Service> {
    if !matches!(tree.value, Value::Map(_)) {
        return typed.wrong("a service", "a mapping", tree);
    }
    let (environment, more_environment) = environment::read(tree, scope, typed);
    let profiles = tree.get("profiles").map_or(Vec::new(), |node| typed.texts("profiles", node));
    let profiles = profiles.into_iter().filter_map(|profile| profile.value).collect();
    let mut service = Service {
        name: name.to_owned(),
        place: tree.place(),
        profiles,
        image: tree.get("image").and_then(|node| typed.text("image", node)),
        build: tree.get("build").is_some(),
        environment,
        more_environment,
        ports: ports::read(tree, typed),
        healthcheck: tree.get("healthcheck").and_then(|node| health::read(node, typed)),
        entrypoint: tree.get("entrypoint").and_then(|node| line(node, "entrypoint", typed)),
        command: tree.get("command").and_then(|node| line(node, "command", typed)),
    };
    wrapper::unwrap(&mut service);
    Some(service)
}

/// A command line or its words.
fn line(tree: &Tree, key: &str, typed: &mut Typed<'_>) -> Option<Field<Vec<String>>> {
    let place = tree.place();
    let Some(text) = tree.text() else {
        let words = typed.texts(key, tree).into_iter().map(|word| word.value).collect();
        return Some(Field { value: words, place });
    };
    if text.contains(OPAQUE) {
        return Some(Field { value: None, place });
    }
    let Some(split) = words::split(text) else {
        let message = format!("Compose cannot split this {key}: a quote or parenthesis is open");
        typed.report.push(Diagnostic::error("bad-quote", message).at(place, ""));
        return None;
    };
    Some(Field { value: Some(split.words), place })
}
