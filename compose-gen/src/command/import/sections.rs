//! The top of the file: the project's name, and what a specification does not have there.

use std::collections::BTreeSet;

use super::Import;
use super::tree::{Fate, Tree, Value};
use super::variables::fix;
use crate::model::names::{is_label, label};

/// Settles every top-level key but the services.
pub(super) fn settle(import: &mut Import) {
    name(import);
    let root = &mut import.project.root;
    if let Some(version) = root.get_mut("version") {
        version.leave("it has no meaning any more");
    }
    templates(root);
    external(root);
    let volumes = root.get_mut("volumes").into_iter().flat_map(Tree::members_mut);
    for (_, volume) in volumes.filter(|(_, volume)| volume.is_null()) {
        volume.value = Value::Map(Vec::new());
    }
    configs(root);
}

/// Compose's name of the project, written down: it is the beginning of the names of volumes, and
/// the specification's folder has another name than the project's.
fn name(import: &mut Import) {
    let project = &mut import.project;
    let place = project.root.place.clone();
    if let Some(node) = project.root.get_mut("name") {
        fix(node, &project.env);
        if let Some(name) = project.name.as_deref().filter(|name| node.text() != Some(name)) {
            node.value = Value::Text(name.to_owned());
            node.say(Fate::Rewritten, "COMPOSE_PROJECT_NAME of .env counts before it");
        }
        import.name = node.text().unwrap_or_default().to_owned();
    } else {
        let name = project.name.clone().filter(|name| !name.is_empty());
        import.name = name.unwrap_or_else(|| "platform".to_owned());
        let why = "the project's name, from which Compose names its volumes";
        let name = Tree::added(&place, Value::Text(import.name.clone()), why);
        project.root.insert("name", name);
    }
    let has_environments = project.root.get("x-environments").is_some();
    let label = label(&import.name);
    if !is_label(&import.name) && !has_environments {
        let text = |text: &str| Tree::new(place.clone(), Value::Text(text.to_owned()));
        let local = Value::Map(vec![
            ("cluster".to_owned(), text("kind")),
            ("namespace".to_owned(), text(&label)),
        ]);
        let why = format!("{} is not a namespace name", import.name);
        let local = Tree::added(&place, local, why);
        project.root.section("x-environments").insert("local", local);
    }
}

/// `x-*` keys hold anchors, or are for other programs.
fn templates(root: &mut Tree) {
    let mut used = BTreeSet::new();
    for section in ["services", "volumes", "networks", "configs"] {
        root.get(section).into_iter().for_each(|tree| collect(tree, &mut used));
    }
    for (key, tree) in root.members_mut().filter(|(key, _)| key.starts_with("x-")) {
        if !crate::spec::schema()["properties"].as_object().is_some_and(|p| p.contains_key(key)) {
            template(tree, &used, true);
            tree.gone = true;
        }
    }
}

type Spot = (String, usize);

fn collect(tree: &Tree, used: &mut BTreeSet<Spot>) {
    let path = &tree.place.source.path;
    used.extend([tree.place.span.start, tree.anchor].map(|at| (path.clone(), at)));
    tree.members().for_each(|(_, member)| collect(member, used));
    tree.items().for_each(|item| collect(item, used));
}

/// Says of each key whether anything of it is used, and returns it for the whole.
fn template(tree: &mut Tree, used: &BTreeSet<Spot>, key: bool) -> bool {
    let path = &tree.place.source.path;
    let spots = [tree.place.span.start, tree.anchor].map(|at| (path.clone(), at));
    let mut is_used = spots.iter().any(|spot| used.contains(spot));
    for (_, below) in tree.members_mut() {
        is_used |= template(below, used, true);
    }
    for below in tree.items_mut() {
        is_used |= template(below, used, false);
    }
    if !key {
        return is_used;
    }
    match is_used {
        true => tree.say(Fate::Rewritten, "is written where its anchor is used"),
        false => tree.say(Fate::NotCarried, "an extension that no service uses"),
    }
    is_used
}

/// `external: {name: x}`, the former way to write `external: true` and `name: x`.
fn external(root: &mut Tree) {
    for section in ["volumes", "networks", "configs", "secrets"] {
        for (_, member) in root.get_mut(section).into_iter().flat_map(Tree::members_mut) {
            let Some(external) = member.get_mut("external") else { continue };
            if !matches!(external.value, Value::Map(_)) {
                continue;
            }
            let name = external.get("name").cloned();
            let place = external.place.clone();
            external.gone = true;
            external.say(Fate::Rewritten, "true, and its name beside it");
            let yes = Value::Plain(serde_json::Value::Bool(true), "true".to_owned());
            member.insert("external", Tree::added(&place, yes, ""));
            if let Some(name) = name.filter(|_| member.get("name").is_none()) {
                member.insert("name", Tree { fate: Fate::Added, why: String::new(), ..name });
            }
        }
    }
}

/// A config from a variable is a text with that variable.
fn configs(root: &mut Tree) {
    let Some(configs) = root.get_mut("configs") else { return };
    for (_, config) in configs.members_mut() {
        let Some(variable) = config.get_mut("environment") else { continue };
        let Some(name) = variable.text().map(str::to_owned) else { continue };
        variable.gone = true;
        variable.say(Fate::Rewritten, "content: the text of the variable");
        let place = variable.place.clone();
        let content = Tree::added(&place, Value::Text(format!("${{{name}}}")), "from environment");
        config.insert("content", content);
    }
}
