//! The project against the schema: keys that compose-gen does not know are left out, and scalars get
//! the type that their key has.

use common::diagnostic::did_you_mean;
use common::project::Env;
use serde_json::{Map, Value as Json};

use super::Import;
use super::scalar;
use super::tree::{Fate, Tree, Value};
use super::variables::fix;
use crate::spec::{self, schema, uncarried};

/// Compose's keys that a specification does not have, and why.
const UNKNOWN: [(&str, &str); 11] = [
    ("generic_resources", "only Docker Swarm reads it"),
    ("jobs", "Compose starts them by a schedule; write a CronJob"),
    ("labels", "a ConfigMap has no labels of Compose"),
    ("models", "Kubernetes has no models; set the variables that name one yourself"),
    ("pre_start", "write it in x-patches as an init container"),
    ("provider", "it creates resources outside of the engine"),
    ("pull_refresh_after", "Kubernetes does not ask a registry again after a time"),
    ("template_driver", "it belongs to the engine"),
    ("umask", "Kubernetes starts a process with the image's"),
    ("use_api_socket", "there is no Docker in a cluster"),
    ("use_service_name_alias", "a Service always has the service's name"),
];

/// Fits the whole project.
pub(super) fn fit(import: &mut Import) {
    let schema = schema();
    let project = &mut import.project;
    let services = project.root.get_mut("services").into_iter().flat_map(Tree::members_mut);
    for (_, service) in services {
        for key in ["environment", "labels"] {
            let pairs = service.get_mut(key).into_iter().flat_map(Tree::members_mut);
            pairs.for_each(|(_, value)| printed(value));
        }
    }
    Fit { schema: &schema, env: &project.env }.read(&mut project.root, &schema, "the top");
}

/// A variable has the text that Compose prints for its value.
fn printed(tree: &mut Tree) {
    let Value::Plain(json, raw) = &tree.value else { return };
    if json.is_null() {
        return;
    }
    let text = scalar::text(json);
    if text != *raw {
        tree.say(Fate::Rewritten, "in quotes, as Compose prints it");
    }
    tree.value = Value::Text(text);
}

struct Fit<'a> {
    schema: &'a Json,
    env: &'a Env,
}

impl Fit<'_> {
    fn read(&self, tree: &mut Tree, schema: &Json, key: &str) {
        let mut choices = Vec::new();
        self.choices(schema, &mut choices);
        let of = |kind: &str| choices.iter().find(|choice| kinds(choice).contains(&kind)).copied();
        match &mut tree.value {
            Value::Map(_) => {
                if let Some(object) = of("object") {
                    self.members(tree, object, key);
                }
            }
            Value::List(_) => {
                if let Some(items) = of("array").and_then(|array| array.get("items")) {
                    tree.items_mut().for_each(|item| self.read(item, items, key));
                }
            }
            _ => {
                let mut all: Vec<&str> = choices.iter().flat_map(|choice| kinds(choice)).collect();
                all.extend(
                    choices.iter().filter(|choice| choice.get("enum").is_some()).map(|_| "string"),
                );
                self.scalar(tree, &all);
            }
        }
    }

    fn members(&self, tree: &mut Tree, schema: &Json, parent: &str) {
        let empty = Map::new();
        let known = schema.get("properties").and_then(Json::as_object).unwrap_or(&empty);
        let rest = schema.get("additionalProperties");
        for (key, member) in tree.members_mut() {
            match (known.get(key.as_str()), rest) {
                (Some(schema), _) => self.read(member, schema, key),
                (None, Some(Json::Bool(false))) => member.leave(reason(key, parent, known)),
                (None, Some(schema)) => self.read(member, schema, key),
                (None, None) => {}
            }
        }
    }

    /// Text where Compose takes text, and a number or a switch where it takes one.
    fn scalar(&self, tree: &mut Tree, kinds: &[&str]) {
        if kinds.is_empty() || tree.is_null() {
            return;
        }
        let text = kinds.contains(&"string");
        let number = kinds.contains(&"integer") || kinds.contains(&"number");
        let switch = kinds.contains(&"boolean");
        if !text && (number || switch) {
            fix(tree, self.env);
        }
        match &tree.value {
            Value::Plain(json, raw) => {
                let integer =
                    json.as_f64().is_some_and(|float| float.fract() == 0.0 && float.abs() < 1e15);
                let fits = json.is_number() && (number || integer && kinds.contains(&"integer"))
                    || json.is_boolean() && switch;
                if !fits && text {
                    // Amounts and durations are meant as they are written.
                    tree.value = Value::Text(raw.clone());
                    tree.say(Fate::Rewritten, "in quotes");
                }
            }
            Value::Text(raw) if !text => {
                let word = spec::switch(raw.trim()).filter(|_| switch).map(Json::Bool);
                let read = word.or_else(|| scalar::read(raw.trim()));
                let fits = |json: &Json| json.is_number() && number || json.is_boolean() && switch;
                if let Some(json) = read.filter(fits) {
                    tree.value = Value::Plain(json, raw.clone());
                    tree.say(Fate::Rewritten, "without quotes");
                }
            }
            _ => {}
        }
    }

    fn choices<'s>(&'s self, schema: &'s Json, found: &mut Vec<&'s Json>) {
        let reference = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref"));
        if let Some(name) = reference.and_then(Json::as_str) {
            let name = name.rsplit('/').next().unwrap_or_default();
            let target = self.schema.get("definitions").and_then(|all| all.get(name));
            return target.into_iter().for_each(|target| self.choices(target, found));
        }
        match schema.get("anyOf").or(schema.get("oneOf")).and_then(Json::as_array) {
            Some(all) => all.iter().for_each(|choice| self.choices(choice, found)),
            None => found.push(schema),
        }
    }
}

fn kinds(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(many)) => many.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

fn reason(key: &str, parent: &str, known: &Map<String, Json>) -> String {
    if let Some((_, why)) = UNKNOWN.iter().find(|(name, _)| *name == key) {
        return (*why).to_owned();
    }
    if key.starts_with("x-") {
        return "an extension, which Compose ignores".to_owned();
    }
    let known = known.keys().map(String::as_str).filter(|name| uncarried::reason(name).is_none());
    match did_you_mean(key, known) {
        Some(hint) => format!("{parent} has no such key; {hint}"),
        None => "compose-gen does not know it".to_owned(),
    }
}
