//! Profiles: a service of one starts only when somebody asks for it, on both sides.

use common::project::Env;

use super::Import;
use super::tree::{Fate, Tree, Value};
use super::variables::fix;
use crate::model::names::label;

/// A profile without a name is in no command.
fn blank(root: &mut Tree, env: &Env) {
    for (_, service) in root.get_mut("services").into_iter().flat_map(Tree::members_mut) {
        for profile in service.get_mut("profiles").into_iter().flat_map(Tree::items_mut) {
            fix(profile, env);
            if profile.text() == Some("") {
                profile.leave("a profile without a name");
            }
        }
    }
}

/// Keeps profiles opt-in in a project that also has services without a profile.
pub(super) fn settle(import: &mut Import) {
    let root = &mut import.project.root;
    let place = root.place.clone();
    blank(root, &import.project.env);
    let mut opt_in: Vec<String> = Vec::new();
    let mut always = false;
    for (_, service) in root.get_mut("services").into_iter().flat_map(Tree::members_mut) {
        let first = service
            .get("profiles")
            .and_then(|profiles| profiles.items().next()?.text().map(str::to_owned));
        match first {
            Some(profile) if !opt_in.contains(&profile) => opt_in.push(profile),
            Some(_) => {}
            None => always = true,
        }
    }
    if !always
        || opt_in.is_empty()
        || root.get("x-environments").is_some_and(|environments| environments.fate != Fate::Added)
    {
        return;
    }
    for (_, service) in root.get_mut("services").into_iter().flat_map(Tree::members_mut) {
        if let Some(profiles) = service.get_mut("profiles") {
            let first = profiles.items().next().and_then(Tree::text).unwrap_or_default().to_owned();
            if !first.is_empty() {
                profiles.say(
                    Fate::Carried,
                    format!("not deployed until you ask: kubectl apply -k kubernetes/overlays/local/{first}"),
                );
            }
        }
    }
    opt_in.sort();
    let name = label(&import.name);
    let text = |text: &str| Tree::new(place.clone(), Value::Text(text.to_owned()));
    let environments = root.section("x-environments");
    if environments.get("local").is_none() {
        let members =
            vec![("cluster".to_owned(), text("kind")), ("namespace".to_owned(), text(&name))];
        let why = "the environment that leaves profiles to whoever asks for them";
        environments.insert("local", Tree::added(&place, Value::Map(members), why));
    }
    let items = opt_in.iter().map(|profile| text(profile)).collect();
    if let Some(local) = environments.get_mut("local") {
        local.insert("opt-in", Tree::new(place, Value::List(items)));
    }
}
