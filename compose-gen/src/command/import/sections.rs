//! The top of the file: the project's name, and what a specification does not have there.

use std::collections::BTreeSet;

use super::Import;
use super::tree::{Fate, Tree, Value};
use super::variables::fix;
use crate::model::names::is_label;

/// Settles every top-level key but the services.
pub(super) fn settle(import: &mut Import) {
    name(import);
    let root = &mut import.project.root;
    if let Some(version) = root.get_mut("version") {
        version.leave("it has no meaning any more");
    }
    templates(root);
    let volumes = root.get_mut("volumes").into_iter().flat_map(Tree::members_mut);
    for (_, own) in volumes.filter(|(_, own)| own.is_null()) {
        own.value = Value::Map(Vec::new());
    }
    configs(root);
}

/// Compose's name of the project, written down: it is the beginning of the names of volumes, and
/// the specification's folder has another name than the project's.
fn name(import: &mut Import) {
    let project = &mut import.project;
    if let Some(own) = project.root.get_mut("name") {
        fix(own, &project.env);
    }
    let own = project.root.get("name").and_then(Tree::text).map(str::to_owned);
    let place = project.root.place.clone();
    import.name = own.unwrap_or_else(|| {
        let folder = project.folder.file_name().unwrap_or_default().to_string_lossy();
        let given = project.env.get("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty());
        let name = normal(given.map_or(&folder, String::as_str));
        let why = "the project's name, from which Compose names its volumes";
        project.root.insert("name", Tree::added(&place, Value::Text(name.clone()), why));
        name
    });
    let has_environments = project.root.get("x-environments").is_some();
    let label = import.name.replace('_', "-").to_lowercase();
    let label = label.trim_matches('-').to_owned();
    if !is_label(&import.name) && is_label(&label) && !has_environments {
        let text = |text: &str| Tree::new(place.clone(), Value::Text(text.to_owned()));
        let local = Value::Map(vec![
            ("cluster".to_owned(), text("kind")),
            ("namespace".to_owned(), text(&label)),
        ]);
        let why = format!("{} is no name of a namespace", import.name);
        let local = Tree::added(&place, local, why);
        project.root.section("x-environments").insert("local", local);
    }
}

/// What Compose makes of a folder's name.
fn normal(name: &str) -> String {
    let good = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(*c);
    let name: String = name.to_lowercase().chars().filter(good).collect();
    let name = name.trim_start_matches(['_', '-']);
    if name.is_empty() { "platform".to_owned() } else { name.to_owned() }
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
    tree.members().for_each(|(_, own)| collect(own, used));
    tree.items().for_each(|own| collect(own, used));
}

/// Says of each key whether anything of it is used, and returns it for the whole.
fn template(tree: &mut Tree, used: &BTreeSet<Spot>, key: bool) -> bool {
    let path = &tree.place.source.path;
    let own = [tree.place.span.start, tree.anchor].map(|at| (path.clone(), at));
    let mut is_used = own.iter().any(|spot| used.contains(spot));
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
        true => tree.say(Fate::Changed, "stands where its anchor is used"),
        false => tree.say(Fate::NotCarried, "an extension that no service uses"),
    }
    is_used
}

/// A config from a variable is a text with that variable.
fn configs(root: &mut Tree) {
    let Some(configs) = root.get_mut("configs") else { return };
    for (_, config) in configs.members_mut() {
        let Some(variable) = config.get_mut("environment") else { continue };
        let Some(name) = variable.text().map(str::to_owned) else { continue };
        variable.gone = true;
        variable.say(Fate::Changed, "content: the text of the variable");
        let place = variable.place.clone();
        let content = Tree::added(&place, Value::Text(format!("${{{name}}}")), "from environment");
        config.insert("content", content);
    }
}
