//! Options of `import` that are keys of an environment.

use clap::ValueEnum;
use serde_json::Value as Json;

use super::Import;
use super::tree::{Fate, Tree, Value};
use crate::model::names::label;
use crate::spec::types::PublishedPorts;

const PUBLISHED: &str = "published-ports";

/// Options of `import` that become keys of the environments.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wishes {
    pub(super) published_ports: Option<PublishedPorts>,
    pub(super) network_policies: bool,
}

/// Writes the keys into every environment of the project, or into one that is made for them.
pub(super) fn settle(import: &mut Import, wishes: Wishes) {
    let published = wishes.published_ports.as_ref().and_then(ValueEnum::to_possible_value);
    let published = published.map(|value| Value::Text(value.get_name().to_owned()));
    let yes = || Value::Plain(Json::Bool(true), "true".to_owned());
    let policies = wishes.network_policies.then(yes);
    if published.is_none() && policies.is_none() {
        return;
    }
    let name = label(&import.name);
    let root = &mut import.project.root;
    let place = root.place.clone();
    let environments = root.section("x-environments");
    if environments.members().next().is_none() {
        let text = |text: &str| Tree::new(place.clone(), Value::Text(text.to_owned()));
        let members =
            vec![("cluster".to_owned(), text("kind")), ("namespace".to_owned(), text(&name))];
        let why = "the environment that the options are for";
        environments.insert("local", Tree::added(&place, Value::Map(members), why));
    }
    for (key, value) in [(PUBLISHED, published), ("network-policies", policies)] {
        let Some(value) = value else { continue };
        for (_, environment) in environments.members_mut() {
            if let Some(field) = environment.get_mut(key) {
                field.gone = true;
                field.say(Fate::Rewritten, format!("--{key} counts before it"));
            }
            let why = format!("from --{key}");
            environment.say(Fate::Carried, format!("{key} {why}"));
            environment.insert(key, Tree::added(&place, value.clone(), why));
        }
    }
}

/// Whether an environment leads to published ports from outside.
pub(super) fn publishes(root: &Tree) -> bool {
    let environments = root.get("x-environments").into_iter().flat_map(Tree::members);
    environments
        .into_iter()
        .any(|(_, environment)| environment.get(PUBLISHED).is_some_and(|field| !field.is_null()))
}
